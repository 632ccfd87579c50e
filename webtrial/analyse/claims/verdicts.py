"""How the parts of a claim make its verdict: direction and size, each true, false or undecided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Literal

Verdict = Literal["supported", "partly", "refuted", "inconclusive", "not testable here"]
Comparator = Literal["about", "at least", "at most", "between", "equals"]

VERDICTS: tuple[Verdict, ...] = (
    *("supported", "partly", "refuted"),
    *("inconclusive", "not testable here"),
)
ABOUT = 1.25
"""The article's figures have two digits and no interval. Within this factor of one is *about* it;
within this factor of each other two stacks are *about equal*."""


@dataclass(frozen=True, slots=True)
class Band:
    """The values that a claim allows, both ends included."""

    low: float
    high: float

    def holds(self, low: float, high: float) -> bool | None:
        """Whether an interval lies within; None where it reaches over an end."""
        if self.low <= low and high <= self.high:
            return True
        return False if high < self.low or low > self.high else None


    @property
    def is_below_one(self) -> bool:
        """Whether it is of ratios below 1, its middle on the log scale."""
        return self.low * self.high < 1 if isfinite(self.high) else False


def band(comparator: Comparator, values: Sequence[float]) -> Band:
    """What `comparator` allows about the claimed values, two of them for `between`."""
    first, last = values[0], values[-1]
    return {
        "about": Band(first / ABOUT, first * ABOUT),
        "at least": Band(first, inf),
        "at most": Band(0.0, first),
        "between": Band(first, last),
        "equals": Band(first, first),
    }[comparator]


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison that a claim rests on: `value` with its interval against what is `claimed`.

    `direction` and `size` say whether they hold, None where that is undecided. `reason` says what
    was seen. `missing` says what would be needed where nothing could be.
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


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of a claim. `measured` is a number, or the word that a probe found; `low` and
    `high` are its interval, NaN without one."""

    verdict: Verdict
    measured: float | str
    low: float
    high: float
    reason: str
    parts: tuple[Part, ...] = ()


def untestable(reason: str, measured: float | str = nan) -> Judged:
    """A claim that needs what is not here; the reason says what."""
    return Judged("not testable here", measured, nan, nan, reason)


def verdict_of(parts: Sequence[Part]) -> Verdict:
    """All parts must hold: one wrong direction refutes, one wrong size leaves the direction."""
    direction = _all(part.direction for part in parts)
    size = _all(part.size for part in parts)
    if direction is False:
        return "refuted"
    if any(part.missing for part in parts):
        return "not testable here"
    if direction is None:
        return "inconclusive"
    return {True: "supported", False: "partly", None: "inconclusive"}[size]  # type: ignore[return-value]


def _all(facts: Iterable[bool | None]) -> bool | None:
    """Kleene's conjunction."""
    facts = list(facts)
    if False in facts:
        return False
    return None if None in facts else True


def reasons_of(parts: Iterable[Part]) -> str:
    """What was seen of each part, and what is missing, in a sentence each, once."""
    said = [part.missing or part.reason for part in parts]
    return "; ".join(dict.fromkeys(text for text in said if text))


def spanned(parts: Sequence[Part]) -> tuple[float, float]:
    """The interval of one part; the ends of them all where there are several."""
    low = min((part.low for part in parts if isfinite(part.low)), default=nan)
    high = max((part.high for part in parts if isfinite(part.high)), default=nan)
    return low, high
