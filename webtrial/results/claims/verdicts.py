"""Derive the verdict of a claim from the direction and size of its parts.

Each of the two is true, false or undecided.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Literal

from webtrial.results.base.formatting import number

Verdict = Literal["supported", "partly", "refuted", "inconclusive", "not testable here"]
Comparator = Literal["about", "at least", "at most", "between", "equals"]

SUPPORTED: Verdict = "supported"
PARTLY: Verdict = "partly"
REFUTED: Verdict = "refuted"
INCONCLUSIVE: Verdict = "inconclusive"
NOT_TESTABLE: Verdict = "not testable here"
VERDICTS: tuple[Verdict, ...] = (SUPPORTED, PARTLY, REFUTED, INCONCLUSIVE, NOT_TESTABLE)

ABOUT = 1.25
"""The article's figures have two digits and no interval. A value within this factor of one is
*about* it; two stacks within this factor of each other are *about equal*.
"""


@dataclass(frozen=True, slots=True)
class Band:
    """The values that a claim allows, including both ends; `text` describes them."""

    low: float
    high: float
    text: str = ""

    def contains(self, low: float, high: float) -> bool | None:
        """Whether an interval lies within the band.

        None if it extends beyond an end, or if there is no interval.
        """
        if self.low <= low and high <= self.high:
            return True
        return False if high < self.low or low > self.high else None

    @property
    def is_below_one(self) -> bool:
        """Whether the band covers ratios below 1, judged by its middle on the log scale."""
        return isfinite(self.high) and self.low * self.high < 1


BELOW_ONE = Band(0.0, 1.0, "below 1")
ABOUT_EQUAL = Band(1 / ABOUT, ABOUT, "about equal")


def band(comparator: Comparator, values: Sequence[float]) -> Band:
    """Return the band that `comparator` allows around the claimed values.

    `between` has two values, the others one.
    """
    first, last = values[0], values[-1]
    text = f"{comparator} {_plain(first)}" + f" and {_plain(last)}" * (len(values) > 1)
    ends = {
        "about": (first / ABOUT, first * ABOUT),
        "at least": (first, inf),
        "at most": (0.0, first),
        "between": (first, last),
        "equals": (first, first),
    }
    return Band(*ends[comparator], text)


def _plain(value: float) -> str:
    return number(value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison behind a claim: `value` with its interval against the `claimed` band.

    `direction` and `size` say whether they hold, None if undecided. `reason` describes the
    observation. `missing` says what would be needed if nothing was observed. `unit` is the unit of
    the value.
    """

    what: str
    claimed: Band
    value: float = nan
    low: float = nan
    high: float = nan
    direction: bool | None = None
    size: bool | None = None
    reason: str = ""
    missing: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome of a claim.

    `measured` is a number, or the word that a probe found; `low` and `high` are its interval, NaN
    without one.
    """

    verdict: Verdict
    reason: str
    measured: float | str = nan
    low: float = nan
    high: float = nan
    parts: tuple[Part, ...] = ()


def untestable(reason: str) -> Judged:
    """Return the outcome of a claim that needs something unavailable; the reason says what."""
    return Judged(NOT_TESTABLE, reason)


def verdict_of(parts: Sequence[Part]) -> Verdict:
    """Return the verdict of a claim from its parts, all of which must hold.

    One wrong direction refutes the claim; with one wrong size only the direction holds.
    """
    direction = all_of(part.direction for part in parts)
    if direction is False:
        return REFUTED
    if any(part.missing for part in parts):
        return NOT_TESTABLE
    size = all_of(part.size for part in parts)
    if direction is None or size is None:
        return INCONCLUSIVE
    return SUPPORTED if size else PARTLY


def weakest_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that counts among several.

    The order is the same as for parts: refuted, not testable, undecided, then wrong in size.
    """
    return min(verdicts, key=_WEAKEST_FIRST.index)


_WEAKEST_FIRST = (REFUTED, NOT_TESTABLE, INCONCLUSIVE, PARTLY, SUPPORTED)


def all_of(facts: Iterable[bool | None]) -> bool | None:
    """Return Kleene's conjunction: False if any is false, otherwise None if any is undecided."""
    values = list(facts)
    if False in values:
        return False
    return None if None in values else True


def reasons_of(parts: Iterable[Part]) -> str:
    """Return the reason of each part, or what is missing, each once."""
    reasons = [part.missing or part.reason for part in parts]
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))


def ends_of(parts: Sequence[Part]) -> tuple[float, float]:
    """Return the lowest and the highest end of the parts' intervals; NaN without any."""
    low = min((part.low for part in parts if isfinite(part.low)), default=nan)
    high = max((part.high for part in parts if isfinite(part.high)), default=nan)
    return low, high
