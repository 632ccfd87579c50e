"""Partition one load over several drivers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Partition:
    """One driver's part of a load: item `index` and every `of`-th after it.

    User i and arrival i belong to driver i mod `of`. Arrivals are drawn once for all drivers: the
    same seed offers the same load for any number of drivers.
    """

    index: int = 0
    of: int = 1

    def count(self, total: int) -> int:
        """Return how many of `total` items belong to this driver."""
        return len(range(self.index, total, self.of))

    def part(self, items: Sequence[T]) -> Sequence[T]:
        """Return the items of `items` that belong to this driver, in order."""
        return items[self.index :: self.of]


ALL = Partition()
"""The partition of a single driver: the whole load."""
