"""Responses prepared in memory: the cost of the server itself.

    uvicorn application:application

Users and their orders are read from DATABASE_URL once, before the first request. Serves GET /ping
and GET /users/{id} as the contract defines them; anything else is 404.
"""

import json
import os
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncpg

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Ready = tuple[Message, Message]
"""The two messages of a response: its head and its body."""

USERS = "SELECT id, username, email, age FROM users"
ORDERS = """
    SELECT user_id, id, status, total::text,
           to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at
    FROM orders ORDER BY id
"""

ORDER = ("id", "status", "total", "created_at")


def ready(status: int, content: object) -> Ready:
    """Return a response that is ready to be sent."""
    body = json.dumps(content, separators=(",", ":")).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


ANSWERS = {"/ping": ready(200, {"ok": True})}
NOWHERE = ready(404, {"detail": "Not found"})


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Handle the lifespan, or send the prepared response for the path."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    head, body = ANSWERS.get(scope["path"], NOWHERE)
    await send(head)
    await send(body)


async def live(receive: Receive, send: Send) -> None:
    """Prepare every response before the first request."""
    await receive()
    ANSWERS.update(await users())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def users() -> dict[str, Ready]:
    """Return the response for every user, by path."""
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        found, ordered = await connection.fetch(USERS), await connection.fetch(ORDERS)
    finally:
        await connection.close()
    return dict(answers_of(found, ordered))


def answers_of(
    found: list[asyncpg.Record], ordered: list[asyncpg.Record]
) -> Iterator[tuple[str, Ready]]:
    """Yield path and response of each user, with its orders, oldest first."""
    orders = defaultdict(list)
    for user_id, *order in ordered:
        orders[user_id].append(dict(zip(ORDER, order, strict=True)))
    for user in found:
        yield f"/users/{user['id']}", ready(200, {**user, "orders": orders[user["id"]]})
