"""Starts `supervised_command.py` under a supervisor, passes on its output, waits to be killed."""

import os
import subprocess
import sys
from pathlib import Path

from webtrial.system.supervisor import supervise

COMMAND = Path(__file__).with_name("supervised_command.py")

if __name__ == "__main__":
    command = [sys.executable, str(COMMAND), *sys.argv[1:]]
    with supervise(command, env=os.environ, stdout=subprocess.PIPE) as kept:
        print(kept.pid, flush=True)
        for line in kept.stdout:
            print(line, end="", flush=True)
        sys.exit(kept.wait())
