"""Which of the cores that the system counts are threads of one core of the processor.

Two threads of a core share its units: what runs on one slows the other down by a third or more.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

ROOT = Path("/")

Core = tuple[int, ...]
"""The threads of a core of the processor, by the numbers that the system gives them."""


def cores_of(available: Collection[int], root: Path = ROOT) -> list[Core]:
    """The processor's cores that the threads `available` belong to, each with all its threads, in
    the order of their last one that is available. What is not told of has a core of its own.
    `root` is the folder in which /sys lies."""
    found = {_threads_beside(number, root) for number in available}
    return sorted(found, key=lambda core: max({*core} & {*available}))


def _threads_beside(number: int, root: Path) -> Core:
    file = root / f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list"
    try:
        told = {*_listed(file.read_text(encoding="ascii").strip())}
    except (OSError, ValueError):
        told = set()
    return tuple(sorted(told | {number}))


def _listed(text: str) -> Iterator[int]:
    """The numbers of a list as the kernel writes it: `0-2,8`."""
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
