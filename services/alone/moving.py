"""The article's last example, half-way: one route of a Flask application has moved to FastAPI, in
front of which it stands, and one has not.

uvicorn moving:app --lifespan off
"""

from fastapi import FastAPI
from fastapi.middleware.wsgi import WSGIMiddleware
from flask import Flask

old = Flask(__name__)


@old.route("/users/<int:user_id>")
def get_old_user(user_id: int) -> dict[str, int | str]:
    """As it was."""
    return {"user_id": user_id, "by": "Flask"}


@old.route("/orders/<int:order_id>")
def get_old_order(order_id: int) -> dict[str, int | str]:
    """Not moved yet."""
    return {"order_id": order_id, "by": "Flask"}


app = FastAPI()


@app.get("/ping")
async def ping() -> dict[str, bool]:
    """Alive."""
    return {"ok": True}


@app.get("/users/{user_id}")
async def get_user(user_id: int) -> dict[str, int | str]:
    """Moved."""
    return {"user_id": user_id, "by": "FastAPI"}


app.mount("/", WSGIMiddleware(old))
