"""Supervisor: a small process that ends all descendants when its starter ends. Linux only.

    starter ──pipe──▶ guard ──▶ supervisor ──▶ command ──▶ services, PostgreSQL …

The starter holds the writing end of the pipe. When the pipe closes for any reason, when the command
ends, or on SIGTERM, the supervisor ends every descendant, removes the scratch folder and exits with
the command's code. It passes SIGINT and SIGHUP on to the command, which then has `GRACE_S` to end;
a second signal ends it at once.

Guard and supervisor run in their own sessions, and both adopt orphans: otherwise a server's workers
would outlive a killed supervisor, for half a minute or forever. If either of the two is killed, the
other one ends all descendants.

    python -m webtrial.system.supervisor -- command …
"""

import ctypes
import errno
import os
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any, NoReturn

import psutil

from webtrial.errors import LaunchError
from webtrial.system.directory_lock import locked
from webtrial.system.environment import experiment_environment
from webtrial.system.interruption import SIGNALS, signal_of
from webtrial.system.linux import demand_linux, die_with_parent, libc
from webtrial.system.places import is_too_long, scratch_place

SCRATCH = "WEBTRIAL_SCRATCH"  # names the scratch folder in the command's environment
GRACE_S = 4.0  # from an interruption until the command is killed
_QUIT_S = 2.0  # for PostgreSQL to stop by itself
_SWEEP_S = 3.0
_TERMINATE_S = 2 * _SWEEP_S + 2.0  # the guard may sweep after the supervisor
_PREFIX = "webtrial-supervised-"
_UNTOUCHED_S = 60.0  # an unlocked folder older than this is not just being created

_PR_SET_CHILD_SUBREAPER = 36
_IPC_RMID = 0


class SupervisedProcess(subprocess.Popen[str]):
    """A command under a supervisor.

    `pid` is that of the guard. The return code is the command's (128 + n if signal n ended it), or
    -9 if the guard was killed and the supervisor is still ending descendants.
    """

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path | None,
        stdout: int | IO[Any] | None,
        stderr: int | IO[Any] | None,
    ) -> None:
        reading, self._lifeline = os.pipe()
        try:
            super().__init__(
                [sys.executable, "-m", "webtrial.system.supervisor", "--", *argv],
                stdin=reading,
                stdout=stdout,
                stderr=stderr,
                env=env,
                cwd=cwd,
                start_new_session=True,
                encoding="utf-8",
            )
        except OSError as error:
            os.close(self._lifeline)
            raise LaunchError(f"{argv[0]} cannot be started: {_reason(error)}") from None
        finally:
            os.close(reading)

    def interrupt(self, number: int = signal.SIGINT) -> None:
        """Ask the command to end; a second call ends it at once. `number` is one of SIGNALS."""
        self.send_signal(number)

    def terminate_all(self) -> int:
        """End the command and all its descendants now. Returns the command's code."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        try:
            return self.wait(_TERMINATE_S)
        except subprocess.TimeoutExpired:
            with suppress(psutil.Error):  # it may end at this moment
                for supervisor in psutil.Process(self.pid).children():
                    supervisor.kill()  # it is stuck: the guard ends the rest
        try:
            return self.wait(_TERMINATE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.wait()


@contextmanager
def supervise(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdout: int | IO[Any] | None = None,
    stderr: int | IO[Any] | None = None,
) -> Iterator[SupervisedProcess]:
    """Run `argv` under a supervisor. The command and its descendants end with the block.

    Its environment is `env`, by default `experiment_environment()`.

    A KeyboardInterrupt in the block interrupts the command and waits for its grace period.
    LaunchError on systems other than Linux.
    """
    demand_linux()
    process = SupervisedProcess(
        argv, experiment_environment() if env is None else env, cwd, stdout, stderr
    )
    try:
        yield process
    except KeyboardInterrupt as interruption:
        _interrupt_and_wait(process, signal_of(interruption))
        raise
    finally:
        process.terminate_all()
        if process.stdout:
            process.stdout.close()
        if process.stderr:
            process.stderr.close()


def _interrupt_and_wait(process: SupervisedProcess, number: int) -> None:
    process.interrupt(number)
    try:
        process.wait(GRACE_S + _SWEEP_S)
    except KeyboardInterrupt:
        process.interrupt()
    except subprocess.TimeoutExpired:
        pass


def scratch_dir() -> Path:
    """Return the scratch folder of our supervisor. LaunchError if there is no supervisor."""
    if path := os.environ.get(SCRATCH):
        return Path(path)
    raise LaunchError(
        f"{SCRATCH} is not set: run this command with `python -m webtrial.system.supervisor --`"
    )


@contextmanager
def temporary_scratch_dir() -> Iterator[Path]:
    """Create a folder that any user can enter, with a path short enough for sockets.

    Folders of killed processes are removed first. LaunchError if no place is suitable.
    """
    place = scratch_place()
    _remove_orphaned_folders(place)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    folder.chmod(0o755)
    with ExitStack() as lock:
        with suppress(OSError):  # a file system without locks must not prevent a run
            lock.enter_context(_locked(folder))
        try:
            yield folder
        finally:
            _remove(folder)


def _remove_orphaned_folders(place: Path) -> None:
    """Remove the folders of killed supervisors and guards.

    They hold PostgreSQL and its data, 120 to 240 MB each.
    """
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it is locked, or just being removed
            if _is_ours(folder.lstat()):
                with _locked(folder):
                    _remove(folder)


def _is_ours(status: os.stat_result) -> bool:
    """Whether it is a folder of this user that was not created just now."""
    untouched_s = time.time() - status.st_mtime
    is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return is_own and untouched_s > _UNTOUCHED_S


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock `folder` against removal. OSError if another process holds the lock.

    The lock lasts until the block and every process forked within it have ended.
    """
    descriptor = locked(folder, may_be_link=False)
    try:
        yield
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    remove_shared_memory(folder)
    shutil.rmtree(folder, ignore_errors=True)


