"""A supervisor: a small process that lets nothing outlive the one that started it. Linux only.

    starter ──pipe──▶ guard ──▶ supervisor ──▶ command ──▶ services, PostgreSQL …

The starter holds the writing end of the pipe. When it closes, for whatever reason, when the
command ends, or on SIGTERM, the supervisor ends every descendant, removes the scratch folder and
exits with the command's code. SIGINT and SIGHUP are passed on to the command, which has `GRACE_S`
to end; a second one ends it at once.

Guard and supervisor have sessions of their own, and both adopt orphans: a server's workers would
outlive a supervisor that was killed, half a minute or for ever. Whichever of the two is killed, the
other one ends all.

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
_UNTOUCHED_S = 60.0  # after which a folder that nobody holds is not just being made

_PR_SET_CHILD_SUBREAPER = 36
_IPC_RMID = 0


class SupervisedProcess(subprocess.Popen[str]):
    """A command under a supervisor. Its `pid` is the guard's, its code the command's
    (128 + n where signal n ended it); -9 where the guard was killed and the supervisor still
    sweeps."""

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
        """Ask the command to end; the second time, end it. `number` is one of SIGNALS."""
        self.send_signal(number)

    def terminate_all(self) -> int:
        """End the command and all it started, now. Returns its code."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        try:
            return self.wait(_TERMINATE_S)
        except subprocess.TimeoutExpired:
            with suppress(psutil.Error):  # it ends at this moment
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
    """Run `argv` under a supervisor; neither it nor what it started outlives the block.

    Its environment is `env`, by default `experiment_environment()`.

    A KeyboardInterrupt in the block interrupts the command and waits for its grace to pass.
    LaunchError on another system than Linux.
    """
    demand_linux()
    kept = SupervisedProcess(
        argv, experiment_environment() if env is None else env, cwd, stdout, stderr
    )
    try:
        yield kept
    except KeyboardInterrupt as interruption:
        _interrupt_patiently(kept, signal_of(interruption))
        raise
    finally:
        kept.terminate_all()
        if kept.stdout:
            kept.stdout.close()
        if kept.stderr:
            kept.stderr.close()


def _interrupt_patiently(kept: SupervisedProcess, number: int) -> None:
    kept.interrupt(number)
    try:
        kept.wait(GRACE_S + _SWEEP_S)
    except KeyboardInterrupt:
        kept.interrupt()
    except subprocess.TimeoutExpired:
        pass


def scratch_dir() -> Path:
    """The scratch folder of the supervisor above us; LaunchError where there is no supervisor."""
    if path := os.environ.get(SCRATCH):
        return Path(path)
    raise LaunchError(
        f"{SCRATCH} is not set: start this under `python -m webtrial.system.supervisor --`"
    )


@contextmanager
def temporary_scratch_dir() -> Iterator[Path]:
    """A fresh folder that any user can reach, its path short enough for sockets. Those of processes
    that were killed are removed first. LaunchError where it can be made nowhere."""
    place = scratch_place()
    _remove_abandoned(place)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    folder.chmod(0o755)
    with ExitStack() as held:
        with suppress(OSError):  # a file system that cannot lock keeps nobody from working
            held.enter_context(_held(folder))
        try:
            yield folder
        finally:
            _remove(folder)


def _remove_abandoned(place: Path) -> None:
    """Remove the folders of supervisors and guards that were killed: PostgreSQL and its data, 120
    to 240 MB each."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # it is held, or just being removed
            if _is_ours(folder.lstat()):
                with _held(folder):
                    _remove(folder)


def _is_ours(found: os.stat_result) -> bool:
    """Whether it is a folder that we have made, and not at this moment."""
    untouched_s = time.time() - found.st_mtime
    is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    return is_own and untouched_s > _UNTOUCHED_S


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold `folder` against removal, until the end and that of every process forked meanwhile;
    OSError where another does."""
    descriptor = locked(folder, may_be_link=False)
    try:
        yield
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    remove_shared_memory(folder)
    shutil.rmtree(folder, ignore_errors=True)


