"""Starts `keeper_command.py` under a keeper, passes on what it prints, and waits to be killed."""

import os
import subprocess
import sys
from pathlib import Path

from webtrial.system.supervisor import keep

COMMAND = Path(__file__).with_name("keeper_command.py")

if __name__ == "__main__":
    command = [sys.executable, str(COMMAND), *sys.argv[1:]]
    with keep(command, env=os.environ, stdout=subprocess.PIPE) as kept:
        print(kept.pid, flush=True)
        for line in kept.stdout:
            print(line, end="", flush=True)
        sys.exit(kept.wait())
