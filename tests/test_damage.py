"""What happened to a run's files is found by their checksums, and what is whole stays usable."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.counted import injected
from tests.test_runs import a_manifest
from tests.trial_builder import a_trial, some_samples
from webtrial.errors import RunError
from webtrial.measure.measurement_lock import measurement_lock
from webtrial.run import checksums
from webtrial.run.manifest import FORMAT
from webtrial.run.store import open_run
from webtrial.run.writer import RunWriter

LATER = "2026-11-22T13:00:00+00:00"
TRIALS = 4


def a_run(folder: Path, state: str = "finished") -> Path:
    writer = RunWriter(a_manifest(), folder)
    for number in range(1, TRIALS + 1):
        writer.append(a_trial(number=number), some_samples(number))
    if state != "running":
        writer.update(state=state)
    return writer.path


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def numbers_of(path: Path) -> list[int]:
    return [trial.planned.number for trial in open_run(path).trials]


def test_the_checksums_are_those_of_the_usual_tool(tmp_path: Path) -> None:
    path = a_run(tmp_path)
    said = subprocess.run(
        ["sha256sum", "--check", "--strict", checksums.NAME],
        cwd=path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.count(": OK\n") == 2 * TRIALS + 1  # and the manifest
    assert open_run(path).damage == {}


@pytest.mark.parametrize("state", ["finished", "interrupted", "failed", "running"])
@pytest.mark.parametrize("hit", [cut, flip, Path.unlink])
@pytest.mark.parametrize("name", ["trials/0002-1.json", "samples/0002-1.parquet"])
def test_a_damaged_file_is_named_and_its_trial_excluded(
    tmp_path: Path, name: str, hit: Callable[[Path], None], state: str
) -> None:
    path = a_run(tmp_path, state)
    hit(path / name)
    run = open_run(path)
    assert list(run.damage) == [name]
    assert numbers_of(path) == [1, 3, 4]
    assert name in run.damage_text
    assert all(len(run.samples(trial)) == trial.planned.number for trial in run.trials)


def test_a_manifest_that_was_changed_is_named_and_the_trials_are_there(tmp_path: Path) -> None:
    path = a_run(tmp_path)
    manifest = path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"cores": 2', '"cores": 4'))
    assert list(open_run(path).damage) == ["manifest.json"]
    assert numbers_of(path) == [1, 2, 3, 4]


def test_a_run_that_was_copied_by_half_is_usable_as_far_as_it_came(tmp_path: Path) -> None:
    path = a_run(tmp_path / "there")
    copy = tmp_path / "copy"
    shutil.copytree(path, copy, ignore=shutil.ignore_patterns("0003*", "0004*"))
    assert numbers_of(copy) == [1, 2]
    assert set(open_run(copy).damage.values()) == {"is missing"}
    assert len(open_run(copy).damage) == 4
    injected("damage to a run: an incomplete copy")


def test_without_checksums_a_run_is_reported_as_not_verifiable(tmp_path: Path) -> None:
    path = a_run(tmp_path)
    (path / checksums.NAME).unlink()
    assert "cannot be verified" in open_run(path).damage[checksums.NAME]
    assert numbers_of(path) == [1, 2, 3, 4]


def test_a_checksum_that_was_hit_costs_its_trial_alone(tmp_path: Path) -> None:
    path = a_run(tmp_path)
    sums = path / checksums.NAME
    digest = checksums.read(path)["trials/0002-1.json"]
    sums.write_text(sums.read_text().replace(digest, "0" * 64))
    assert numbers_of(path) == [1, 3, 4]


def test_what_was_put_there_afterwards_is_named_and_not_read(tmp_path: Path) -> None:
    path = a_run(tmp_path)
    shutil.copy(path / "trials" / "0001-1.json", path / "trials" / "0009-1.json")
    assert open_run(path).damage == {"trials/0009-1.json": "is not listed in SHA256SUMS"}
    assert numbers_of(path) == [1, 2, 3, 4]


@pytest.mark.parametrize("missing", [1, 2, 5, 10, 50])
def test_a_killed_writer_loses_no_trial_that_was_whole(tmp_path: Path, missing: int) -> None:
    path = a_run(tmp_path, "running")
    text = (path / checksums.NAME).read_text()
    (path / checksums.NAME).write_text(text[:-missing])  # cut off in a line
    assert open_run(path).damage == {}
    assert numbers_of(path) == [1, 2, 3, 4]
    writer = RunWriter.reopened(open_run(path), LATER, {})
    writer.update(state="finished")
    assert open_run(path).damage == {}


def test_going_on_sets_aside_what_was_hit_and_says_so(tmp_path: Path) -> None:
    path = a_run(tmp_path, "interrupted")
    flip(path / "samples" / "0002-1.parquet")
    (path / "trials" / "0003-1.json").unlink()
    before = {name: (path / name).read_bytes() for name in checksums.read(path) if "0001" in name}
    writer = RunWriter.reopened(open_run(path), LATER, {})
    for number in (2, 3):
        writer.append(a_trial(number=number), some_samples(number))
    writer.update(state="finished")
    run = open_run(path)
    assert run.damage == {}
    assert numbers_of(path) == [1, 2, 3, 4]
    (told,) = run.manifest.interruptions
    assert set(told.damaged) == {"samples/0002-1.parquet", "trials/0003-1.json"}
    assert told.attempts == 2
    aside = {str(each.relative_to(path)) for each in path.glob("damaged/*/*/*")}
    assert aside == {
        "damaged/1/trials/0002-1.json",
        "damaged/1/samples/0002-1.parquet",
        "damaged/1/samples/0003-1.parquet",
    }
    assert {name: (path / name).read_bytes() for name in before} == before


def test_a_finished_run_that_was_hit_can_be_gone_on_with(tmp_path: Path) -> None:
    path = a_run(tmp_path)
    cut(path / "trials" / "0004-1.json")
    RunWriter.reopened(open_run(path), LATER, {})
    assert numbers_of(path) == [1, 2, 3]


@pytest.mark.parametrize("other", [FORMAT - 1, FORMAT + 1])
def test_a_run_of_another_format_is_refused_with_what_to_do(other: int, tmp_path: Path) -> None:
    path = a_run(tmp_path)
    manifest = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_text(json.dumps(manifest | {"format": other, "new": 1}))
    with pytest.raises(RunError, match=f"has format {other}, .* or measure again"):
        open_run(path)
    injected("a run of another format")


def test_what_lies_outside_a_run_is_not_looked_at(tmp_path: Path) -> None:
    path = a_run(tmp_path)
    with (path / checksums.NAME).open("a") as file:
        file.write(checksums.as_line("../../secret", "0" * 64))
    assert open_run(path).damage == {}


def test_a_folder_of_runs_has_one_measurement_at_a_time(tmp_path: Path) -> None:
    second = pytest.raises(RunError, match=r"^first is being measured in .* wait until it ends")
    with measurement_lock(tmp_path, "first"), second, measurement_lock(tmp_path, "second"):
        pass
    with measurement_lock(tmp_path, "third"):
        pass


def test_two_folders_of_runs_have_nothing_to_do_with_each_other(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("one", "two")]
    for place in places:
        place.mkdir()
    with measurement_lock(places[0], "first"), measurement_lock(places[1], "second"):
        assert (places[1] / ".measuring").read_text() == "second"
