"""An upstream of the dashboard: responds after a delay and reports the actual delays.

    python upstream.py --name inventory --port 9001 --delay-ms 20 --sigma 0.25 --seed 7

GET /stock of the inventory and GET /metrics of the analytics return about 1 KB of JSON, always the
same. GET /source/{n}/{delay_ms} returns the value of source n after exactly that delay. GET /took
returns statistics of the drawn delays since its last call. GET /ping responds at once.
"""

import argparse
import asyncio
import json
import math
import random
import re
import signal
import sys
from collections.abc import Callable, Iterator
from statistics import fmean, quantiles
from time import perf_counter_ns
from typing import Any

from connection import Connection, Respond
from timer import make_timer

PATHS = {"inventory": "/stock", "analytics": "/metrics"}
SOURCE = re.compile(r"/source/([0-9]{1,3})/([0-9]{1,4})")


class Delays:
    """Log-normal delays in milliseconds, drawn from a seed, and the actual delays.

    `median_ms` is the median, `sigma` the standard deviation of the delay's natural logarithm:
    0 for a constant delay.
    """

    def __init__(self, median_ms: float, sigma: float, seed: str) -> None:
        self._median_ms = median_ms
        self._sigma = sigma
        self._random = random.Random(seed)  # noqa: S311 - drawn again from the same seed
        self._requested_ms: list[float] = []
        self._actual_ms: list[float] = []

    def draw(self) -> float:
        """Return the next delay."""
        return self._median_ms * math.exp(self._random.gauss(0.0, self._sigma))

    def record(self, requested_ms: float, actual_ms: float) -> None:
        """Record that a response was delayed by `actual_ms` instead of `requested_ms`."""
        self._requested_ms.append(requested_ms)
        self._actual_ms.append(actual_ms)

    def statistics(self) -> dict[str, float | int | None]:
        """Return statistics of requested and actual delays since the last call, in milliseconds."""
        requested_ms, self._requested_ms = self._requested_ms, []
        actual_ms, self._actual_ms = self._actual_ms, []
        p50_ms, p99_ms = _percentiles(actual_ms)
        return {
            "requests": len(actual_ms),
            "requested_mean_ms": fmean(requested_ms) if requested_ms else None,
            "actual_mean_ms": fmean(actual_ms) if actual_ms else None,
            "actual_p50_ms": p50_ms,
            "actual_p99_ms": p99_ms,
        }


class Upstream:
    """Request handler; create it within the running loop."""

    def __init__(self, name: str, delays: Delays) -> None:
        self._path = PATHS[name]
        self._body = _dumped(DOCUMENTS[name])
        self._delays = delays
        self._timer = make_timer()

    def handle(self, method: str, path: str, respond: Respond) -> None:
        """Respond now, or after the delay."""
        source = SOURCE.fullmatch(path)
        if source is None and path not in ("/ping", "/took", self._path):
            paths = f"{self._path}, /source/{{n}}/{{delay_ms}}, /took and /ping"
            respond(404, _dumped({"detail": f"Unknown path; known: {paths}."}))
        elif method != "GET":
            respond(405, _dumped({"detail": "GET only."}))
        elif path == "/ping":
            respond(200, b'{"ok": true}')
        elif path == "/took":
            respond(200, _dumped(self._delays.statistics()))
        elif source is not None:
            number, delay_ms = map(int, source.groups())
            body = _dumped({"source": number, "value": 7 * number + 1})
            self._after(delay_ms, lambda: respond(200, body))
        else:
            self._answer_later(respond)

    def _answer_later(self, respond: Respond) -> None:
        started_ns = perf_counter_ns()
        requested_ms = self._delays.draw()

        def answer() -> None:
            self._delays.record(requested_ms, (perf_counter_ns() - started_ns) / 1e6)
            respond(200, self._body)

        self._after(requested_ms, answer)

    def _after(self, delay_ms: float, answer: Callable[[], None]) -> None:
        if delay_ms > 0:
            self._timer.call_later(delay_ms, answer)
        else:
            answer()


def _stock() -> Iterator[dict[str, Any]]:
    for number, place in enumerate(("Antwerp", "Bergen", "Gdansk", "Lyon", "Porto", "Turin")):
        for shelf in "AB":
            yield {
                "warehouse": place,
                "shelf": f"{shelf}{number + 1:02d}",
                "units": 1200 - 77 * number,
                "reserved": 31 + 5 * number,
            }


def _metrics() -> Iterator[dict[str, Any]]:
    for hour in range(0, 24, 2):
        visits = 400 + 90 * min(hour, 24 - hour)
        yield {
            "hour": hour,
            "visits": visits,
            "baskets": visits // 9,
            "orders": visits // 40,
            "returns": visits // 300,
        }


DOCUMENTS: dict[str, dict[str, Any]] = {
    "inventory": {"updated": "2026-01-31", "stock": list(_stock())},
    "analytics": {"date": "2026-01-31", "source": "web shop", "metrics": list(_metrics())},
}


def _percentiles(values: list[float]) -> tuple[float | None, float | None]:
    """Return the 50th and the 99th percentile, interpolated linearly."""
    if len(values) < 2:
        return (values[0], values[0]) if values else (None, None)
    cuts = quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[98]


def _dumped(document: object) -> bytes:
    return json.dumps(document).encode()


async def serve(name: str, port: int, delays: Delays) -> None:
    """Listen on 127.0.0.1 until SIGTERM or SIGINT."""
    upstream = Upstream(name, delays)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    await loop.create_server(
        lambda: Connection(upstream.handle), "127.0.0.1", port, backlog=4096, reuse_address=True
    )
    await ended.wait()


def _not_negative(text: str) -> float:
    number = float(text)
    if not 0 <= number < math.inf:
        raise ValueError
    return number


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="An upstream that responds after a delay.")
    parser.add_argument("--name", choices=PATHS, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay-ms", type=_not_negative, default=20.0, help="median")
    parser.add_argument(
        "--sigma", type=_not_negative, default=0.25, help="of the delay's logarithm"
    )
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    delays = Delays(given.delay_ms, given.sigma, f"{given.name} {given.seed}")
    try:
        asyncio.run(serve(given.name, given.port, delays))
    except OSError as error:
        sys.exit(f"upstream.py: {error}")


if __name__ == "__main__":
    main()
