"""Users without a name and unfit temporary folders: all works, or one sentence says what to do."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from webtrial.errors import LaunchError
from webtrial.measure import embedded
from webtrial.system import accounts, places
from webtrial.system.accounts import OVERFLOW_ID, can_be_named, has_name, naming, unprivileged
from webtrial.system.supervisor import supervise, temporary_scratch_dir

AS_ROOT = os.geteuid() == 0
NAMELESS = next(uid for uid in range(61234, 65000) if not has_name(uid))
LONG = 155
SOCKETS = "from multiprocessing import forkserver as f; f.ensure_running(); print('ok', flush=True)"


@pytest.fixture
def run_as_nameless(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL runs as a user without an entry in the system's list."""
    monkeypatch.setattr(embedded, "unprivileged", lambda: (NAMELESS, NAMELESS))


@pytest.mark.skipif(not AS_ROOT, reason="only root can run as somebody else")
@pytest.mark.usefixtures("run_as_nameless")
def test_postgresql_runs_as_a_user_without_a_name() -> None:
    if not can_be_named(NAMELESS):
        pytest.skip("name spaces of users are forbidden here")
    with temporary_scratch_dir() as folder, embedded.embedded(folder, max_connections=20) as server:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert server.pid is not None
        assert Path(f"/proc/{server.pid}").stat().st_uid == NAMELESS


@pytest.mark.skipif(not AS_ROOT, reason="only root can run as somebody else")
@pytest.mark.usefixtures("run_as_nameless")
def test_where_a_name_cannot_be_had_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embedded, "naming", lambda _: ["false"])
    expected = f"user id {NAMELESS} has no entry in /etc/passwd, .*DATABASE_URL"
    with (
        temporary_scratch_dir() as folder,
        pytest.raises(LaunchError, match=expected),
        embedded.embedded(folder),
    ):
        raise AssertionError


def test_who_has_a_name_needs_no_other() -> None:
    assert naming(0) == []
    assert can_be_named(0)


@pytest.mark.parametrize("lacking", ["unshare", "users"])
def test_a_system_without_means_is_said_to_need_a_name(
    monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    if lacking == "unshare":
        monkeypatch.setattr(accounts.shutil, "which", lambda _: None)
    else:
        monkeypatch.setattr(pwd, "getpwall", lambda: [pwd.getpwuid(0)])
    with pytest.raises(LaunchError, match="has no entry in /etc/passwd"):
        naming(NAMELESS)
    assert not can_be_named(NAMELESS)


def test_root_has_postgresql_run_as_nobody_even_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nobody = pwd.struct_passwd(("nobody", "x", 99, 98, "", "/", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwnam", {"nobody": nobody}.__getitem__)
    assert unprivileged() == (99, 98)
    monkeypatch.setattr(pwd, "getpwnam", {}.__getitem__)
    assert unprivileged() == (OVERFLOW_ID, OVERFLOW_ID)


# --- temporary folders


@pytest.fixture
def long_folder(tmp_path: Path) -> Path:
    """A folder whose path has 155 characters."""
    folder = tmp_path / ("x" * (LONG - len(str(tmp_path)) - 1))
    folder.mkdir()
    assert len(str(folder)) == LONG
    return folder


def test_a_command_of_ours_makes_sockets_elsewhere_than_below_a_long_path(
    long_folder: Path,
) -> None:
    ours = f"from webtrial.system import places; places.use_short_temporary_folder(); {SOCKETS}"
    done = subprocess.run(
        [sys.executable, "-c", ours],
        env=os.environ | {"TMPDIR": str(long_folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "ok\n", done.stderr


def test_so_does_what_measures(long_folder: Path) -> None:
    command = [sys.executable, "-c", SOCKETS]
    told = os.environ | {"TMPDIR": str(long_folder)}
    with supervise(command, stdout=subprocess.PIPE, env=told) as kept:
        assert kept.stdout is not None
        assert kept.stdout.readline() == "ok\n"


def patch_places(
    monkeypatch: pytest.MonkeyPatch, shared: tuple[Path, ...], named: Path | None = None
) -> None:
    monkeypatch.setattr(places, "SHARED", shared)
    monkeypatch.setattr(places, "_temporary_folders", lambda: [named] if named else [])


def test_the_first_place_that_can_be_written_to_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(places, "is_noexec", lambda _: False)
    monkeypatch.setattr(places, "LONGEST", 1000)
    patch_places(monkeypatch, (tmp_path / "none", tmp_path), tmp_path / "neither")
    assert places.scratch_place() == tmp_path


def test_root_takes_a_place_from_which_programs_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    forbidden, allowed = tmp_path / "forbidden", tmp_path / "allowed"
    for folder in (forbidden, allowed):
        folder.mkdir()
    monkeypatch.setattr(places, "is_noexec", lambda place: place == forbidden)
    monkeypatch.setattr(places, "LONGEST", 1000)
    patch_places(monkeypatch, (forbidden, allowed))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert places.scratch_place() == allowed
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert places.scratch_place() == forbidden  # only data lies there


def test_without_a_suitable_folder_the_error_names_the_remedy(
    monkeypatch: pytest.MonkeyPatch, long_folder: Path, tmp_path: Path
) -> None:
    patch_places(monkeypatch, (tmp_path / "none",), long_folder)
    with pytest.raises(LaunchError, match="too long a path for sockets"):
        places.scratch_place()
    patch_places(monkeypatch, (tmp_path / "none",))
    with pytest.raises(LaunchError, match="none is not writable"):
        places.scratch_place()


MOUNTED = """
import sys
from pathlib import Path
from webtrial.errors import LaunchError
from webtrial.measure.embedded import embedded
from webtrial.system.places import is_noexec
folder = Path(sys.argv[1])
print(is_noexec(folder), is_noexec(folder.parent))
try:
    with embedded(folder):
        pass
except LaunchError as error:
    print(error)
"""


def test_a_noexec_mount_is_named_as_the_cause(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    mount = 'mount -t tmpfs -o noexec tmpfs "$0" && exec "$@"'
    there = ["unshare", "--mount", "sh", "-c", mount, str(folder)]
    if not AS_ROOT or subprocess.run([*there, "true"], capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    done = subprocess.run(
        [*there, sys.executable, "-c", MOUNTED, str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    noexec, message = done.stdout.splitlines()
    assert noexec == "True False"
    assert "If its file system is mounted noexec, set TMPDIR to another folder" in message