def remove_shared_memory(folder: Path) -> None:
    """Remove the System V segments of PostgreSQL servers below `folder` that were killed.

    Line 7 of postmaster.pid holds key and id; a server that stopped by itself leaves no file.
    """
    for path in folder.rglob("postmaster.pid"):
        with suppress(OSError, ValueError, IndexError):
            key, segment = map(int, path.read_text(encoding="utf-8").splitlines()[6].split())
            if libc().shmget(key, 0, 0) == segment:
                libc().shmctl(segment, _IPC_RMID, None)


def run_supervisor(argv: Sequence[str]) -> int:
    """Be the guard of a supervisor of `argv`; returns the command's code."""
    _adopt_orphans()
    with temporary_scratch_dir() as scratch:
        guard, supervisor = os.getpid(), os.fork()
        if supervisor == 0:
            _be_keeper(argv, scratch, guard)
        return _guard(supervisor)


def _guard(supervisor: int) -> int:
    """Pass signals on until the supervisor has ended, and end what it left if it was killed;
    returns its code."""
    for number in _passed_on():
        signal.signal(number, lambda given, _: os.kill(supervisor, given))
    os.waitid(os.P_PID, supervisor, os.WEXITED | os.WNOWAIT)  # its id is not given away yet
    for number in _passed_on():
        signal.signal(number, signal.SIG_IGN)
    statuses: dict[int, int] = {}
    _sweep(statuses)
    return _code(statuses[supervisor])


def _be_keeper(argv: Sequence[str], scratch: Path, guard: int) -> NoReturn:
    """Within the process that was forked, which goes on with nothing of the guard's."""
    code = 1
    try:
        os.setsid()  # a terminal interrupts the guard alone, who passes it on
        die_with_parent(guard, signal.SIGTERM)
        _adopt_orphans()
        code = _keep(argv, scratch)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _keep(argv: Sequence[str], scratch: Path) -> int:
    # What its processes leave behind when they are killed goes with the folder, but for those whom
    # another one was named.
    named = os.environ.get("TMPDIR")
    temporary = named if named and not is_too_long(Path(named)) else str(scratch)
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
    """Why a process could not be started."""
    limit = "; raise the limit of `ulimit -u`" if error.errno == errno.EAGAIN else ""
    return f"{error.strerror}{limit}"


def _adopt_orphans() -> None:
    demand_linux()
    if libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise LaunchError(f"prctl was refused: {os.strerror(ctypes.get_errno())}")


def _passed_on() -> tuple[signal.Signals, ...]:
    """The signals that guard and supervisor pass on. Asked for where Linux is certain: Windows has
    no SIGHUP."""
    return signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@contextmanager
def _signals() -> Iterator[int]:
    """A file descriptor from which the numbers of arriving signals are read."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    for number in (signal.SIGCHLD, *_passed_on()):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(-1)
        os.close(reading)
        os.close(writing)


def _watch(command: int, wake: int, statuses: dict[int, int]) -> None:
    """Return when the command ended or has to end."""
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
    """End every descendant. Orphans are ours by adoption, so that none can escape the tree."""
    started = time.monotonic()
    # The kernel knows whether any is left; who looks at one after another may miss an orphan.
    while _reap(statuses):
        left, passed_s = psutil.Process().children(recursive=True), time.monotonic() - started
        if passed_s > _SWEEP_S:
            print(f"supervisor: could not end {left}", file=sys.stderr)
            return
        for process in left:
            with suppress(psutil.Error):
                _end(process, patient=passed_s < _QUIT_S)
        time.sleep(0.01)


def _end(process: psutil.Process, patient: bool) -> None:
    """PostgreSQL cleans up after SIGQUIT to its first process; anything else is killed."""
    if not patient or process.name() != "postgres":
        process.kill()
        return
    parent = process.parent()
    if parent is None or parent.name() != "postgres":
        process.send_signal(signal.SIGQUIT)


def _reap(statuses: dict[int, int]) -> bool:
    """Take in what ended; whether there are any children left."""
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