def remove_shared_memory(folder: Path) -> None:
    """Remove the System V shared memory of killed PostgreSQL servers below `folder`.

    Line 7 of postmaster.pid holds key and id; a server that stopped normally leaves no such file.
    """
    for path in folder.rglob("postmaster.pid"):
        with suppress(OSError, ValueError, IndexError):
            key, segment = map(int, path.read_text(encoding="utf-8").splitlines()[6].split())
            if libc().shmget(key, 0, 0) == segment:
                libc().shmctl(segment, _IPC_RMID, None)


def run_supervisor(argv: Sequence[str]) -> int:
    """Run as the guard of a supervisor of `argv`. Returns the command's code."""
    _adopt_orphans()
    with temporary_scratch_dir() as scratch:
        guard, supervisor = os.getpid(), os.fork()
        if supervisor == 0:
            _be_supervisor(argv, scratch, guard)
        return _guard(supervisor)


def _guard(supervisor: int) -> int:
    """Forward signals until the supervisor has ended, and return its code.

    If the supervisor was killed, this ends the descendants that it left.
    """
    for number in _forwarded_signals():
        signal.signal(number, lambda given, _: os.kill(supervisor, given))
    os.waitid(os.P_PID, supervisor, os.WEXITED | os.WNOWAIT)  # keeps its id from being reused
    for number in _forwarded_signals():
        signal.signal(number, signal.SIG_IGN)
    statuses: dict[int, int] = {}
    _sweep(statuses)
    return _code(statuses[supervisor])


