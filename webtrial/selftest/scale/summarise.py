"""Summarise one run, once, in its own process.

`python -m webtrial.selftest.scale.summarise RUN` prints one JSON object: `samples` in the summary,
`seconds` that it took, `cpu_s` on all cores during that time, and `peak_memory_mib` of this
process, including everything that it has loaded.
"""

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.store import open_run


def main() -> None:
    """Compute every percentile of every stack with its interval, starting from the files."""
    began_s, began_cpu_s = perf_counter(), process_time()
    table = latency_against_load(open_run(sys.argv[1]), percentiles=(50, 90, 99))
    result = {
        "samples": int(table.drop_duplicates("stack")["samples"].sum()),
        "seconds": perf_counter() - began_s,
        "cpu_s": process_time() - began_cpu_s,
        "peak_memory_mib": _peak_memory_mib(),
    }
    print(json.dumps(result))


def _peak_memory_mib() -> float:
    """Return the peak memory of this program.

    getrusage would include what the process held before it started this program.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    main()
