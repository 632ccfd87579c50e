"""Runs a command while something else takes every core, in bursts.

    python -m tests.under_load make test

A process on each core is busy for a second or two and rests for as long, at the usual priority and
in a rhythm of its own. They end with the command, and with this process however that ends.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from webtrial.system.linux import die_with_parent

BUSY_S = 1.5  # on average; it rests as long


def main(command: Sequence[str]) -> int:
    """Run `command` under load; returns its exit code, 128 + n where signal n ended it."""
    if "MAKELEVEL" in os.environ:
        die_with_parent(number=signal.SIGTERM)
    with ExitStack() as ends:
        for core in sorted(os.sched_getaffinity(0)):
            ends.enter_context(busy(core))
        code = run(command)
    return code if code >= 0 else 128 - code


def run(command: Sequence[str]) -> int:
    """Run `command` in a session of its own, to all of which an interruption is passed on. It is
    asked to end where this process is killed."""
    with subprocess.Popen(
        command,
        start_new_session=True,
        preexec_fn=partial(die_with_parent, os.getpid(), signal.SIGTERM),  # noqa: PLW1509 - one thread
    ) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            os.killpg(process.pid, signal.SIGINT)
            return process.wait()


@contextmanager
def busy(core: int) -> Iterator[int]:
    """A process that takes `core` in bursts, for the block; gives its id."""
    parent = os.getpid()
    process = os.fork()
    if process == 0:
        try:
            die_with_parent(parent)
            os.sched_setaffinity(0, [core])
            spin(random.Random(core))
        finally:
            os._exit(1)
    try:
        yield process
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)


def spin(draw: random.Random) -> None:
    """Take the core and leave it, again and again, until killed."""
    while True:
        ends_s = time.monotonic() + draw.uniform(0.5, 1.5) * BUSY_S
        while time.monotonic() < ends_s:
            pass
        time.sleep(draw.uniform(0.5, 1.5) * BUSY_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
