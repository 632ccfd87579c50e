"""Time and memory that a summary takes, against how many samples it is of.

Each number of samples is written as a run, summed up by a fresh process and removed again. A
summary's time should grow as the samples do, its memory not at all.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from webtrial.errors import ParameterError, RunError
from webtrial.selftest.scale.made import make_run
from webtrial.system.environment import completed

SIZES = (10**6, 10**7, 10**8)
LEAST = 1000
BYTES_PER_SAMPLE = 16  # on disk: 12 were seen
PATIENCE_S = 600


def demand_room(sizes: Sequence[int], folder: Path) -> None:
    """RunError when the largest of the runs does not fit on the disk that `folder` lies on;
    ParameterError when the smallest is too small to be shared out."""
    if min(sizes) < LEAST:
        raise ParameterError(f"--samples {min(sizes):,}: ask for {LEAST:,} or more")
    needed, free = max(sizes) * BYTES_PER_SAMPLE, shutil.disk_usage(folder).free
    if needed > free:
        raise RunError(
            f"{max(sizes):,} samples need up to {needed / 2**30:.1f} GiB in {folder.parent}, where"
            f" {free / 2**30:.1f} are free: make room there, or ask for fewer by --samples"
        )


def measure(sizes: Sequence[int], folder: Path) -> pd.DataFrame:
    """Columns samples, seconds, samples_per_s, cpu_s (what a busy machine changes least) and
    peak_memory_mib; one run lies in `folder` at a time."""
    demand_room(sizes, folder)
    table = pd.DataFrame([_measure_once(samples, folder) for samples in sizes])
    table.insert(2, "samples_per_s", table["samples"] / table["seconds"])
    return table


def _measure_once(samples: int, folder: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        run = make_run(samples, Path(place))
        command = [sys.executable, "-m", "webtrial.selftest.scale.summing_up", str(run)]
        done = completed(command, PATIENCE_S)
    if done.returncode:
        raise RunError(f"{samples:,} samples could not be summed up:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
