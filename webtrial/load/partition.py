"""How one load is dealt out to several drivers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Partition:
    """One driver's part of a load: `index` and every `of`-th after it.

    User i and the i-th of the arrivals, which are drawn once for all, belong to driver i mod `of`:
    the same seed offers the same load whatever the number of drivers.
    """

    index: int = 0
    of: int = 1

    def count(self, total: int) -> int:
        """How many of `total` are this driver's."""
        return len(range(self.index, total, self.of))

    def part(self, things: Sequence[T]) -> Sequence[T]:
        """Those of `things` that are this driver's, in their order."""
        return things[self.index :: self.of]


ALL = Partition()
"""Of a driver that is alone."""
