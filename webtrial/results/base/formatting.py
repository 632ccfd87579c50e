"""Format numbers and intervals for readers."""

from collections.abc import Iterable, Sequence
from math import floor, isfinite, log10
from typing import Any

import pandas as pd

MOST_DECIMALS = 4


def number(value: float, digits: int = 2) -> str:
    """Format `value` to `digits` significant digits with thousands separators.

    Examples: 8,100 or 0.012; – for NaN.
    """
    if not isfinite(value):
        return "–"
    rounded = _rounded(value, digits)
    return f"{rounded:,.{_decimals(rounded, digits)}f}"


def percent(fraction: float) -> str:
    """Format a small fraction as a percentage: `0 %`, `< 0.1 %`, `3.2 %`; – for NaN."""
    if not isfinite(fraction):
        return "–"
    if 0 < fraction < 0.001:
        return "< 0.1 %"
    return f"{fraction:.1%}".replace("%", " %") if fraction else "0 %"


def rate(per_s: float) -> str:
    """Format an offered rate without rounding: `50`, `1,760`; – for NaN."""
    return f"{per_s:,.10g}" if isfinite(per_s) else "–"


def whole_percent(fraction: float) -> str:
    """Format a fraction as a percentage without decimals: `1 %`, `99 %`."""
    return f"{fraction:.0%}".replace("%", " %")


def likelihood(probability: float) -> str:
    """Format how often something happened in many draws: `83 %`, `> 99.9 %`; – for NaN."""
    if not isfinite(probability):
        return "–"
    if probability > 0.999:
        return "> 99.9 %"
    return whole_percent(probability)


def times(ratio: float, low: float, high: float) -> str:
    """Format a ratio with as many decimals as its interval is printed with."""
    if not (isfinite(low) and isfinite(high)):
        return number(ratio)
    return f"{ratio:,.{_interval_decimals(low, high)}f}"


def interval(low: float, high: float) -> str:
    """Format an interval: `3.1–4.0`.

    It has two digits, or more if rounding would put an end on 1 or make both ends equal.
    """
    decimals = _interval_decimals(low, high)
    return f"{low:,.{decimals}f}–{high:,.{decimals}f}"


def listed(names: Sequence[str]) -> str:
    """Join names as a list in prose: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def counted(count: int, noun: str) -> str:
    """Format a count with its noun: `1 block`, `3 blocks`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def also_differ_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Return how some pairs differ apart from the framework.

    Example: `a / b and a / c also differ in driver and server; b / c also differ in ORM.` `pairs`
    are names and their differences, separated by commas.
    """
    by_axes: dict[str, list[str]] = {}
    for name, differs in dict.fromkeys(pairs):
        by_axes.setdefault(differs, []).append(name)
    said = [
        f"{listed(names)} also differ in {listed(differs.split(', '))}"
        for differs, names in by_axes.items()
        if differs
    ]
    return f" {'; '.join(said)}." if said else ""


def _decimals(value: float, digits: int) -> int:
    return max(0, digits - 1 - floor(log10(abs(value)))) if value else 0


def _rounded(value: float, digits: int) -> float:
    return round(value, digits - 1 - floor(log10(abs(value)))) if value else 0.0


def _interval_decimals(low: float, high: float) -> int:
    decimals = _decimals(low, 2)
    while decimals < MOST_DECIMALS and _misleads(low, high, decimals):
        decimals += 1
    return decimals


def _misleads(low: float, high: float, decimals: int) -> bool:
    ends = (round(low, decimals), round(high, decimals))
    return 1 in ends or ends[0] == ends[1]


STACK_COLUMNS = {"scenario": "scenario", "load": "load", "title": "stack"}


def span_text(low: float, high: float) -> str:
    return "–" if pd.isna(low) or pd.isna(high) else interval(low, high)


FAILURE_COLUMNS = {"error_fraction": "failed", "dropped_fraction": "not sent"}


def same_names(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}


def written(value: Any) -> str:
    """Format a manifest value for a table cell."""
    match value:
        case dict():
            return ", ".join(f"{name} = {written(each)}" for name, each in value.items()) or "–"
        case list() | tuple():
            return ", ".join(map(written, value)) or "none"
        case None:
            return "none"
    return str(value)


def format_range(values: Sequence[float]) -> str:
    """Format the range of some ratios.

    Examples: `2.1 to 7.2`, `2.1` if both ends read the same, "" without ratios.
    """
    if not values:
        return ""
    low, high = number(min(values)), number(max(values))
    return low if low == high else f"{low} to {high}"


def humanize(name: str) -> str:
    """Return a scenario's name in prose: `user detail` for `user_detail`."""
    return name.replace("_", " ")


HUMANIZED = {"scenario": humanize}
