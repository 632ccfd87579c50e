"""Locations of the repository and of the runs."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
RUNS_FOLDER = "WEBTRIAL_RUNS"  # environment variable that names another folder for runs


def runs_folder() -> Path:
    """Return the folder of runs: the one that RUNS_FOLDER names, else data/runs/."""
    folder = os.environ.get(RUNS_FOLDER)
    return Path(folder).resolve() if folder else REPOSITORY / "data" / "runs"
