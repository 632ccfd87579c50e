"""What another machine's clock shows when ours shows something: offset, and how far it may be off.

Asked n times, the answer with the shortest round trip says it best: the other clock was read
somewhere between sending and receiving, so half of the round trip is the most that the middle can
be wrong by (F. Cristian, "Probabilistic clock synchronization", 1989). What is compared is
time.perf_counter_ns on both sides, which nobody sets and no leap second moves, so that it is
measured again for every trial and never kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Clock:
    """Another clock: it shows ours plus `offset_ns`, give or take `error_ns`."""

    offset_ns: int
    error_ns: int

    def shows_ns(self, ours_ns: int) -> int:
        """What it shows when ours shows `ours_ns`."""
        return ours_ns + self.offset_ns


SHARED = Clock(0, 0)
"""Of a process on this machine."""


def compare_clocks(
    ask_ns: Callable[[], int], ours_ns: Callable[[], int] = perf_counter_ns, rounds: int = ROUNDS
) -> Clock:
    """The clock that `ask_ns` reads, by the shortest of `rounds` round trips."""
    return min((_round(ask_ns, ours_ns) for _ in range(rounds)), key=lambda each: each.error_ns)


def _round(ask_ns: Callable[[], int], ours_ns: Callable[[], int]) -> Clock:
    sent_ns = ours_ns()
    theirs_ns = ask_ns()
    received_ns = ours_ns()
    return Clock(theirs_ns - (sent_ns + received_ns) // 2, (received_ns - sent_ns + 1) // 2)


def machine_id() -> str:
    """The same for all processes that share a kernel, and with it the clock."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
