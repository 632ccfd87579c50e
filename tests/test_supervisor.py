"""Nothing of ours outlives whoever started it: process, port, shared memory or folder."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.waiting import LIMIT_S, holds_within
from webtrial.errors import LaunchError
from webtrial.system import supervisor as supervisor_module
from webtrial.system.process_tree import runs
from webtrial.system.supervisor import (
    GRACE_S,
    SCRATCH,
    scratch_dir,
    supervise,
    temporary_scratch_dir,
)

STARTER = Path(__file__).with_name("supervised_starter.py")
COMMAND = Path(__file__).with_name("supervised_command.py")
STAYS_S = 3600.0  # what would be left stays longer than any test


@dataclass
class Scene:
    """A starter, the guard and the supervisor that it started, and all that stands below."""

    starter: subprocess.Popen
    guard: psutil.Process
    started: dict
    family: list
    files: set
    witness: Path

    @property
    def segments(self):
        return segments_of(process.pid for process in self.family)

    @property
    def ports(self):
        return self.started["ports"]


def segments_of(pids):
    """System V shared memory that one of these processes made."""
    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()]
    made, makers = rows[0].index("cpid"), set(map(str, pids))
    return {row[1] for row in rows[1:] if row[made] in makers}


def shared_files(family):
    """What the family has mapped from /dev/shm."""
    maps = [Path(f"/proc/{process.pid}/maps").read_text() for process in family if runs(process)]
    return {Path(path) for text in maps for path in re.findall(r"/dev/shm/\S+", text)}


def refuses(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def scene(request, tmp_path):
    """A starter whose command has said what it started."""
    witness = tmp_path / "witness"
    starter = subprocess.Popen(
        [sys.executable, str(STARTER), getattr(request, "param", "stays")],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"WITNESS": str(witness)},
    )
    guard = psutil.Process(int(starter.stdout.readline()))
    started = json.loads(starter.stdout.readline())
    family = [guard, *guard.children(recursive=True)]
    yield Scene(starter, guard, started, family, shared_files(family), witness)
    starter.kill()
    starter.wait()
    starter.stdout.close()


def everything_is_up(scene):
    assert {scene.started[name] for name in ("command", "postgres", "daemon")} <= {
        process.pid for process in scene.family
    }
    assert len(scene.family) > 8
    assert Path(scene.started["scratch"]).is_dir()
    assert len(scene.ports) == 2
    assert not any(map(refuses, scene.ports))
    with psycopg.connect(scene.started["database"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert scene.segments


def are_gone(processes):
    """Whether all of them end."""
    return holds_within(LIMIT_S, lambda: not any(map(runs, processes)))


def nothing_is_left(scene):
    assert are_gone(scene.family), [process for process in scene.family if runs(process)]
    scratch = scene.started["scratch"]
    assert not Path(scratch).exists()
    assert all(map(refuses, scene.ports))
    assert scene.segments == set()
    assert [file for file in scene.files if file.exists()] == []
    assert not [each for each in psutil.process_iter(["cmdline"]) if scratch in str(each.info)]


def test_when_the_starter_is_killed_nothing_is_left(scene):
    everything_is_up(scene)
    scene.starter.kill()
    nothing_is_left(scene)


def test_when_the_command_is_killed_nothing_is_left(scene):
    everything_is_up(scene)
    os.kill(scene.started["command"], signal.SIGKILL)
    nothing_is_left(scene)
    assert scene.starter.wait(LIMIT_S) == 128 + signal.SIGKILL


def test_when_the_guard_is_asked_to_stop_nothing_is_left(scene):
    everything_is_up(scene)
    scene.guard.terminate()
    nothing_is_left(scene)


def test_when_the_guard_is_killed_nothing_is_left(scene):
    everything_is_up(scene)
    scene.guard.kill()
    nothing_is_left(scene)


def test_when_the_keeper_is_killed_nothing_is_left(scene):
    everything_is_up(scene)
    (supervisor,) = scene.guard.children()
    supervisor.kill()
    nothing_is_left(scene)
    assert scene.starter.wait(LIMIT_S) == 128 + signal.SIGKILL


def test_when_postgresql_was_killed_its_shared_memory_goes_all_the_same(scene):
    everything_is_up(scene)
    postgres = psutil.Process(scene.started["postgres"])
    postgres.kill()
    assert are_gone([postgres])
    assert scene.segments
    scene.starter.kill()
    nothing_is_left(scene)


def test_an_interrupted_starter_gives_the_command_time_to_end_in_its_own_way(scene):
    everything_is_up(scene)
    scene.starter.send_signal(signal.SIGINT)
    nothing_is_left(scene)
    assert scene.witness.read_text() == "interrupted"


@pytest.mark.parametrize("scene", ["is deaf"], indirect=True)
def test_a_command_deaf_to_interruption_ends_when_its_grace_has_passed(scene):
    interrupted = time.monotonic()
    scene.starter.send_signal(signal.SIGINT)
    nothing_is_left(scene)
    assert time.monotonic() - interrupted >= GRACE_S


ENDLESS_GRACE = """
import sys
from webtrial.system import supervisor
supervisor.GRACE_S = 1e6
sys.exit(supervisor.run_supervisor(sys.argv[1:]))
"""


def test_a_second_interruption_ends_a_deaf_command_before_its_grace_has_passed():
    supervisor = [sys.executable, "-c", ENDLESS_GRACE, sys.executable, str(COMMAND), "is deaf"]
    pipe = subprocess.PIPE
    with subprocess.Popen(supervisor, stdin=pipe, stdout=pipe, text=True) as kept:
        started = json.loads(kept.stdout.readline())
        kept.send_signal(signal.SIGINT)
        assert kept.stdout.readline() == "interrupted\n"
        kept.send_signal(signal.SIGINT)
        assert kept.wait(LIMIT_S) == 128 + signal.SIGKILL
    assert not psutil.pid_exists(started["command"])
    assert not Path(started["scratch"]).exists()


@pytest.mark.parametrize(("manner", "code"), [("ends", 7), ("fails", 1)])
def test_a_command_that_ends_leaves_nothing_and_its_code_is_passed_on(manner, code):
    with supervise([sys.executable, str(COMMAND), manner], stdout=subprocess.PIPE) as kept:
        started = json.loads(kept.stdout.readline())
        assert kept.wait(LIMIT_S) == code
    assert not Path(started["scratch"]).exists()
    assert all(map(refuses, started["ports"]))
    assert segments_of([started["postgres"]]) == set()
    for name in ("command", "postgres", "daemon"):
        assert not psutil.pid_exists(started[name])


def only_child_of(process):
    (child,) = process.children()
    return child


STAYS = f"import os, time; print(os.environ['WEBTRIAL_SCRATCH'], flush=True);time.sleep({STAYS_S})"


@contextmanager
def staying():
    """Guard, supervisor, and a command that stays; and its scratch folder."""
    with supervise([sys.executable, "-c", STAYS], stdout=subprocess.PIPE) as kept:
        scratch = Path(kept.stdout.readline().strip())
        supervisor = only_child_of(psutil.Process(kept.pid))
        yield kept, supervisor, only_child_of(supervisor), scratch


def test_leaving_the_block_ends_a_command_that_still_runs():
    with staying() as (kept, _, command, _):
        pass
    assert kept.returncode == 128 + signal.SIGKILL
    assert not runs(command)


def test_leaving_the_block_ends_the_command_of_a_keeper_that_is_stuck(monkeypatch):
    monkeypatch.setattr(supervisor_module, "_TERMINATE_S", 5.0)
    with staying() as (kept, supervisor, command, scratch):
        supervisor.suspend()
    assert kept.returncode == 128 + signal.SIGKILL
    assert not runs(command)
    assert not scratch.exists()


def test_where_guard_and_keeper_are_killed_the_command_ends_and_the_next_removes_the_folder():
    with staying() as (kept, supervisor, command, scratch):
        supervisor.suspend()  # until it is killed, too
        kept.kill()
        kept.wait()
        supervisor.kill()
        assert are_gone([supervisor, command])
    assert scratch.is_dir()
    os.utime(scratch, (0, 0))
    with temporary_scratch_dir():
        pass
    # That of another test may be removing it.
    assert holds_within(LIMIT_S, lambda: not scratch.exists())


def test_a_terminals_ctrl_c_reaches_the_command_once():
    code = (
        "import signal, time; came = []; signal.signal(signal.SIGINT, lambda *_: came.append(1))\n"
        "print('ready', flush=True)\n"
        "while not came: time.sleep(0.01)\n"
        "time.sleep(1.0); print(len(came), flush=True)"
    )
    supervisor = [
        sys.executable,
        "-m",
        "webtrial.system.supervisor",
        "--",
        sys.executable,
        "-c",
        code,
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(supervisor, stdin=pipe, stdout=pipe, start_new_session=True) as kept:
        assert kept.stdout.readline() == b"ready\n"
        os.killpg(kept.pid, signal.SIGINT)
        assert kept.stdout.readline() == b"1\n"
        assert kept.wait(LIMIT_S) == 0


def test_a_scratch_folder_that_is_in_use_is_not_taken_for_abandoned():
    with temporary_scratch_dir() as held:
        os.utime(held, (0, 0))
        with temporary_scratch_dir():
            assert held.is_dir()


def test_only_our_own_orphaned_folders_are_removed(tmp_path):
    old, young, stranger = (
        tmp_path / f"webtrial-supervised-{name}" for name in ("old", "new", "pipe")
    )
    link, elsewhere = tmp_path / "webtrial-supervised-link", tmp_path / "elsewhere"
    for folder in (old, young, elsewhere):
        folder.mkdir()
    os.mkfifo(stranger)
    link.symlink_to(elsewhere)
    for path in (old, stranger, link, elsewhere):
        os.utime(path, (0, 0), follow_symlinks=False)
    supervisor_module._remove_orphaned_folders(tmp_path)
    assert {*tmp_path.iterdir()} == {young, stranger, link, elsewhere}


def test_what_a_killed_command_leaves_in_its_folder_for_temporary_files_goes():
    code = "import os, tempfile; print(tempfile.mkdtemp(), flush=True); os.kill(os.getpid(), 9)"
    unset = {name: value for name, value in os.environ.items() if name != "TMPDIR"}
    with supervise([sys.executable, "-c", code], stdout=subprocess.PIPE, env=unset) as kept:
        left = Path(kept.stdout.readline().strip())
        kept.wait(LIMIT_S)
    assert left.is_absolute()
    assert not left.exists()


def test_who_names_a_folder_for_temporary_files_has_them_there(tmp_path):
    code = "import tempfile; print(tempfile.gettempdir(), flush=True)"
    named = os.environ | {"TMPDIR": str(tmp_path)}
    with supervise([sys.executable, "-c", code], stdout=subprocess.PIPE, env=named) as kept:
        assert Path(kept.stdout.readline().strip()) == tmp_path


def test_a_command_that_cannot_be_started_is_named(capfd):
    with supervise(["/nowhere/at all"]) as kept:
        assert kept.wait(LIMIT_S) == 127
    assert "/nowhere/at all cannot be started" in capfd.readouterr().err


def test_what_the_command_reads_and_prints_is_its_own():
    code = "import sys; print(sys.stdin.read() == ''); print('aside', file=sys.stderr)"
    pipe = subprocess.PIPE
    with supervise([sys.executable, "-c", code], stdout=pipe, stderr=pipe) as kept:
        assert kept.communicate(timeout=LIMIT_S) == ("True\n", "aside\n")
        assert kept.returncode == 0


def test_the_scratch_folder_is_short_and_open_to_others_while_it_lasts():
    with temporary_scratch_dir() as folder:
        assert folder.stat().st_mode & 0o777 == 0o755
        assert len(str(folder)) < 40
        (folder / "within").mkdir()
    assert not folder.exists()


def test_without_a_keeper_the_scratch_folder_is_asked_for(monkeypatch):
    monkeypatch.delenv(SCRATCH, raising=False)
    with pytest.raises(LaunchError, match="WEBTRIAL_SCRATCH is not set"):
        scratch_dir()


def test_a_process_that_dies_with_its_parent_does_so_when_the_parent_is_killed():
    child = (
        "import time; from webtrial.system.linux import die_with_parent; die_with_parent();"
        f"print('ready', flush=True); time.sleep({STAYS_S})"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as outer:
        assert outer.stdout.readline() == b"ready\n"
        (inner,) = psutil.Process(outer.pid).children()
        outer.kill()
        assert are_gone([inner])


def test_a_process_whose_parent_is_gone_already_does_not_stay():
    code = (
        "from webtrial.system.linux import die_with_parent; die_with_parent(parent=1 << 22);"
        "print('still here')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"")
