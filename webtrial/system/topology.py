"""Find which logical cores are hardware threads of the same physical core.

Two threads of a physical core share its execution units: a process on one slows the other down by a
third or more.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

ROOT = Path("/")

Core = tuple[int, ...]
"""Hardware threads of one physical core, by the system's numbers."""


def cores_of(available: Collection[int], root: Path = ROOT) -> list[Core]:
    """Return the physical cores of the threads `available`, each with all its threads.

    They are sorted by their last available thread. A thread of unknown topology counts as a core of
    its own. `root` is the folder that contains /sys.
    """
    cores = {_sibling_threads(number, root) for number in available}
    return sorted(cores, key=lambda core: max({*core} & {*available}))


def _sibling_threads(number: int, root: Path) -> Core:
    file = root / f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list"
    try:
        siblings = {*_listed(file.read_text(encoding="ascii").strip())}
    except (OSError, ValueError):
        siblings = set()
    return tuple(sorted(siblings | {number}))


def _listed(text: str) -> Iterator[int]:
    """Yield the numbers of a list in the kernel's format, such as `0-2,8`."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
