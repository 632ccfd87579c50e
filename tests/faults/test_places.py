"""What a run is measured on lacks something: room, rights, descriptors, memory, the right time.

Runs of services that stand already, which take seconds; places of their own by a mount namespace.
"""

import errno
import gc
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import yaml

from tests.counted import injected
from tests.faults.under_way import SHORT
from tests.load.truth import truth
from tests.test_runs import a_manifest
from tests.trial_builder import a_trial, some_samples
from tests.waiting import LONG_S, wait_until
from webtrial.errors import RunError
from webtrial.measure import experiment
from webtrial.measure.measurement_lock import FILE
from webtrial.run import checksums
from webtrial.run.store import RUNS_FOLDER, Run, open_run
from webtrial.run.writer import RunWriter

pytestmark = pytest.mark.xdist_group("measuring")

FAILED, INTERRUPTED = 2, 130
LATER = "2026-11-22T13:00:00+00:00"
REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file of parameters: four short trials of a server that stands already."""
    path = tmp_path_factory.mktemp("asked") / "parameters.yaml"
    with truth(delay_s=0.002) as server:
        given = SHORT | {
            "targets": {"flask": server.url},
            "closed_users": [5],
            "think_time_s": 0.05,
            "blocks": 4,
            "timeout_s": 60.0,
        }
        path.write_text(yaml.safe_dump(given))
        yield path


def in_own_mounts(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """What a shell says whose mounts are its own; `$1` and so on are `arguments`."""
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-rm"]
    return subprocess.run(
        [*alone, "sh", "-eu", "-c", script, "sh", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
        cwd=REPOSITORY,
    )


@pytest.fixture(scope="module")
def own_mounts() -> None:
    """Only where a process may have them: not in every container."""
    if in_own_mounts("mount -t tmpfs none /mnt").returncode:
        pytest.skip("no mounts of one's own: needs root's rights or user namespaces")


WEBTRIAL = f"{shlex.quote(sys.executable)} -m webtrial"
MEASURES = f'{RUNS_FOLDER}="$1/runs" {WEBTRIAL} run --parameters "$2"'
GOES_ON = (
    f'{RUNS_FOLDER}="$1/runs" {WEBTRIAL} run --resume "$1"/runs/*'
    ' -p targets "$(grep -A1 ^targets "$2" | tail -1)"'
)


def code_in(said: str, name: str) -> int:
    """The exit code that a script said by name."""
    (line,) = [line for line in said.splitlines() if line.startswith(f"{name}: ")]
    return int(line.partition(": ")[2])


# --- the disk


@pytest.mark.parametrize(
    "room_kib",
    [pytest.param(24, marks=pytest.mark.soak), 44, pytest.param(64, marks=pytest.mark.soak)],
)
@pytest.mark.usefixtures("own_mounts")
def test_a_disk_that_runs_full_keeps_what_was_written_and_the_run_goes_on_with_room(
    asked: Path, tmp_path: Path, room_kib: int
) -> None:
    """24 KiB hold the manifest alone, the others some of the trials."""
    done = in_own_mounts(
        f"""
        mkdir -p "$1"; mount -t tmpfs -o size=$3k tmpfs "$1"
        {MEASURES} && code=0 || code=$?; echo "full: $code"
        cp -r "$1/runs" "$4"
        mount -o remount,size=64m "$1"
        {GOES_ON} && code=0 || code=$?; echo "again: $code"
        cp -r "$1/runs" "$5"
        """,
        *(tmp_path / "place", asked, room_kib, tmp_path / "then", tmp_path / "now"),
    )
    told = done.stdout + done.stderr
    assert code_in(told, "full") == FAILED, told
    assert "cannot be written: No space left on device" in told
    assert "free disk space, then continue with --resume" in told
    assert code_in(told, "again") == 0, told
    (then,), (now,) = ((tmp_path / name).glob("*/manifest.json") for name in ("then", "now"))
    before, after = open_run(then.parent), open_run(now.parent)
    assert before.damage == after.damage == {}
    assert len(before.trials) < len(after.trials) == 4
    assert after.trials[: len(before.trials)] == before.trials
    injected("disk full")


def failing(at: int, number: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Have the disk refuse the write that comes `at` so many; says how many there were."""
    count, sync = 0, os.fsync

    def refuse(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse)
    return lambda: count


def write_a_run(folder: Path) -> None:
    writer = RunWriter(a_manifest(), folder)
    for number in (1, 2, 3):
        writer.append(a_trial(number=number), some_samples(number))
    writer.update(state="finished")


