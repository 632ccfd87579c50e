"""What takes the cores while a command runs ends with the command and with who started it."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.under_load import main
from webtrial.system.process_tree import runs

LIMIT_S = 120.0  # until a test that hangs is ended
FOREVER = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_the_commands_code_is_passed_on_and_nothing_is_left() -> None:
    before = {*psutil.Process().children(recursive=True)}
    assert main([sys.executable, "-c", "raise SystemExit(3)"]) == 3
    assert {*psutil.Process().children(recursive=True)} <= before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_it_whatever_ends_it(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.under_load", *FOREVER]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        family = _all_of(psutil.Process(process.pid))
        process.send_signal(number)
        process.wait(LIMIT_S)
    ends_s = time.monotonic() + LIMIT_S
    while left := list(filter(runs, family)):
        assert time.monotonic() < ends_s, left
        time.sleep(0.02)


def _all_of(process: psutil.Process) -> list[psutil.Process]:
    """Its processes, once there is one on each core and the command runs."""
    ends_s = time.monotonic() + LIMIT_S
    wanted = len(os.sched_getaffinity(0)) + 1
    while len(found := process.children()) < wanted or found[-1].cmdline() != FOREVER:
        assert time.monotonic() < ends_s, found
        time.sleep(0.02)
    return found
