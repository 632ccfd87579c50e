"""The article's FastAPI handler of a product search, as printed. The article does not print the
pool; this one is minimal. A second handler differs only in running its queries in turn.

uvicorn printed_search:app --lifespan on
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

db_pool: asyncpg.Pool


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Keep the pool open while the service runs."""
    global db_pool
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=4) as db_pool:
        yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(asyncpg.InterfaceError)
async def show_error(_: Request, error: asyncpg.InterfaceError) -> JSONResponse:
    """Return the error to the client."""
    return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 500)


@app.get("/ping")
async def ping() -> dict[str, bool]:
    """Report that the service is running."""
    return {"ok": True}


# fmt: off
@app.get("/products/search")
async def search_products(q: str):
    async with db_pool.acquire() as conn:
        products, categories, reviews = await asyncio.gather(  # noqa: RUF059 - as printed
            conn.fetch("SELECT * FROM products WHERE name ILIKE $1 LIMIT 20", f"%{q}%"),
            conn.fetch("SELECT * FROM categories"),
            conn.fetch("SELECT * FROM reviews")
        )
    return {"products": products}
# fmt: on


@app.get("/products/search-in-turn")
async def search_in_turn(q: str) -> dict[str, int]:
    """Run the same queries, one after another."""
    async with db_pool.acquire() as conn:
        products = await conn.fetch("SELECT * FROM products WHERE name ILIKE $1 LIMIT 20", f"%{q}%")
        categories = await conn.fetch("SELECT * FROM categories")
        reviews = await conn.fetch("SELECT * FROM reviews")
    return {"products": len(products), "categories": len(categories), "reviews": len(reviews)}