@pytest.mark.full
def test_the_disk_may_fail_at_every_single_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        writes = failing(0, 0, patch)
        write_a_run(tmp_path / "whole")
    assert writes() > 3 * 2 * 2
    for number in (errno.ENOSPC, errno.EROFS, errno.EIO):
        for at in range(1, writes() + 1):
            folder = tmp_path / f"{number}-{at}"
            with monkeypatch.context() as patch:
                failing(at, number, patch)
                with pytest.raises(RunError, match=r"cannot be written: .* continue with --resume"):
                    write_a_run(folder)
            gc.collect()  # the writer that failed, and its lock
            _goes_on(folder)
            injected("a failed write to disk")


def test_the_disk_may_fail_while_a_damaged_run_is_opened_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(name: str) -> Run:
        write_a_run(tmp_path / name)
        (path,) = (tmp_path / name).iterdir()
        (path / "samples" / "0002-1.parquet").write_bytes(b"bits that fell over")
        return open_run(path)

    run = damaged("without a fault")
    with monkeypatch.context() as patch:
        writes = failing(0, 0, patch)
        RunWriter.reopened(run, LATER, {})
    assert writes() > 2
    for at in range(1, writes() + 1):
        run = damaged(str(at))
        with monkeypatch.context() as patch:
            failing(at, errno.ENOSPC, patch)
            with pytest.raises(RunError, match="continue with --resume"):
                RunWriter.reopened(run, LATER, {})
        gc.collect()  # the writer that failed, and its lock
        writer = RunWriter.reopened(open_run(run.path), LATER, {})  # something still is missing
        assert [trial.planned.number for trial in open_run(run.path).trials] == [1, 3]
        writer.append(a_trial(number=2), some_samples(2))
        writer.update(state="finished")
        assert open_run(run.path).damage == {}
        assert [trial.planned.number for trial in open_run(run.path).trials] == [1, 2, 3]
        injected("a failed write to disk")


def _goes_on(folder: Path) -> None:
    """What there is can be opened; what is complete stays; what is missing can be added."""
    manifests = list(folder.glob("*/manifest.json"))
    if not manifests:
        return  # there was nothing yet
    run = open_run(manifests[0].parent)
    assert run.damage == {}
    if run.manifest.state == "finished":
        return  # all but its own checksum was written
    there = [trial.planned.number for trial in run.trials]
    assert there == [1, 2, 3][: len(there)]
    writer = RunWriter.reopened(run, LATER, {})
    for number in range(len(there) + 1, 4):
        writer.append(a_trial(number=number), some_samples(number))
    writer.update(state="finished")
    finished = open_run(run.path)
    assert finished.damage == {}
    assert [trial.planned.number for trial in finished.trials] == [1, 2, 3]
    assert not list(run.path.rglob("*.part"))


@pytest.mark.soak
@pytest.mark.usefixtures("own_mounts")
def test_in_a_checkout_that_cannot_be_written_it_is_said_where_else_to(
    asked: Path, tmp_path: Path
) -> None:
    done = in_own_mounts(
        f"""
        mkdir -p "$1/runs" "$1/else"
        mount --bind "$1/runs" "$1/runs"; mount -o remount,bind,ro "$1/runs"
        mount --bind "$3" "$3"; mount -o remount,bind,ro "$3"
        {MEASURES} && code=0 || code=$?; echo "here: $code"
        {RUNS_FOLDER}="$1/else" {WEBTRIAL} run --parameters "$2" && code=0 || code=$?
        echo "elsewhere: $code"
        """,
        *(tmp_path, asked, REPOSITORY),
    )
    told = done.stdout + done.stderr
    assert code_in(told, "here") == FAILED, told
    assert "Read-only file system" in told
    assert "name another folder for runs in WEBTRIAL_RUNS" in told
    assert code_in(told, "elsewhere") == 0, told
    injected("read-only checkout")


# --- the system


@pytest.mark.full
@pytest.mark.usefixtures("own_mounts")
def test_without_shared_memory_a_run_is_measured_all_the_same(asked: Path, tmp_path: Path) -> None:
    done = in_own_mounts(
        f"""
        mount -t tmpfs -o ro,size=4k none /dev/shm
        {MEASURES} && code=0 || code=$?; echo "without: $code"
        """,
        *(tmp_path, asked),
    )
    assert code_in(done.stdout, "without") == 0, done.stderr
    injected("no /dev/shm")


def test_with_too_few_descriptors_the_trial_is_invalid_and_says_why(
    asked: Path, tmp_path: Path
) -> None:
    given = yaml.safe_load(asked.read_text()) | {"closed_users": [200], "blocks": 1}
    more = tmp_path / "more.yaml"
    more.write_text(yaml.safe_dump(given))
    done = subprocess.run(
        ["sh", "-c", f"ulimit -n 128; {MEASURES}", "sh", str(tmp_path), str(more)],
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "runs").glob("*/manifest.json")
    (trial,) = open_run(path.parent).trials
    assert trial.validity.verdict == "invalid"
    assert "raise the hard limit of `ulimit -n`" in trial.validity.reasons[0].text
    injected("too few file descriptors")


