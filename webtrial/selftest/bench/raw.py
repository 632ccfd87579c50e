"""A second client in a few lines that share no code with the driver: asyncio streams.

`TARGETS=… python -m webtrial.selftest.bench.raw URL CONNECTIONS WARMUP_S WINDOW_S` prints one JSON
object: requests, seconds and p50_ms of the window, and errors.
"""

import asyncio
import json
import os
import sys
from itertools import cycle
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

SentAndDone = tuple[float, float]  # times of sending and completion


async def _user(
    host: str, port: int, targets: list[str], ends: float, done: list[SentAndDone]
) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    errors = 0
    for target in cycle(targets):
        if perf_counter() > ends:
            break
        sent = perf_counter()
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        errors += not head.startswith(b"http/1.1 200")
        done.append((sent, perf_counter()))
    writer.close()
    return errors


async def _measure(url: str, connections: int, warmup_s: float, window_s: float) -> None:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 80
    targets = os.environ["TARGETS"].splitlines()
    opens = perf_counter() + warmup_s
    ends, done = opens + window_s, list[SentAndDone]()
    rotated = (targets[at:] + targets[:at] for at in range(0, 7 * connections, 7))
    users = (_user(host, port, each, ends + 0.1, done) for each in rotated)
    errors = sum(await asyncio.gather(*users))
    latencies_s = [at - sent for sent, at in done if opens <= at < ends]
    result = {"requests": len(latencies_s), "seconds": window_s, "errors": errors}
    print(json.dumps(result | {"p50_ms": 1000 * median(latencies_s)}))


if __name__ == "__main__":
    asyncio.run(_measure(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