def _be_supervisor(argv: Sequence[str], scratch: Path, guard: int) -> NoReturn:
    """Run as the supervisor in the forked process; never returns to the guard's code."""
    code = 1
    try:
        os.setsid()  # a terminal interrupts only the guard, which forwards the signal
        die_with_parent(guard, signal.SIGTERM)
        _adopt_orphans()
        code = _run_command(argv, scratch)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _run_command(argv: Sequence[str], scratch: Path) -> int:
    # Temporary files of killed processes are removed with the scratch folder, unless the user has
    # named another folder.
    user_folder = os.environ.get("TMPDIR")
    temporary = user_folder if user_folder and not is_too_long(Path(user_folder)) else str(scratch)
    environment = os.environ | {"TMPDIR": temporary, SCRATCH: str(scratch)}
    statuses: dict[int, int] = {}
    with _signals() as wake:
        try:
            command = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                env=environment,
                preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - one thread
            )
        except OSError as error:
            print(f"supervisor: {argv[0]} cannot be started: {_reason(error)}", file=sys.stderr)
            return 127
        _watch(command.pid, wake, statuses)
        _sweep(statuses)
    _remove(scratch)
    return _code(statuses.get(command.pid))


def _reason(error: OSError) -> str:
    """Return why a process could not be started, and what to do."""
    remedy = "raise `ulimit -u`" if error.errno == errno.EAGAIN else "check that it is installed"
    return f"{error.strerror}; {remedy}"


def _adopt_orphans() -> None:
    demand_linux()
    if libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise LaunchError(
            f"prctl failed: {os.strerror(ctypes.get_errno())}. Allow it in the container's settings"
        )


def _forwarded_signals() -> tuple[signal.Signals, ...]:
    """Return the signals that guard and supervisor forward.

    Call it only where Linux is certain: Windows has no SIGHUP.
    """
    return signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@contextmanager
def _signals() -> Iterator[int]:
    """Yield a file descriptor from which the numbers of arriving signals can be read."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for number in (signal.SIGCHLD, *_forwarded_signals()):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(-1)
        os.close(reading)
        os.close(writing)


def _watch(command: int, wake: int, statuses: dict[int, int]) -> None:
    """Wait until the command has ended or must be ended."""
    deadline: float | None = None
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while deadline is None or time.monotonic() < deadline:
            patience_s = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready = {key.fd for key, _ in selector.select(patience_s)}
            if sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 4096):
                return
            numbers = os.read(wake, 4096) if wake in ready else b""
            interrupts = [number for number in numbers if number in SIGNALS]
            _reap(statuses)
            ended = command in statuses or signal.SIGTERM in numbers
            if ended or len(interrupts) > 1 or (interrupts and deadline is not None):
                return
            if interrupts:
                os.kill(command, interrupts[0])
                deadline = time.monotonic() + GRACE_S


def _sweep(statuses: dict[int, int]) -> None:
    """End every descendant. We adopt orphans, so none can escape the process tree."""
    started = time.monotonic()
    # Ask the kernel whether any is left: looking at one process after another may miss an orphan.
    while _reap(statuses):
        remaining = psutil.Process().children(recursive=True)
        elapsed_s = time.monotonic() - started
        if elapsed_s > _SWEEP_S:
            print(f"supervisor: could not end {remaining}", file=sys.stderr)
            return
        for process in remaining:
            with suppress(psutil.Error):
                _end(process, patient=elapsed_s < _QUIT_S)
        time.sleep(0.01)


def _end(process: psutil.Process, patient: bool) -> None:
    """End a process: SIGQUIT to PostgreSQL's first process, which cleans up; SIGKILL to others."""
    if not patient or process.name() != "postgres":
        process.kill()
        return
    parent = process.parent()
    if parent is None or parent.name() != "postgres":
        process.send_signal(signal.SIGQUIT)


def _reap(statuses: dict[int, int]) -> bool:
    """Reap ended children into `statuses`; True if any child is left."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return True
            statuses[pid] = status
    return False


def _code(status: int | None) -> int:
    if status is None:
        return 128 + signal.SIGKILL
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    arguments = sys.argv[1:]
    sys.exit(run_supervisor(arguments[1:] if arguments[:1] == ["--"] else arguments))
