"""A run directory gives back what was put in, whole, whatever became of the writer."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from math import isnan, nan
from pathlib import Path
from typing import Any

import pytest

from tests.trial_builder import CLIENT, a_trial, some_samples
from webtrial.errors import RunError
from webtrial.run.manifest import Manifest
from webtrial.run.parameters import Parameters
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import RUNS_FOLDER, latest_run, latest_runs, open_run
from webtrial.run.writer import RunWriter

REPOSITORY = Path(__file__).parent.parent


def a_manifest(name: str = "20261122T120000Z-smoke-1", **changes: Any) -> Manifest:
    return Manifest(
        id=name,
        started_at="2026-11-22T12:00:00+00:00",
        parameters=Parameters(**changes.pop("parameters", {})),
        machine={"cores": 2},
        versions={"Django": "5.2"},
        git={"commit": None, "dirty": None},
        data={},
        stacks={},
        budgets={},
        **changes,
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    trial = a_trial()
    writer.append(trial, some_samples(3))
    run = open_run(writer.path)
    assert run.trials == (trial,)
    assert run.manifest == writer.manifest
    assert list(run.samples(trial).columns) == SAMPLES.names
    assert run.samples(trial)["done_ns"].tolist() == [500_000, 1_500_000, 2_500_000]


def test_an_interruption_waits_until_what_is_kept_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever thread the kernel gives the signal to."""
    sync, stop = os.fsync, threading.Event()
    another = threading.Thread(target=stop.wait, daemon=True)
    another.start()
    for at in range(1, 5):  # two files, each with a line in the list
        writer, count = RunWriter(a_manifest(), tmp_path / str(at)), itertools.count(1)

        def interrupted(descriptor: int, at: int = at, count: Any = count) -> None:
            if next(count) == at:
                os.kill(os.getpid(), signal.SIGINT)
            sync(descriptor)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(os, "fsync", interrupted)
            writer.append(a_trial(), some_samples(3))
        writer.update(state="interrupted")
        run = open_run(writer.path)
        assert run.damage == {}
        assert len(run.trials) == (at > 2)
    assert another.is_alive()
    stop.set()
    another.join()


