"""mypy finds nothing, beside other tests: alone it would keep one core busy for half a minute."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_types_fit() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
