"""Estimate the offset between another machine's clock and ours, with its maximum error.

Of n readings, the one with the shortest round trip is the most accurate: the other clock was read
between sending and receiving, so the midpoint is wrong by at most half the round trip (F. Cristian,
"Probabilistic clock synchronization", 1989). Both sides read time.perf_counter_ns, which cannot be
set and has no leap seconds. The offset is measured again for every trial and never stored.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns

ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Clock:
    """Another clock, which shows our time plus `offset_ns`, ± `error_ns`."""

    offset_ns: int
    error_ns: int

    def remote_ns_at(self, local_ns: int) -> int:
        """Return what the other clock shows when ours shows `local_ns`."""
        return local_ns + self.offset_ns


SAME_CLOCK = Clock(0, 0)
"""The clock of a process on this machine."""


def compare_clocks(
    read_remote_ns: Callable[[], int],
    read_local_ns: Callable[[], int] = perf_counter_ns,
    rounds: int = ROUNDS,
) -> Clock:
    """Estimate the clock that `read_remote_ns` reads, from the shortest of `rounds` round trips."""
    return min(
        (_round(read_remote_ns, read_local_ns) for _ in range(rounds)),
        key=lambda each: each.error_ns,
    )


def _round(read_remote_ns: Callable[[], int], read_local_ns: Callable[[], int]) -> Clock:
    sent_ns = read_local_ns()
    remote_ns = read_remote_ns()
    received_ns = read_local_ns()
    return Clock(remote_ns - (sent_ns + received_ns) // 2, (received_ns - sent_ns + 1) // 2)


def machine_id() -> str:
    """Return an id that is the same for all processes that share a kernel, and thus its clock."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
