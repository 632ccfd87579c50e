"""Start and stop child processes, with all their descendants."""

import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from webtrial.errors import LaunchError
from webtrial.system.linux import die_with_parent

ROUNDS = 10  # of the search for threads that were started meanwhile
PATIENCE_S = 2.0  # from the request to stop until a process is killed


def start_child(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    cores: Collection[int] | None = None,
    death_signal: int | None = None,
    uid: int | None = None,
    gid: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` on `cores` (all if None) and append its output to `log`.

    The child receives `death_signal`, by default SIGKILL, when we die. The kernel ties this to the
    calling thread: call this from a thread that lives as long as the child.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            # Safe after fork: it makes system calls only.
            preexec_fn=partial(_prepare, os.getpid(), cores, death_signal),  # noqa: PLW1509
        )


def _prepare(parent: int, cores: Collection[int] | None, death_signal: int | None) -> None:
    die_with_parent(parent, death_signal)
    if cores is not None and sys.platform.startswith("linux"):
        os.sched_setaffinity(0, cores)


def stop_child(
    process: subprocess.Popen[bytes], number: int, patience_s: float = PATIENCE_S
) -> None:
    """Send signal `number`, wait, then kill the process and all its descendants."""
    stop_children([(process, number)], patience_s)


def stop_children(
    children: Sequence[tuple[subprocess.Popen[bytes], int]], patience_s: float = PATIENCE_S
) -> None:
    """Send each child its signal, wait for all, then kill whatever is left of their trees."""
    # List the descendants first: once orphaned, they cannot be recognised as ours.
    started = [process for child, _ in children for process in tree(child.pid)]
    for child, number in children:
        if child.poll() is None:
            child.send_signal(number)
    for process in _await_end(children, started, patience_s):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _await_end(children, started, patience_s)


def _await_end(
    children: Sequence[tuple[subprocess.Popen[bytes], int]],
    started: list[psutil.Process],
    patience_s: float,
) -> list[psutil.Process]:
    """Return those of `started` that still run after `patience_s`.

    An orphan may stay a zombie until its new parent reaps it: a zombie does not count as running.
    """
    deadline = time.monotonic() + patience_s
    while True:
        # A zombie cannot be reaped while its threads are still ending.
        reaped = [child.poll() is not None for child, _ in children]
        running = [each for each in started if runs(each)]
        if (all(reaped) and not running) or time.monotonic() > deadline:
            return running
        time.sleep(0.01)


def runs(process: psutil.Process) -> bool:
    """Whether the process is running: neither gone nor a zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def tree(pid: int) -> list[psutil.Process]:
    """Return the process `pid` and all its descendants; empty if it is gone."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def move_to(pid: int, cores: Collection[int]) -> None:
    """Pin every thread of the process `pid` and of its descendants to `cores`.

    LaunchError if some threads are still elsewhere in each of ROUNDS attempts.
    """
    for _ in range(ROUNDS):
        threads = [thread for process in tree(pid) for thread in _threads_of(process)]
        elsewhere = [each for each in threads if _cores_of(each) - {*cores}]
        if not elsewhere:
            return
        for each in elsewhere:
            with suppress(ProcessLookupError):
                os.sched_setaffinity(each, cores)
    raise LaunchError(
        f"process {pid} starts threads faster than they can be pinned to cores {sorted(cores)}: try"
        " again"
    )


def _threads_of(process: psutil.Process) -> list[int]:
    """Return the thread ids of a process; empty if it has ended, as a child may at any time."""
    with suppress(psutil.NoSuchProcess):
        return [thread.id for thread in process.threads()]
    return []


def _cores_of(thread: int) -> set[int]:
    with suppress(ProcessLookupError):
        return os.sched_getaffinity(thread)
    return set()


def end_of(log: Path) -> str:
    """Return the last lines of a log for an error message, with what to do about them."""
    return f"End of {log}; remove the cause that it shows and try again:\n{last_lines(log)}"


def last_lines(log: Path, count: int = 15) -> str:
    """Return the last lines of a log, indented, for an error message."""
    return indented_end(
        log.read_text(encoding="utf-8", errors="replace") if log.exists() else "", count
    )


def indented_end(text: str, count: int = 15) -> str:
    """Return the last lines of a process's output, indented, for an error message."""
    lines = text.splitlines()[-count:]
    return "\n".join(f"  {line}" for line in lines) or "  (its log is empty)"
