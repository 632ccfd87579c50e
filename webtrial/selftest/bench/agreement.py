"""Compare the driver's throughput with that of an independent client, on a real service.

The second client is wrk if it is installed, otherwise a few lines of raw asyncio (`raw`). Both keep
the same number of connections busy with the same requests, from the same core, in alternating
pairs. The client that goes first changes from pair to pair.
"""

import json
import shutil
import sys
from collections.abc import Callable
from math import nan

import pandas as pd

from webtrial.errors import DriverError
from webtrial.load.driver import running_driver
from webtrial.load.requests import ExpectedBodies
from webtrial.load.scenarios import targets
from webtrial.load.task import Task
from webtrial.measure.machine import core_split
from webtrial.measure.running_services import RunningServices, running_services
from webtrial.run.records import Load
from webtrial.selftest.bench.efficiency import WRK_SCRIPT, run_client

STACK = "fastapi"
SCENARIO = "user_detail"
CONNECTIONS = 32
WARMUP_S = 1
WINDOW_S = 3
MEASURES = ("throughput_per_s", "p50_ms")

Measurement = dict[str, float]  # by MEASURES


def measure(pairs: int, database_url: str | None = None) -> pd.DataFrame:
    """Measure both clients in pairs.

    Columns pair, client, first (whether it went first), throughput_per_s, p50_ms.
    """
    split = core_split()
    with running_services([STACK], database_url, split.service_cores) as running:
        url = running.services[STACK].url
        expected_bodies = running.expected_bodies(STACK, SCENARIO)
        second, run_second = _second_client()
        clients: dict[str, Callable[[], Measurement]] = {
            "webtrial": lambda: _drive(url, running, expected_bodies, split.driver_core),
            second: lambda: run_second(
                url, list(targets(SCENARIO, running.seeded_data)), split.driver_core
            ),
        }
        rows = []
        for pair in range(pairs):
            for position, client in enumerate(sorted(clients, reverse=pair % 2 == 0)):
                row = {"pair": pair, "client": client, "first": position == 0}
                rows.append(row | clients[client]())
    return pd.DataFrame(rows)


def differences(measured: pd.DataFrame) -> pd.DataFrame:
    """Return webtrial's figures relative to the other client's, minus one, by pair.

    Columns MEASURES.
    """
    wide = measured.pivot_table(index="pair", columns="client", values=list(MEASURES))
    other = next(client for client in measured["client"].unique() if client != "webtrial")
    ratios = {name: wide[name]["webtrial"] / wide[name][other] - 1 for name in MEASURES}
    return pd.DataFrame(ratios)


def _drive(
    url: str, running: RunningServices, expected_bodies: ExpectedBodies, core: int | None
) -> Measurement:
    load = Load("closed", users=CONNECTIONS)
    task = Task(
        base_url=url,
        scenario=SCENARIO,
        load=load,
        seed=1,
        warmup_s=WARMUP_S,
        window_s=WINDOW_S,
        timeout_s=10.0,
        think_time_s=0.0,
        max_connections=CONNECTIONS,
        core=core,
        seeded_data=running.seeded_data,
        expected_bodies=expected_bodies,
        tokens={},
    )
    with running_driver(task) as driver:
        outcome = driver.outcome()
    if outcome.counts.errors:
        raise DriverError(
            f"the service responded with errors: {outcome.counts.errors}. Read its log"
        )
    return {
        "throughput_per_s": outcome.counts.completed / WINDOW_S,
        "p50_ms": outcome.client.median_latency_ms or nan,
    }


RunClient = Callable[[str, list[str], int | None], Measurement]


def _second_client() -> tuple[str, RunClient]:
    wrk = shutil.which("wrk")
    if wrk is None:
        raw = [sys.executable, "-m", "webtrial.selftest.bench.raw"]
        return "raw asyncio", lambda url, paths, core: _run_raw(raw, url, paths, core)
    return "wrk", lambda url, paths, core: _run_wrk(wrk, url, paths, core)


def _run_wrk(wrk: str, url: str, paths: list[str], core: int | None) -> Measurement:
    command = [wrk, "-t1", f"-c{CONNECTIONS}", "-s", str(WRK_SCRIPT), url]
    run_client([*command, f"-d{WARMUP_S}s"], paths, core)
    return _measurement(run_client([*command, f"-d{WINDOW_S}s"], paths, core))


def _run_raw(raw: list[str], url: str, paths: list[str], core: int | None) -> Measurement:
    return _measurement(
        run_client([*raw, url, str(CONNECTIONS), str(WARMUP_S), str(WINDOW_S)], paths, core)
    )


def _measurement(out: str) -> Measurement:
    result = json.loads(out.splitlines()[-1])
    if result["errors"]:
        raise DriverError(
            f"the second client counted {result['errors']} errors: run the benchmark again"
        )
    return {
        "throughput_per_s": result["requests"] / result["seconds"],
        "p50_ms": result["p50_ms"],
    }
