"""What the report says of how load was offered: as many drivers as the trials record."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.synthetic_run import STACKS
from tests.test_runs import a_manifest
from tests.trial_builder import CLIENT, COUNTS, OPEN, a_trial, some_samples
from webtrial.results.overview.text import machine_text
from webtrial.results.validity.text import load_text
from webtrial.run.records import PlannedTrial, Trial, Worker
from webtrial.run.store import Run, open_run
from webtrial.run.writer import RunWriter

OPENED = PlannedTrial(2, 1, 2, "flask", "user_detail", OPEN, 7)


def a_run(folder: Path, *trials: Trial, **manifest: Any) -> Run:
    stacks = {name: STACKS[name] for name in ("flask", "fastapi")}
    parameters = manifest.pop("parameters", {})
    writer = RunWriter(a_manifest(parameters=parameters), folder)
    writer.update(stacks=stacks, **manifest)
    for trial in trials:
        writer.append(trial, some_samples())
    return open_run(writer.path)


def workers(*users: int | None, scheduled: int = 400) -> tuple[Worker, ...]:
    counts = replace(COUNTS, scheduled=scheduled)
    return tuple(Worker(index, part, counts, CLIENT) for index, part in enumerate(users))


def text(run: Run) -> str:
    return load_text(run).text


def test_one_driver_is_said_to_be_one(tmp_path: Path) -> None:
    said = text(a_run(tmp_path, a_trial()))
    assert "One load driver" in said
    assert "at most 100 users" in said
    assert "arrivals" not in said


def test_several_drivers_are_reported_with_their_largest_share(tmp_path: Path) -> None:
    opened = a_trial(number=2, planned=OPENED, workers=workers(None, None, scheduled=1234))
    run = a_run(tmp_path, a_trial(workers=workers(51, 49)), opened, parameters={"workers": 2})
    said = text(run)
    assert "2 load drivers (processes on this machine) shared the load" in said
    assert "at most 51 users or 1,234 arrivals in a window each" in said


def test_a_cluster_may_lose_a_worker_and_a_trial_all_of_them(tmp_path: Path) -> None:
    run = a_run(
        tmp_path,
        a_trial(workers=workers(34, 33, 33)),
        a_trial(number=2, workers=workers(50, 50)),
        a_trial(number=3),
    )
    assert "2 to 3 load drivers (workers of a Dask cluster) shared the load" in text(run)


def test_external_services_are_reported(tmp_path: Path) -> None:
    run = a_run(tmp_path, a_trial(), budgets={"not_launched_by_us": ["fastapi"]})
    assert "Not launched by Webtrial: FastAPI" in text(run)
    assert "FastAPI ran elsewhere" in machine_text(run).text
    assert "shared this machine" not in machine_text(run).text


def test_without_a_trial_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert text(a_run(tmp_path)) == "No trial was measured."
