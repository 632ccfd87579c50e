"""Requests per CPU-second of several clients against one minimal server, interleaved.

Every measurement runs in a fresh process pinned to the last core; the server runs on the first. A
round measures each client once at each number of connections, in random order. Figures are compared
within a round because the machine's speed drifts between rounds.
"""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import nan
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
from scipy import stats

from webtrial.errors import DriverError
from webtrial.measure.machine import core_split
from webtrial.system.environment import base_environment, completed
from webtrial.system.ports import free_port

CLIENTS = ("webtrial", "httpx", "aiohttp", "locust")
CONNECTIONS = (1, 32, 256, 2000)
SECONDS = 2.0
LIMIT_S = 30.0
_NO_RESULT = {"requests": nan, "seconds": nan, "cpu_s": nan}
WRK_SCRIPT = Path(__file__).with_name("targets.lua")


def clients() -> list[str]:
    """Return the names of all available clients: wrk only if it is installed."""
    return [*CLIENTS, "wrk"] if shutil.which("wrk") else list(CLIENTS)


def measure(rounds: int, connections: tuple[int, ...] = CONNECTIONS) -> pd.DataFrame:
    """Measure all clients in `rounds` rounds.

    Columns round, client, connections, requests, seconds, cpu_s, requests_per_cpu_s.
    """
    cores = core_split()
    rows = []
    with bare_server(cores.service_cores) as url:
        for number in range(rounds):
            cells = [(client, level) for client in clients() for level in connections]
            random.shuffle(cells)
            for client, level in cells:
                result = _measure_once(client, url, level, cores.driver_core)
                rows.append({"round": number, "client": client, "connections": level, **result})
    table = pd.DataFrame(rows)
    return table.assign(requests_per_cpu_s=table["requests"] / table["cpu_s"])


def summarise(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the median by client and connections, and webtrial's ratio to each client.

    Ratios are paired by round. Columns client, connections, requests_per_cpu_s, ratio, low, high
    (95 %, t of the log ratio).
    """
    wide = measured.pivot_table(
        index=["connections", "round"], columns="client", values="requests_per_cpu_s"
    )
    logs = wide.rdiv(wide["webtrial"], axis=0).apply(np.log)
    rows = [
        {
            "client": client,
            "connections": level,
            "requests_per_cpu_s": wide.loc[level, client].median(),
            **_interval(logs.loc[level, client]),
        }
        for level in wide.index.unique("connections")
        for client in wide.columns
    ]
    return pd.DataFrame(rows)


def _interval(logs: "pd.Series[float]") -> dict[str, float]:
    mean, half = logs.mean(), np.nan
    if len(logs) > 1:
        half = stats.t.ppf(0.975, len(logs) - 1) * stats.sem(logs)
    return {"ratio": np.exp(mean), "low": np.exp(mean - half), "high": np.exp(mean + half)}


def _measure_once(client: str, url: str, connections: int, core: int | None) -> dict[str, float]:
    if client == "wrk":
        return _measure_wrk(url, connections, core)
    module = "locust_client" if client == "locust" else "clients"
    name = [] if client == "locust" else [client]
    command = [sys.executable, "-m", f"webtrial.selftest.bench.{module}", *name]
    command += [url, str(connections), str(SECONDS), str(core or 0)]
    try:
        done = completed(command, LIMIT_S)
    except subprocess.TimeoutExpired:
        return _NO_RESULT  # one pool of 2,000 connections keeps stock httpx busy for minutes
    if done.returncode:
        raise DriverError(
            f"{client} failed with {connections} connections. End of its error output:\n"
            f"{done.stderr[-2000:]}"
        )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _measure_wrk(url: str, connections: int, core: int | None) -> dict[str, float]:
    """Measure wrk, which has no warm-up: its figures and CPU time include connecting."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS:.0f}s", "-s", str(WRK_SCRIPT), url]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result: dict[str, float] = json.loads(run_client(command, ["/ping"], core).splitlines()[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"requests": result["requests"], "seconds": result["seconds"], "cpu_s": cpu_s}


def run_client(command: list[str], targets: list[str], core: int | None) -> str:
    """Return the output of wrk or another second client; raise DriverError if it fails."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            env=base_environment() | {"TARGETS": "\n".join(targets)},
            # Runs before the client starts its threads; makes only a system call.
            preexec_fn=None if core is None else partial(os.sched_setaffinity, 0, {core}),
        )
    except subprocess.TimeoutExpired:
        raise DriverError(
            f"{command[0]} did not finish within 60 s: run the benchmark again"
        ) from None
    if done.returncode:
        raise DriverError(
            f"{command[0]} exited with code {done.returncode}. Its output:\n"
            f"{done.stdout}{done.stderr}"
        )
    return done.stdout


@contextmanager
def bare_server(cores: tuple[int, ...]) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "webtrial.selftest.bench.bare:app"]
    command += ["--port", str(port), "--lifespan", "off", "--no-access-log"]
    command += ["--log-level", "warning", "--backlog", "8192", "--timeout-keep-alive", "75"]
    process = subprocess.Popen(command, env=base_environment())
    os.sched_setaffinity(process.pid, cores)
    try:
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False) as client:
            client.get(f"{url}/ping")
        yield url
    finally:
        process.kill()
        process.wait()
