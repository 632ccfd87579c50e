"""What a pool counted during a trial, as far as the service tells."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from webtrial.measure.pools import PoolCounts, pool_between, pool_counts
from webtrial.system.ports import free_port


@contextmanager
def saying(status: int, body: bytes) -> Iterator[str]:
    """A service of which GET /pool says this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/pool" else 500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_what_a_pool_has_counted_is_read() -> None:
    with saying(200, json.dumps({"taken": 12, "waited_ms": 3.5}).encode()) as url:
        assert pool_counts(url) == PoolCounts(12, 3.5)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b'{"taken": null, "waited_ms": null}'),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"no JSON"),
        (404, b'{"taken": 1, "waited_ms": 1.0}'),
    ],
)
def test_a_pool_that_does_not_tell_is_unknown_not_zero(status: int, body: bytes) -> None:
    with saying(status, body) as url:
        assert pool_counts(url) is None


def test_a_service_that_is_gone_tells_nothing() -> None:
    assert pool_counts(f"http://127.0.0.1:{free_port()}") is None


def test_a_trial_has_what_was_counted_since_before_it() -> None:
    counted = pool_between(PoolCounts(10, 1.25), PoolCounts(30, 4.5))
    assert counted == PoolCounts(20, 3.25)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, PoolCounts(5, 1.0)),
        (PoolCounts(5, 1.0), None),
        (PoolCounts(5, 1.0), PoolCounts(2, 0)),
    ],
)
def test_what_cannot_be_subtracted_is_unknown(
    before: PoolCounts | None, after: PoolCounts | None
) -> None:
    assert pool_between(before, after) is None
