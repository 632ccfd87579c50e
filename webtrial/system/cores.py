"""How many cores this process may use, on any system."""

import os


def usable_cores() -> int:
    """Those it is allowed to run on; where the system does not tell, those of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
