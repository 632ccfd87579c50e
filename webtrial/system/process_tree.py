"""How the processes that we launch start and end."""

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

ROUNDS = 10  # in which threads are looked for that were started meanwhile
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
    """Start `argv` on `cores` (all if None), output appended to `log`.

    It gets `death_signal`, by default SIGKILL, when we die: the kernel ties that to the thread
    that calls this, which therefore has to be one that stays.
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
            # Only system calls happen in it.
            preexec_fn=partial(_prepare, os.getpid(), cores, death_signal),  # noqa: PLW1509
        )


def _prepare(parent: int, cores: Collection[int] | None, death_signal: int | None) -> None:
    die_with_parent(parent, death_signal)
    if cores is not None and sys.platform.startswith("linux"):
        os.sched_setaffinity(0, cores)


def stop_child(
    process: subprocess.Popen[bytes], number: int, patience_s: float = PATIENCE_S
) -> None:
    """Ask with signal `number`, wait, then kill it and all that it started."""
    stop_children([(process, number)], patience_s)


def stop_children(
    children: Sequence[tuple[subprocess.Popen[bytes], int]], patience_s: float = PATIENCE_S
) -> None:
    """Ask each with its signal, wait for all, then kill what is left of them and below them."""
    # Taken first: what loses its parent can no longer be told from a stranger.
    started = [process for child, _ in children for process in tree(child.pid)]
    for child, number in children:
        if child.poll() is None:
            child.send_signal(number)
    for left in _await_end(children, started, patience_s):
        with suppress(psutil.NoSuchProcess):
            left.kill()
    _await_end(children, started, patience_s)


def _await_end(
    children: Sequence[tuple[subprocess.Popen[bytes], int]],
    started: list[psutil.Process],
    patience_s: float,
) -> list[psutil.Process]:
    """Those of `started` that still run after `patience_s`. An orphan's corpse may lie until
    whoever adopted it takes notice: that is not running."""
    deadline = time.monotonic() + patience_s
    while True:
        # A corpse whose threads are still ending cannot be taken away yet.
        taken_away = [child.poll() is not None for child, _ in children]
        left = [each for each in started if runs(each)]
        if (all(taken_away) and not left) or time.monotonic() > deadline:
            return left
        time.sleep(0.01)


def runs(process: psutil.Process) -> bool:
    """Whether it lives: neither gone nor a zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def tree(pid: int) -> list[psutil.Process]:
    """The process `pid` and all below it; empty when it is gone."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def move_to(pid: int, cores: Collection[int]) -> None:
    """Have every thread of the process `pid` and of all below it run on `cores` alone.

    LaunchError where some are elsewhere again each of ROUNDS times.
    """
    for _ in range(ROUNDS):
        threads = [thread for process in tree(pid) for thread in _threads_of(process)]
        elsewhere = [each for each in threads if _cores_of(each) - {*cores}]
        if not elsewhere:
            return
        for each in elsewhere:
            with suppress(ProcessLookupError):
                os.sched_setaffinity(each, cores)
    raise LaunchError(f"process {pid} starts threads faster than they are moved to {cores}")


def _threads_of(process: psutil.Process) -> list[int]:
    """None of one that has ended meanwhile, as a child may at any time."""
    with suppress(psutil.NoSuchProcess):
        return [thread.id for thread in process.threads()]
    return []


def _cores_of(thread: int) -> set[int]:
    with suppress(ProcessLookupError):
        return os.sched_getaffinity(thread)
    return set()


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, indented, for an error's text."""
    return indented_end(
        log.read_text(encoding="utf-8", errors="replace") if log.exists() else "", count
    )


def indented_end(text: str, count: int = 15) -> str:
    """The last lines of what a process wrote, for an error's text."""
    lines = text.splitlines()[-count:]
    return "\n".join(f"  {line}" for line in lines) or "  (its log is empty)"