def test_columns_can_be_chosen(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    writer.append(a_trial(), some_samples())
    run = open_run(writer.path)
    assert list(run.samples(run.trials[0], ["status"]).columns) == ["status"]


def test_every_attempt_is_kept(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    for number, attempt in [(1, 1), (2, 1), (1, 2)]:
        writer.append(a_trial(number=number, attempt=attempt), some_samples())
    found = [(each.planned.number, each.attempt) for each in open_run(writer.path).trials]
    assert found == [(1, 1), (1, 2), (2, 1)]


def test_a_run_can_be_opened_while_it_is_written_and_after_it_broke_off(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    writer.append(a_trial(), some_samples())
    (writer.path / "trials" / ".0002-1.json.part").write_text("{ half of a tri")
    (writer.path / "samples" / "0002-1.parquet").write_bytes(b"without its trial")
    run = open_run(writer.path)
    assert run.manifest.state == "running"
    assert len(run.trials) == 1


def test_the_manifest_is_changed_on_disk_at_once(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    writer.update(state="interrupted", why="interrupted by SIGINT")
    manifest = open_run(writer.path).manifest
    assert (manifest.state, manifest.why) == ("interrupted", "interrupted by SIGINT")


def broken_off(folder: Path, **changes: Any) -> Path:
    writer = RunWriter(a_manifest(), folder)
    writer.append(a_trial(), some_samples())
    writer.update(**changes)
    return writer.path


def test_a_run_that_goes_on_tells_of_its_interruption(tmp_path: Path) -> None:
    path = broken_off(tmp_path, state="interrupted", why="interrupted by SIGINT")
    (path / "trials" / ".0002-1.json.part").write_text("{ half of a tri")
    writer = RunWriter.reopened(open_run(path), "2026-11-22T13:00:00+00:00", {"commit": "abc"})
    writer.append(a_trial(number=2), some_samples())
    run = open_run(path)
    assert (run.manifest.state, run.manifest.why) == ("running", None)
    (told,) = run.manifest.interruptions
    assert (told.state, told.why) == ("interrupted", "interrupted by SIGINT")
    assert (told.attempts, told.git) == (1, {"commit": "abc"})
    assert [trial.planned.number for trial in run.trials] == [1, 2]
    assert not list(path.rglob("*.part"))


def test_a_finished_run_is_left_as_it_is(tmp_path: Path) -> None:
    path = broken_off(tmp_path, state="finished")
    before = (path / "manifest.json").read_bytes()
    with pytest.raises(RunError, match="is finished and complete"):
        RunWriter.reopened(open_run(path), "2026-11-22T13:00:00+00:00", {})
    assert (path / "manifest.json").read_bytes() == before


def test_a_run_has_one_writer_at_a_time(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    with pytest.raises(RunError, match="is being written by another process"):
        RunWriter.reopened(open_run(writer.path), "2026-11-22T13:00:00+00:00", {})


def test_what_a_dead_driver_could_not_tell_is_null_in_the_file(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    writer.append(
        a_trial(client=replace(CLIENT, cpu_fraction=nan, median_latency_ms=None)),
        SAMPLES.empty_table(),
    )
    text = (writer.path / "trials" / "0001-1.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail)["client"]["cpu_fraction"] is None
    client = open_run(writer.path).trials[0].client
    assert isnan(client.cpu_fraction)
    assert client.median_latency_ms is None


def test_the_database_url_is_not_written(tmp_path: Path) -> None:
    url = "postgresql://someone:password@127.0.0.1/postgres"
    writer = RunWriter(a_manifest(parameters={"database_url": url}), tmp_path)
    assert "password@" not in (writer.path / "manifest.json").read_text()


def test_where_things_are_is_not_written(tmp_path: Path) -> None:
    places = {
        "scenarios": ["ping"],
        "scheduler": "tcp://somewhere:8786",
        "targets": {"flask": "http://somewhere:8000"},
        "results_url": "s3://somewhere/shards",
    }
    writer = RunWriter(a_manifest(parameters=places), tmp_path)
    assert "somewhere" not in (writer.path / "manifest.json").read_text()
    assert open_run(writer.path).manifest.parameters.targets is None


def test_a_folder_without_a_manifest_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run"):
        open_run(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"planned": {}}'])
def test_a_broken_trial_is_named(tmp_path: Path, text: str) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    (writer.path / "trials" / "0001-1.json").write_text(text)
    with pytest.raises(RunError, match=r"0001-1\.json"):
        _ = open_run(writer.path).trials


def test_a_broken_manifest_is_named(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    (writer.path / "manifest.json").write_text("{}")
    with pytest.raises(RunError, match=r"manifest\.json"):
        open_run(writer.path)


def test_the_latest_run_is_the_newest_that_finished(tmp_path: Path) -> None:
    for name, state in [("1", "finished"), ("2", "finished"), ("3", "interrupted")]:
        RunWriter(a_manifest(f"2026112{name}T120000Z-smoke-1", state=state), tmp_path)
    assert latest_run(tmp_path).manifest.id == "20261122T120000Z-smoke-1"


def test_the_latest_runs_come_newest_first_and_too_few_are_refused(tmp_path: Path) -> None:
    for day in ("1", "2", "3"):
        RunWriter(a_manifest(f"2026112{day}T120000Z-smoke-1", state="finished"), tmp_path)
    found = [run.manifest.id[:8] for run in latest_runs(2, tmp_path)]
    assert found == ["20261123", "20261122"]
    with pytest.raises(RunError, match="only 3 of 4 finished runs in"):
        latest_runs(4, tmp_path)


def test_the_latest_run_is_found_beside_one_that_cannot_be_read(tmp_path: Path) -> None:
    RunWriter(a_manifest("20261121T120000Z-smoke-1", state="finished"), tmp_path)
    for name, content in {"20261122T120000Z-smoke-1": b"{", "20261123T120000Z-b": b"\xff"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_bytes(content)
    assert latest_run(tmp_path).manifest.id == "20261121T120000Z-smoke-1"


def test_without_a_readable_run_the_unreadable_ones_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{}")
    with pytest.raises(RunError, match=r"no finished run in .* \(unreadable: broken\)"):
        latest_run(tmp_path)


def test_a_run_outlives_the_stacks_that_it_measured(tmp_path: Path) -> None:
    writer = RunWriter(a_manifest(), tmp_path)
    manifest = writer.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"flask"', '"bottle"'))
    assert "bottle" in open_run(writer.path).manifest.parameters.stacks


def test_without_a_finished_run_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="make report"):
        latest_run(tmp_path)


@pytest.mark.parametrize(
    ("told", "place"), [("elsewhere", "{here}/elsewhere"), ("", "{repository}/data/runs")]
)
def test_the_environment_may_name_another_place_for_runs(
    tmp_path: Path, told: str, place: str
) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "from webtrial.run.store import RUNS; print(RUNS)"],
        env=os.environ | {RUNS_FOLDER: told, "PYTHONPATH": str(REPOSITORY)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.strip() == place.format(here=tmp_path, repository=REPOSITORY)
