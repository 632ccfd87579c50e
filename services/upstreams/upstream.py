"""One of the two services that the dashboard asks: bare asyncio, a delay, the same answer always.

    python upstream.py --name inventory --port 8101 --delay-ms 20 --sigma 0.25 --seed 7

GET /stock (inventory) or /metrics (analytics) answers after a log-normal delay with the given
median, drawn from the seed. GET /took tells what the delays really were since it was last asked.
"""

import argparse
import asyncio
import json
import math
import random
import signal
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import uvloop

PATHS = {"inventory": "/stock", "analytics": "/metrics"}

DOCUMENTS = {
    "inventory": {
        "warehouses": [
            {"id": number, "city": city, "articles": 1200 + 37 * number, "low": 3 * number}
            for number, city in enumerate(["Aarhus", "Ghent", "Porto", "Turin", "Graz"], 1)
        ],
        "reserved": 431,
    },
    "analytics": {
        "visits": [{"hour": hour, "count": 900 + 53 * (hour * 7 % 24)} for hour in range(24)],
        "conversion_percent": "2.75",
    },
}

MOST_HEAD_BYTES = 16 * 1024


@dataclass
class Upstream:
    """What it answers, and what it took: seconds asked for and seconds passed, per request."""

    path: str
    body: bytes
    delay_s: float
    sigma: float
    random: random.Random
    asked: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    def draw_s(self) -> float:
        """The next delay: log-normal, its median `delay_s`."""
        return self.delay_s * math.exp(self.random.gauss(0.0, self.sigma))

    async def answer(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        if path == self.path:
            began, asked = perf_counter(), self.draw_s()
            if asked:
                await asyncio.sleep(asked)
            self.asked.append(asked)
            self.took.append(perf_counter() - began)
            return 200, self.body
        if path == "/took":
            return 200, json.dumps(self.report()).encode()
        if path == "/ping":
            return 200, b'{"ok": true}'
        return 404, json.dumps({"error": f"there are {self.path}, /took and /ping"}).encode()

    def report(self) -> dict[str, float | int | None]:
        """What was taken since the last report."""
        asked, took = self.asked, self.took
        self.asked, self.took = [], []
        if not took:
            names = ("asked_mean_ms", "took_mean_ms", "took_p50_ms", "took_p99_ms")
            return {"requests": 0, **dict.fromkeys(names)}
        p50, p99 = np.quantile(took, [0.5, 0.99])
        return {
            "requests": len(took),
            "asked_mean_ms": float(np.mean(asked)) * 1e3,
            "took_mean_ms": float(np.mean(took)) * 1e3,
            "took_p50_ms": float(p50) * 1e3,
            "took_p99_ms": float(p99) * 1e3,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, for as long as its client likes."""
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        parts = head.partition(b"\r\n")[0].split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1.") or parts[0] != b"GET":
            writer.write(_response(400, b'{"error": "only GET over HTTP/1.1 is served"}'))
            return False
        path = parts[1].partition(b"?")[0].decode("latin-1")
        writer.write(_response(*await self.answer(path)))
        await writer.drain()
        return b"connection: close" not in head.lower()


REASONS = {200: b"OK", 400: b"Bad Request", 404: b"Not Found"}


def _response(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        status,
        REASONS[status],
        len(body),
        body,
    )


async def run(upstream: Upstream, port: int) -> None:
    """Serve on the loopback interface until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server = await asyncio.start_server(
        upstream.serve, "127.0.0.1", port, limit=MOST_HEAD_BYTES, backlog=4096
    )
    await stopped.wait()
    server.close()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--name", choices=PATHS, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay-ms", type=float, default=20.0, help="the median; 0 for none")
    parser.add_argument("--sigma", type=float, default=0.25, help="0 for a constant delay")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    upstream = Upstream(
        PATHS[given.name],
        json.dumps(DOCUMENTS[given.name]).encode(),
        given.delay_ms / 1e3,
        given.sigma,
        random.Random(f"{given.seed} {given.name}"),
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(upstream, given.port))


if __name__ == "__main__":
    main()
