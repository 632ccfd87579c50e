"""Flask only, to probe WebSockets and work after a response.

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
    """Report that the service is running."""
    return jsonify(ok=True)


@app.get("/socket")
def socket() -> Response:
    """Target of the WebSocket probe; Flask has no WebSocket support."""
    return jsonify(ok=True)


@app.get("/later")
def later() -> Response:
    """Respond, then work when the response is closed: Flask provides no background tasks."""
    response = jsonify(done=len(done))
    response.call_on_close(work)
    return response


@app.get("/done")
def count() -> Response:
    """Return how often the work has been done."""
    return jsonify(done=len(done))


@app.get("/finish")
def finish() -> Response:
    """Let the work finish."""
    may_end.set()
    return jsonify(done=len(done))


def work() -> None:
    """Do work that no response waits for; it ends after a request to /finish."""
    may_end.wait(LONGEST_S)
    done.append("once")
