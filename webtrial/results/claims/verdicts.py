"""How the parts of a claim make its verdict: direction and size, each true, false or undecided."""

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
"""The article's figures have two digits and no interval. Within this factor of one is *about* it;
within this factor of each other two stacks are *about equal*."""


@dataclass(frozen=True, slots=True)
class Band:
    """The values that a claim allows, both ends included; `said` is how it says so."""

    low: float
    high: float
    said: str = ""

    def holds(self, low: float, high: float) -> bool | None:
        """Whether an interval lies within; None where it reaches over an end, or is none."""
        if self.low <= low and high <= self.high:
            return True
        return False if high < self.low or low > self.high else None

    @property
    def is_below_one(self) -> bool:
        """Whether it is of ratios below 1, by its middle on the log scale."""
        return isfinite(self.high) and self.low * self.high < 1


BELOW_ONE = Band(0.0, 1.0, "below 1")
ABOUT_EQUAL = Band(1 / ABOUT, ABOUT, "about equal")


def band(comparator: Comparator, values: Sequence[float]) -> Band:
    """What `comparator` allows about the claimed values, two of them for `between`."""
    first, last = values[0], values[-1]
    said = f"{comparator} {_plain(first)}" + f" and {_plain(last)}" * (len(values) > 1)
    ends = {
        "about": (first / ABOUT, first * ABOUT),
        "at least": (first, inf),
        "at most": (0.0, first),
        "between": (first, last),
        "equals": (first, first),
    }
    return Band(*ends[comparator], said)


def _plain(value: float) -> str:
    return number(value).removesuffix(".0")


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison that a claim rests on: `value` with its interval against what is `claimed`.

    `direction` and `size` say whether they hold, None where that is undecided. `reason` says what
    was seen. `missing` says what would be needed where nothing could be. `unit` is of the value.
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
    """What became of a claim. `measured` is a number, or the word that a probe found; `low` and
    `high` are its interval, NaN without one."""

    verdict: Verdict
    reason: str
    measured: float | str = nan
    low: float = nan
    high: float = nan
    parts: tuple[Part, ...] = ()


def untestable(reason: str) -> Judged:
    """A claim that needs what is not here; the reason says what."""
    return Judged(NOT_TESTABLE, reason)


def verdict_of(parts: Sequence[Part]) -> Verdict:
    """All parts must hold: one wrong direction refutes, one wrong size leaves the direction."""
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
    """What of several verdicts counts, in the order in which parts make one: a refutation, then
    what could not be tested, then what is undecided, then a size that does not hold."""
    return min(verdicts, key=_WEAKEST_FIRST.index)


_WEAKEST_FIRST = (REFUTED, NOT_TESTABLE, INCONCLUSIVE, PARTLY, SUPPORTED)


def all_of(facts: Iterable[bool | None]) -> bool | None:
    """Kleene's conjunction: one that is false decides, else one that is undecided."""
    seen = list(facts)
    if False in seen:
        return False
    return None if None in seen else True


def reasons_of(parts: Iterable[Part]) -> str:
    """What was seen of each part or is missing, each once."""
    said = [part.missing or part.reason for part in parts]
    return "; ".join(dict.fromkeys(text for text in said if text))


def ends_of(parts: Sequence[Part]) -> tuple[float, float]:
    """The lowest and the highest end of the parts' intervals; NaN without any."""
    low = min((part.low for part in parts if isfinite(part.low)), default=nan)
    high = max((part.high for part in parts if isfinite(part.high)), default=nan)
    return low, high
