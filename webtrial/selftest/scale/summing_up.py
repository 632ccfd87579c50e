"""Sum up one run, once, in a process of its own.

`python -m webtrial.selftest.scale.summing_up RUN` prints one JSON object: `samples` that the
summary counts, `seconds` that it took, `cpu_s` on all cores in them, `peak_memory_mib` of this
process with all that it has loaded.
"""

import json
import sys
from pathlib import Path
from time import perf_counter, process_time

from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.store import open_run


def main() -> None:
    """Every percentile of every stack with its interval, from the files on."""
    began_s, began_cpu_s = perf_counter(), process_time()
    table = latency_against_load(open_run(sys.argv[1]), wanted=(50, 90, 99))
    found = {
        "samples": int(table.drop_duplicates("stack")["samples"].sum()),
        "seconds": perf_counter() - began_s,
        "cpu_s": process_time() - began_cpu_s,
        "peak_memory_mib": _peak_memory_mib(),
    }
    print(json.dumps(found))


def _peak_memory_mib() -> float:
    """Of this program: getrusage would count what the process held before it became this one."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    main()
