"""Time and memory of a summary by the number of its samples.

For each number of samples, a run is written, summarised by a fresh process and deleted. A summary's
time should grow in proportion to the samples, and its memory should stay constant.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from webtrial.errors import ParameterError, RunError
from webtrial.selftest.scale.synthetic import make_run
from webtrial.system.environment import completed

SIZES = (10**6, 10**7, 10**8)
MINIMUM = 1000
BYTES_PER_SAMPLE = 16  # on disk; 12 were observed
PATIENCE_S = 600


def demand_room(sizes: Sequence[int], folder: Path) -> None:
    """Check that the largest run fits on the disk of `folder` and the smallest is large enough.

    Raises RunError if the largest does not fit, and ParameterError if the smallest cannot be
    divided among the trials.
    """
    if min(sizes) < MINIMUM:
        raise ParameterError(f"--samples {min(sizes):,} is too few: use {MINIMUM:,} or more")
    needed, free = max(sizes) * BYTES_PER_SAMPLE, shutil.disk_usage(folder).free
    if needed > free:
        raise RunError(
            f"{max(sizes):,} samples need up to {needed / 2**30:.1f} GiB in {folder.parent}, but"
            f" {free / 2**30:.1f} GiB are free: free disk space, or use fewer with --samples"
        )


def measure(sizes: Sequence[int], folder: Path) -> pd.DataFrame:
    """Measure a summary of each size; only one run is in `folder` at a time.

    Columns samples, seconds, samples_per_s, cpu_s (least affected by a busy machine) and
    peak_memory_mib.
    """
    demand_room(sizes, folder)
    table = pd.DataFrame([_measure_once(samples, folder) for samples in sizes])
    table.insert(2, "samples_per_s", table["samples"] / table["seconds"])
    return table


def _measure_once(samples: int, folder: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        run = make_run(samples, Path(place))
        command = [sys.executable, "-m", "webtrial.selftest.scale.summarise", str(run)]
        done = completed(command, PATIENCE_S)
    if done.returncode:
        raise RunError(
            f"{samples:,} samples could not be summarised. End of the error output:\n"
            f"{done.stderr[-2000:]}"
        )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result
