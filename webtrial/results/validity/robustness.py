"""Robustness results of runs and services, as counted by the tests.

The tests write data/hardening.csv (`--write-counts`, as `make soak` does), a row for each fault,
kind of bad input and load.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from webtrial.results.base.display import Prose
from webtrial.system.folders import REPOSITORY

FILE = REPOSITORY / "data" / "hardening.csv"

COLUMNS = ("what", "name", "stack", "times")

Key = tuple[str, str, str]
"""Fault, bad input or load; its name; the stack, empty if it belongs to none."""


def write_hardening(counts: Mapping[Key, int], path: Path = FILE) -> None:
    """Write the counts, in order."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows([*key, times] for key, times in sorted(counts.items()))


def read_hardening(path: Path = FILE) -> dict[Key, int]:
    """Return the counts."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        return {(row["what"], row["name"], row["stack"]): int(row["times"]) for row in rows}


_HEADINGS = {
    "fault": "Injected faults that were handled",
    "bad input": "Bad inputs that were rejected or harmless and changed nothing",
    "load": "Load served by each stack without a wrong response",
}


def robustness_table(counts: Mapping[Key, int] | None = None) -> Prose:
    """Return a Markdown table of what was done, and how often or how much."""
    counts = read_hardening() if counts is None else counts
    lines = ["| test | count |", "| :-- | --: |"]
    for what, heading in _HEADINGS.items():
        rows = list(_rows(what, counts))
        lines.append(f"| **{heading}** | {_total(what, counts)} |")
        lines += [f"| {name} | {count} |" for name, count in rows]
    return Prose("\n".join(lines))


def _rows(what: str, counts: Mapping[Key, int]) -> Iterator[tuple[str, str]]:
    names = dict.fromkeys(name for kind, name, _ in sorted(counts) if kind == what)
    for name in names:
        amounts = [
            times for (kind, each, _), times in counts.items() if (kind, each) == (what, name)
        ]
        yield name, _minimum(amounts) if what == "load" else f"{sum(amounts):,}"


def _total(what: str, counts: Mapping[Key, int]) -> str:
    if what == "load":
        return ""
    return f"**{sum(times for (kind, *_), times in counts.items() if kind == what):,}**"


def _minimum(amounts: Iterable[int]) -> str:
    """Return the amount that every stack handled.

    It is a lower bound because some bursts are as large as a stack's maximum.
    """
    ordered = sorted(amounts)
    return f"{ordered[0]:,}" + " or more" * (ordered[0] != ordered[-1])
