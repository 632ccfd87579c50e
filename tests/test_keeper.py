"""Nothing of ours outlives whoever started it: process, port, shared memory or folder."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from webtrial.errors import LaunchError
from webtrial.measure.children import runs
from webtrial.measure.keeper import (
    GRACE_S,
    SCRATCH,
    keep,
    kept_scratch,
    scratch_folder,
)

STARTER = Path(__file__).with_name("keeper_starter.py")
COMMAND = Path(__file__).with_name("keeper_command.py")
GONE_S = 5.0


@dataclass
class Scene:
    """A starter, its keeper, and all that stands below."""

    starter: subprocess.Popen
    keeper: psutil.Process
    started: dict
    family: list
    memory_before: set
    witness: Path

    @property
    def memory(self):
        return shared_memory(self.started["postgres"])

    @property
    def ports(self):
        return [self.started["port"], urlsplit(self.started["database"]).port]


def shared_memory(creator):
    """System V segments that process `creator` made, and whatever lies in /dev/shm."""
    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()]
    made = rows[0].index("cpid")
    segments = {row[1] for row in rows[1:] if row[made] == str(creator)}
    return segments | {str(path) for path in Path("/dev/shm").iterdir()}


def refuses(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def scene(request, tmp_path):
    """Everything is up, and proved to be up."""
    witness = tmp_path / "witness"
    before = shared_memory(None)
    starter = subprocess.Popen(
        [sys.executable, str(STARTER), getattr(request, "param", "stays")],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"WITNESS": str(witness)},
    )
    keeper = psutil.Process(int(starter.stdout.readline()))
    started = json.loads(starter.stdout.readline())
    family = [keeper, *keeper.children(recursive=True)]
    yield Scene(starter, keeper, started, family, before, witness)
    starter.kill()
    starter.wait()
    starter.stdout.close()


def everything_is_up(scene):
    assert {scene.started[name] for name in ("command", "postgres", "daemon")} <= {
        process.pid for process in scene.family
    }
    assert len(scene.family) > 8
    assert Path(scene.started["scratch"]).is_dir()
    assert not any(map(refuses, scene.ports))
    with psycopg.connect(scene.started["database"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert scene.memory > scene.memory_before


def nothing_is_left(scene, within_s=GONE_S):
    deadline = time.monotonic() + within_s
    while any(map(runs, scene.family)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [process for process in scene.family if runs(process)] == []
    scratch = scene.started["scratch"]
    assert not Path(scratch).exists()
    assert all(map(refuses, scene.ports))
    assert scene.memory <= scene.memory_before
    assert not [each for each in psutil.process_iter(["cmdline"]) if scratch in str(each.info)]


def test_when_the_starter_is_killed_nothing_is_left(scene):
    everything_is_up(scene)
    scene.starter.kill()
    nothing_is_left(scene)


def test_when_the_command_is_killed_nothing_is_left(scene):
    everything_is_up(scene)
    os.kill(scene.started["command"], signal.SIGKILL)
    nothing_is_left(scene)
    assert scene.starter.wait(GONE_S) == 128 + signal.SIGKILL


def test_when_the_keeper_is_asked_to_stop_nothing_is_left(scene):
    everything_is_up(scene)
    scene.keeper.terminate()
    nothing_is_left(scene)


def test_when_postgresql_was_killed_its_shared_memory_goes_all_the_same(scene):
    everything_is_up(scene)
    os.kill(scene.started["postgres"], signal.SIGKILL)
    time.sleep(0.2)
    assert scene.memory > scene.memory_before
    scene.starter.kill()
    nothing_is_left(scene)


def test_an_interrupted_starter_gives_the_command_time_to_end_in_its_own_way(scene):
    everything_is_up(scene)
    scene.starter.send_signal(signal.SIGINT)
    nothing_is_left(scene)
    assert scene.witness.read_text() == "interrupted"


@pytest.mark.parametrize("scene", ["is deaf"], indirect=True)
def test_a_command_deaf_to_interruption_ends_when_its_grace_has_passed(scene):
    everything_is_up(scene)
    interrupted = time.monotonic()
    scene.starter.send_signal(signal.SIGINT)
    nothing_is_left(scene, within_s=GONE_S)
    assert time.monotonic() - interrupted >= GRACE_S


@pytest.mark.parametrize("scene", ["is deaf"], indirect=True)
def test_a_second_interruption_ends_a_deaf_command_before_its_grace_has_passed(scene):
    everything_is_up(scene)
    interrupted = time.monotonic()
    scene.starter.send_signal(signal.SIGINT)
    time.sleep(0.5)
    scene.starter.send_signal(signal.SIGINT)
    scene.starter.wait(GONE_S)
    assert time.monotonic() - interrupted < GRACE_S
    nothing_is_left(scene)


@pytest.mark.parametrize(("manner", "code"), [("ends", 7), ("fails", 1)])
def test_a_command_that_ends_leaves_nothing_and_its_code_is_passed_on(manner, code):
    before = shared_memory(None)
    with keep([sys.executable, str(COMMAND), manner], stdout=subprocess.PIPE) as kept:
        started = json.loads(kept.stdout.readline())
        assert kept.wait(20) == code
    assert not Path(started["scratch"]).exists()
    assert refuses(started["port"])
    assert shared_memory(started["postgres"]) <= before
    for name in ("command", "postgres", "daemon"):
        assert not psutil.pid_exists(started[name])


def test_leaving_the_block_ends_a_command_that_still_runs():
    with keep([sys.executable, "-c", "import time; time.sleep(60)"]) as kept:
        keeper = psutil.Process(kept.pid)
        while not keeper.children():
            time.sleep(0.01)
        (command,) = keeper.children()
    assert kept.returncode == 128 + signal.SIGKILL
    assert not runs(command)


def test_a_killed_keeper_takes_its_command_along():
    with keep([sys.executable, "-c", "import time; time.sleep(60)"]) as kept:
        keeper = psutil.Process(kept.pid)
        while not keeper.children():
            time.sleep(0.01)
        (command,) = keeper.children()
        scratch = command.environ()[SCRATCH]
        kept.kill()
        kept.wait()
        psutil.wait_procs([command], timeout=GONE_S)
        assert not runs(command)
    Path(scratch).rmdir()


def test_a_command_that_cannot_be_started_is_named(capfd):
    with keep(["/nowhere/at all"]) as kept:
        assert kept.wait(10) == 127
    assert "/nowhere/at all cannot be started" in capfd.readouterr().err


def test_what_the_command_reads_and_prints_is_its_own():
    code = "import sys; print(sys.stdin.read() == ''); print('aside', file=sys.stderr)"
    pipe = subprocess.PIPE
    with keep([sys.executable, "-c", code], stdout=pipe, stderr=pipe) as kept:
        assert kept.communicate(timeout=20) == ("True\n", "aside\n")
        assert kept.returncode == 0


def test_the_scratch_folder_is_short_and_open_to_others_while_it_lasts():
    with scratch_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o755
        assert len(str(folder)) < 40
        (folder / "within").mkdir()
    assert not folder.exists()


def test_without_a_keeper_the_scratch_folder_is_asked_for(monkeypatch):
    monkeypatch.delenv(SCRATCH, raising=False)
    with pytest.raises(LaunchError, match="WEBTRIAL_SCRATCH is not set"):
        kept_scratch()


def test_a_process_that_dies_with_its_parent_does_so_when_the_parent_is_killed():
    child = (
        "import time; from webtrial.measure.keeper import die_with_parent; die_with_parent();"
        "print('ready', flush=True); time.sleep(60)"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as outer:
        assert outer.stdout.readline() == b"ready\n"
        (inner,) = psutil.Process(outer.pid).children()
        outer.kill()
        deadline = time.monotonic() + GONE_S
        while runs(inner) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not runs(inner)


def test_a_process_whose_parent_is_gone_already_does_not_stay():
    code = (
        "from webtrial.measure.keeper import die_with_parent; die_with_parent(parent=1 << 22);"
        "print('still here')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
