"""FastAPI only, to probe WebSockets, work after a response and its own documentation.

uvicorn fastapi_alone:app --lifespan off
"""

from threading import Event

from fastapi import BackgroundTasks, FastAPI, WebSocket

LONGEST_S = 60.0

app = FastAPI()
done: list[str] = []
may_end = Event()


@app.get("/ping")
async def ping() -> dict[str, bool]:
    """Report that the service is running."""
    return {"ok": True}


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    """Echo one text."""
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


@app.get("/later")
async def later(tasks: BackgroundTasks) -> dict[str, int]:
    """Respond, then work."""
    tasks.add_task(work)
    return {"done": len(done)}


@app.get("/done")
async def count() -> dict[str, int]:
    """Return how often the work has been done."""
    return {"done": len(done)}


@app.get("/finish")
async def finish() -> dict[str, int]:
    """Let the work finish."""
    may_end.set()
    return {"done": len(done)}


def work() -> None:
    """Do work that no response waits for; it ends after a request to /finish."""
    may_end.wait(LONGEST_S)
    done.append("once")
