"""Commands that start services run under a supervisor, which ends all processes with them."""

import os
import sys

from webtrial.system.supervisor import SCRATCH, supervise


def is_supervised() -> bool:
    """Return whether this process already runs under a supervisor."""
    return SCRATCH in os.environ


def run_supervised(*arguments: str) -> int:
    """Run `webtrial` with `arguments` under a supervisor and return its exit status."""
    with supervise([sys.executable, "-m", "webtrial", *arguments]) as process:
        return process.wait()
