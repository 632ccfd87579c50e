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
from webtrial.load.driver import Task, driving
from webtrial.load.scenarios import Answers, targets
from webtrial.measure.answers import agreed_answers
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

Found = dict[str, float]  # by MEASURES


def measure(pairs: int, database_url: str | None = None) -> pd.DataFrame:
    """Measure both clients in pairs.

    Columns pair, client, first (whether it went first), throughput_per_s, p50_ms.
    """
    split = core_split()
    with running_services([STACK], database_url, split.service_cores) as services_up:
        url = services_up.services[STACK].url
        answers = agreed_answers({STACK: url}, {STACK: [SCENARIO]}, services_up.seeded_data, {})[
            STACK
        ]
        second, ask = _second_client()
        asked: dict[str, Callable[[], Found]] = {
            "webtrial": lambda: _drive(url, services_up, answers, split.driver_core),
            second: lambda: ask(
                url, list(targets(SCENARIO, services_up.seeded_data)), split.driver_core
            ),
        }
        rows = []
        for pair in range(pairs):
            for turn, client in enumerate(sorted(asked, reverse=pair % 2 == 0)):
                row = {"pair": pair, "client": client, "first": turn == 0}
                rows.append(row | asked[client]())
    return pd.DataFrame(rows)


def differences(measured: pd.DataFrame) -> pd.DataFrame:
    """Return webtrial's figures relative to the other client's, minus one, by pair.

    Columns MEASURES.
    """
    wide = measured.pivot_table(index="pair", columns="client", values=list(MEASURES))
    other = next(client for client in measured["client"].unique() if client != "webtrial")
    ratios = {name: wide[name]["webtrial"] / wide[name][other] - 1 for name in MEASURES}
    return pd.DataFrame(ratios)


def _drive(url: str, services_up: RunningServices, answers: Answers, core: int | None) -> Found:
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
        seeded_data=services_up.seeded_data,
        answers=answers,
        tokens={},
    )
    with driving(task) as it:
        outcome = it.outcome()
    if outcome.counts.errors:
        raise DriverError(f"the service answered with errors: {outcome.counts.errors}")
    return {
        "throughput_per_s": outcome.counts.completed / WINDOW_S,
        "p50_ms": outcome.client.median_latency_ms or nan,
    }


Ask = Callable[[str, list[str], int | None], Found]


def _second_client() -> tuple[str, Ask]:
    wrk = shutil.which("wrk")
    if wrk is None:
        raw = [sys.executable, "-m", "webtrial.selftest.bench.raw"]
        return "raw asyncio", lambda url, asked, core: _ask_raw(raw, url, asked, core)
    return "wrk", lambda url, asked, core: _ask_wrk(wrk, url, asked, core)


def _ask_wrk(wrk: str, url: str, asked: list[str], core: int | None) -> Found:
    command = [wrk, "-t1", f"-c{CONNECTIONS}", "-s", str(WRK_SCRIPT), url]
    run_client([*command, f"-d{WARMUP_S}s"], asked, core)
    return _found(run_client([*command, f"-d{WINDOW_S}s"], asked, core))


def _ask_raw(raw: list[str], url: str, asked: list[str], core: int | None) -> Found:
    return _found(
        run_client([*raw, url, str(CONNECTIONS), str(WARMUP_S), str(WINDOW_S)], asked, core)
    )


def _found(out: str) -> Found:
    found = json.loads(out.splitlines()[-1])
    if found["errors"]:
        raise DriverError(f"the second client counted {found['errors']} errors")
    return {
        "throughput_per_s": found["requests"] / found["seconds"],
        "p50_ms": found["p50_ms"],
    }
