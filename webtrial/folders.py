"""Where runs lie."""

import os
from pathlib import Path

RUNS_FOLDER = "WEBTRIAL_RUNS"  # names another place for runs in the environment


def runs_folder() -> Path:
    """The folder of runs: what RUNS_FOLDER names, else data/runs/."""
    told = os.environ.get(RUNS_FOLDER)
    return Path(told).resolve() if told else Path(__file__).parent.parent / "data" / "runs"
