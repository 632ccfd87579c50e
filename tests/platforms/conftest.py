"""What the tests of other systems share."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.platforms.lacking import lacks
from webtrial.run.stacks import SERVICES

ELSEWHERE = Path(__file__).parent / "elsewhere"
REPOSITORY = SERVICES.parent

RunElsewhere = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_elsewhere() -> RunElsewhere:
    """Runs Python with arguments as if on another platform, which comes first; what it said."""

    def done(platform: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        told = {"WEBTRIAL_ELSEWHERE": json.dumps(lacks(platform)), "PYTHONPATH": str(ELSEWHERE)}
        told |= {"WEBTRIAL_PASS_ON": "PYTHONPATH"}  # to processes below as well
        left = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
        return subprocess.run(
            [sys.executable, *arguments],
            env=left | told,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )

    return done
