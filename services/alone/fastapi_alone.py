"""FastAPI and nothing else: a WebSocket, work after an answer, its own documentation.

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
    """Alive."""
    return {"ok": True}


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    """Say what is said."""
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


@app.get("/later")
async def later(tasks: BackgroundTasks) -> dict[str, int]:
    """Answer, then work."""
    tasks.add_task(work)
    return {"done": len(done)}


@app.get("/done")
async def count() -> dict[str, int]:
    """How often the work has been done."""
    return {"done": len(done)}


@app.get("/finish")
async def finish() -> dict[str, int]:
    """Hold the work up no longer."""
    may_end.set()
    return {"done": len(done)}


def work() -> None:
    """What nobody needs to wait for, and who asks can hold up."""
    may_end.wait(LONGEST_S)
    done.append("once")
