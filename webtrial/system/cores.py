"""Count the cores that this process may use, on any system."""

import os


def usable_cores() -> int:
    """Return the number of cores this process may run on, or the machine's if that is unknown."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
