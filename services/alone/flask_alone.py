"""Flask and nothing else: a WebSocket if it would take one, work after an answer.

gunicorn flask_alone:app --worker-class gthread
"""

import time

from flask import Flask, Response, jsonify

WORK_S = 0.4

app = Flask(__name__)
done: list[str] = []


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


def work() -> None:
    """What nobody needs to wait for."""
    time.sleep(WORK_S)
    done.append("once")
