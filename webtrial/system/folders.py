"""Where the checkout lies, and where runs lie."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
RUNS_FOLDER = "WEBTRIAL_RUNS"  # names another place for runs in the environment


def runs_folder() -> Path:
    """The folder of runs: what RUNS_FOLDER names, else data/runs/."""
    told = os.environ.get(RUNS_FOLDER)
    return Path(told).resolve() if told else REPOSITORY / "data" / "runs"