def test_a_clock_that_is_set_back_makes_no_run_overwrite_another(
    asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = experiment.read_parameters(yaml.safe_load(asked.read_text()))
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    ids = []
    for hour in (12, 12, 11):
        monkeypatch.setattr(experiment, "_now", partial(moment.replace, hour=hour))
        manifest = experiment._manifest(parameters, tmp_path)
        RunWriter(manifest, tmp_path)
        ids.append(manifest.id)
    assert len({*ids}) == 3
    monkeypatch.setattr(experiment, "_now", partial(moment.replace, year=2020))
    run = open_run(tmp_path / ids[0])
    writer = RunWriter.reopened(run, experiment._now().isoformat(), {})
    writer.append(a_trial(), some_samples())
    writer.update(state="finished", finished_at=experiment._now().isoformat())
    assert len(open_run(run.path).trials) == 1
    injected("clock set back")


# --- two at once


def test_of_two_runs_in_one_checkout_the_second_is_told_of_the_first(
    asked: Path, tmp_path: Path
) -> None:
    """The first measures until it is interrupted."""
    endless = tmp_path / "endless.yaml"
    endless.write_text(yaml.safe_dump(yaml.safe_load(asked.read_text()) | {"duration_s": 600.0}))
    environment = os.environ | {RUNS_FOLDER: str(tmp_path / "runs")}
    command = [sys.executable, "-m", "webtrial", "run", "--parameters", str(endless)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as first:
        try:
            wait_until((tmp_path / "runs" / FILE).exists, "run", LONG_S)
            second = subprocess.run(
                command,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=LONG_S,
            )
            (name,) = [path.parent.name for path in (tmp_path / "runs").glob("*/manifest.json")]
            assert second.returncode == FAILED
            assert f"{name} is being measured in" in second.stderr
            first.send_signal(signal.SIGINT)
            assert first.wait(LONG_S) == INTERRUPTED
        finally:
            first.kill()
    run = open_run(tmp_path / "runs" / name)
    assert (run.manifest.state, run.damage) == ("interrupted", {})
    injected("two runs at once in one checkout")


@pytest.mark.soak
def test_two_runs_in_two_checkouts_both_finish(asked: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "webtrial", "run", "--parameters", str(asked)]
    places = [tmp_path / name for name in ("one", "two")]
    both = [
        subprocess.Popen(command, env=os.environ | {RUNS_FOLDER: str(place)}, stderr=-3)
        for place in places
    ]
    assert [each.wait(LONG_S) for each in both] == [0, 0]
    for place in places:
        (manifest,) = place.glob("*/manifest.json")
        assert len(open_run(manifest.parent).trials) == 4
    injected("two runs at once in two checkouts")


# --- what was measured is hit afterwards


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 4
    path.write_bytes(content)


HITS = [
    pytest.param(cut_short, "a truncated file", marks=pytest.mark.soak),
    pytest.param(flip_a_bit, "a flipped bit", marks=pytest.mark.soak),
    pytest.param(Path.unlink, "a missing file", marks=pytest.mark.soak),
]


@pytest.mark.parametrize(("hit", "name"), HITS)
def test_a_run_that_was_hit_is_mended_by_going_on(
    asked: Path, tmp_path: Path, hit: Callable[[Path], None], name: str
) -> None:
    done = subprocess.run(
        ["sh", "-c", f"{MEASURES}", "sh", str(tmp_path), str(asked)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode == 0, done.stderr
    (manifest,) = (tmp_path / "runs").glob("*/manifest.json")
    hit(manifest.parent / "samples" / "0002-1.parquet")
    assert [trial.planned.number for trial in open_run(manifest.parent).trials] == [1, 3, 4]
    again = subprocess.run(
        ["sh", "-c", GOES_ON, "sh", str(tmp_path), str(asked)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert again.returncode == 0, again.stderr
    run = open_run(manifest.parent)
    assert run.damage == {}
    assert [trial.planned.number for trial in run.trials] == [1, 2, 3, 4]
    (told,) = run.manifest.interruptions
    assert list(told.damaged) == ["samples/0002-1.parquet"]
    assert json.loads((run.path / "manifest.json").read_text())["state"] == "finished"
    assert checksums.read(run.path).keys() == checksums.sums_of(run.path).keys()
    injected(f"damage to a run: {name}")
