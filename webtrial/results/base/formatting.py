"""Format numbers and intervals for readers."""

from collections.abc import Iterable, Sequence
from math import floor, isfinite, log10, sqrt
from typing import Any

MOST_DIGITS = 4  # significant digits of the smaller end of an interval
ONE_DIGIT_FROM = 3.55  # leading digits of a half-width that is printed to one digit


def number(value: float, digits: int = 2) -> str:
    """Format `value` to `digits` significant digits with thousands separators.

    Examples: 8,100 or 0.012; – for NaN.
    """
    if not isfinite(value):
        return "–"
    nearest = _to_significant(value, digits)
    return _fixed(nearest, _decimals(nearest, digits))


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


def with_interval(value: float, low: float, high: float, digits: int = 2) -> str:
    """Format an estimate with its interval: `2.9 (2.4–3.4)`.

    Without an interval, the value alone to `digits` significant digits; – for NaN.
    """
    text = rounded(value, low, high, digits)
    return f"{text} ({interval(low, high)})" if isfinite(low) and isfinite(high) else text


def rounded(value: float, low: float, high: float, digits: int = 2) -> str:
    """Format an estimate to the digits of its interval, or to `digits` if it has none."""
    if not (isfinite(value) and isfinite(low) and isfinite(high)):
        return number(value, digits)
    return _fixed(value, _interval_decimals(low, high))


def interval(low: float, high: float) -> str:
    """Format an interval: `2.4–3.4`; – without one.

    Its width decides the digits: one significant digit of it, or two if it begins with 1 to 3
    (Particle Data Group, Review of Particle Physics, section 5.3).
    """
    if not (isfinite(low) and isfinite(high)):
        return "–"
    decimals = _interval_decimals(low, high)
    return f"{_fixed(low, decimals)}–{_fixed(high, decimals)}"


def listed(names: Sequence[str]) -> str:
    """Join names as a list in prose: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def pluralize(count: int, noun: str) -> str:
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
    parts = [
        f"{listed(names)} also differ in {listed(differs.split(', '))}"
        for differs, names in by_axes.items()
        if differs
    ]
    return f" {'; '.join(parts)}." if parts else ""


def _decimals(value: float, digits: int) -> int:
    return max(0, digits - 1 - floor(log10(abs(value)))) if value else 0


def _to_significant(value: float, digits: int) -> float:
    return round(value, digits - 1 - floor(log10(abs(value)))) if value else 0.0


def _interval_decimals(low: float, high: float) -> int:
    """Return how many decimals an interval deserves; negative to round to tens or hundreds."""
    half_width = _half_width(low, high)
    if half_width <= 0:
        return _decimals(low, 2)
    smaller = min(abs(end) for end in (low, high) if end)
    most = MOST_DIGITS - 1 - floor(log10(smaller))
    exponent = floor(log10(half_width))
    leading = half_width / 10**exponent
    return min(most, int(leading < ONE_DIGIT_FROM) - exponent)


def _half_width(low: float, high: float) -> float:
    """Return the distance from `low` to the middle: the geometric mean if `low` is positive."""
    middle = sqrt(low * high) if low > 0 else (low + high) / 2
    return middle - low


def _fixed(value: float, decimals: int) -> str:
    return f"{round(value, decimals):,.{max(0, decimals)}f}"


STACK_COLUMNS = {"scenario": "scenario", "load": "load", "title": "stack"}


FAILURE_COLUMNS = {"error_fraction": "failed", "dropped_fraction": "not sent"}


def same_names(names: Iterable[str]) -> dict[str, str]:
    """Return `Table.columns` that select columns without renaming them."""
    return {name: name for name in names}


def format_value(value: Any) -> str:
    """Format a manifest value for a table cell."""
    match value:
        case dict():
            pairs = [f"{name} = {format_value(each)}" for name, each in value.items()]
            return ", ".join(pairs) or "–"
        case list() | tuple():
            return ", ".join(map(format_value, value)) or "none"
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
