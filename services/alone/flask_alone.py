"""Flask and nothing else: a WebSocket if it would take one, work after an answer.

gunicorn flask_alone:app --worker-class gthread
"""

from threading import Event

from flask import Flask, Response, jsonify

LONGEST_S = 60.0

app = Flask(__name__)
done: list[str] = []
may_end = Event()


@app.get("/ping")
def ping() -> Response:
    """Alive."""
    return jsonify(ok=True)


@app.get("/socket")
def socket() -> Response:
    """Where a WebSocket is asked for; Flask has nothing to take one with."""
    return jsonify(ok=True)


@app.get("/later")
def later() -> Response:
    """Answer, then work: when the response is closed, as Flask has nothing made for it."""
    response = jsonify(done=len(done))
    response.call_on_close(work)
    return response


@app.get("/done")
def count() -> Response:
    """How often the work has been done."""
    return jsonify(done=len(done))


@app.get("/finish")
def finish() -> Response:
    """Hold the work up no longer."""
    may_end.set()
    return jsonify(done=len(done))


def work() -> None:
    """What nobody needs to wait for, and who asks can hold up."""
    may_end.wait(LONGEST_S)
    done.append("once")
