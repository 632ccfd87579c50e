"""A stack built to differ in one known factor, measured by real trials, is attributed to it.

A real HTTP server is launched as five stacks. Those with an ORM do five times the work of those
without, for every answer; the driver and the framework are names that cost nothing.
"""

import os
from contextlib import ExitStack
from dataclasses import asdict, replace
from math import log, prod
from pathlib import Path

import pytest

from tests.synthetic_run import VALID, manifest_of
from webtrial.load.requests import SeededData
from webtrial.measure.attempt import attempt_trial
from webtrial.measure.context import RunContext, ServiceUnderTest
from webtrial.measure.launch import ServiceSettings, launch_stacks
from webtrial.measure.machine import core_split
from webtrial.results.attribution.estimate import WHOLE, decomposition
from webtrial.run.parameters import read_parameters
from webtrial.run.records import Load, PlannedTrial
from webtrial.run.stacks import Stack
from webtrial.run.store import Run
from webtrial.run.writer import RunWriter

pytestmark = pytest.mark.full  # what trials record is summed up in experiments, too

BLOCKS = 3
USERS = Load("closed", users=4)
WORK = 30_000  # turns of a loop in each answer: a few tenths of a millisecond
TIMES = 5  # as much of it with an ORM
SPEEDS = 1.6  # between which a shared core may jump from trial to trial, and CPU time with it
NOWHERE = "http://127.0.0.1:9"
SETTINGS = ServiceSettings("postgresql://nobody@127.0.0.1:5/none", "drawn", NOWHERE, NOWHERE)
LEVELS = {  # of data access, driver and framework
    "source": ("ORM", "psycopg", "Flask"),
    "raw": ("raw SQL", "psycopg", "Flask"),
    "other-driver": ("ORM", "asyncpg", "Flask"),
    "raw-other-driver": ("raw SQL", "asyncpg", "Flask"),
    "target": ("raw SQL", "asyncpg", "FastAPI"),
}


def a_stack(name: str) -> Stack:
    access, driver, framework = LEVELS[name]
    work = WORK * (TIMES if access == "ORM" else 1)
    return Stack(
        name=name,
        title=name,
        framework=framework,
        data_access=access,
        serialiser="none",
        concurrency="threads",
        server="http.server",
        driver=driver,
        folder=str(Path(__file__).parent.parent / "small_service"),
        command=("{python}", "server.py", "{port}"),
        environment={"WORK": str(work)},
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("measured")
    parameters = read_parameters({"duration_s": 0.5, "warmup_s": 0.2, "closed_users": [4]})
    stacks = {name: a_stack(name) for name in LEVELS}
    manifest = manifest_of(parameters, {name: asdict(stack) for name, stack in stacks.items()})
    writer = RunWriter(manifest, folder)
    with ExitStack() as up:
        wanted = {name: (stack, SETTINGS, folder / name) for name, stack in stacks.items()}
        split = core_split()
        services = up.enter_context(launch_stacks(wanted, split.service_cores))
        rig = RunContext(
            parameters=parameters,
            split=split,
            seeded_data=SeededData(1000, {}, (), ""),
            upstreams=None,
            counter=None,
            database_pid=None,
            ours=(os.getpid(),),
            cores=tuple(sorted(os.sched_getaffinity(0))),
        )
        for number in range(BLOCKS * len(stacks)):
            block, name = number // len(stacks) + 1, list(stacks)[number % len(stacks)]
            site = ServiceUnderTest(services[name], None, {}, {}, None)
            planned = PlannedTrial(number + 1, block, 1, name, "user_detail", USERS, seed=1)
            trial, samples = attempt_trial(planned, 1, site, rig)
            assert trial.counts.succeeded == trial.counts.sent > 20
            # Other processes may disturb response times: here CPU time alone matters.
            writer.append(replace(trial, validity=VALID), samples)
    return Run(writer.path, writer.manifest)


def test_work_added_to_the_data_access_is_attributed_to_it(run: Run) -> None:
    found = decomposition(run, "target", "source")
    frame = found.parts.set_index("part")
    access, others = frame.loc["data access"], frame.drop(index=["data access", WHOLE])

    assert found.paths["path"].nunique() == 2
    assert list(others.index) == ["driver", "framework"]
    assert set(frame["blocks"]) == {BLOCKS}
    # Beside its work a server has to read and write, so the ratio stays below that of the work.
    assert 1 / (TIMES * SPEEDS) < access["ratio"] < 2 * SPEEDS / TIMES
    assert (access["verdict"], access["high"] < 1) == ("lower", True)
    for _, part in others.iterrows():
        assert abs(log(part["ratio"])) < abs(log(access["ratio"])) / 2


def test_what_was_measured_adds_up(run: Run) -> None:
    parts = decomposition(run, "target", "source").parts.set_index("part")["ratio"]

    assert prod(parts.drop(WHOLE)) == pytest.approx(parts[WHOLE])
