"""Matched pairs as sentences: differences between two frameworks that remain."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.formatting import humanize, listed
from webtrial.results.base.ratio_labels import ratio_text
from webtrial.results.overview.findings import failing
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.matched import OWN, matched_ratios, missing_matches
from webtrial.stats.matching import match_text
from webtrial.stats.pairs import Stacks


def matched_finding(run: Run, ratios: pd.DataFrame) -> str:
    """Return the matched pairs with the smallest and the largest ratio, for each two frameworks.

    The ratio is that of requests per second. All pairs are in the table beside it.
    """
    rows = matched_ratios(run, ratios)
    rows = rows[rows["ratio"].notna()]
    if rows.empty:
        return "No matched pair of two frameworks was measured." + missing_text(run)
    where = listed([humanize(name) for name in dict.fromkeys(rows["scenario"])])
    loads = listed(list(dict.fromkeys(rows["load"])))
    return (
        f"With the same data access and driver on both sides, on {where} at {loads}:"
        f" {' '.join(_by_frameworks(rows, run.manifest.stacks))} Some pairs still differ in"
        f" {listed(_still_different(rows))}."
    )


def _still_different(rows: pd.DataFrame) -> list[str]:
    """Return the axes in which any of the pairs differs, in order of first occurrence."""
    axes = [axis for differs in rows["differs"] for axis in differs.split(", ") if axis]
    return list(dict.fromkeys(axes)) or ["nothing else"]


def missing_text(run: Run) -> str:
    """Return ` There was no Django stack with raw SQL and a serialiser.`, "" if none is missing."""
    missing = missing_matches(run)
    return f" There was {listed(missing)}." if missing else ""


def _by_frameworks(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    for frameworks, pairs in rows.groupby("frameworks", sort=False):
        above, _, below = str(frameworks).partition(" / ")
        ordered = rows_of(pairs.sort_values("ratio", kind="stable"))
        least, most = ordered[0], ordered[-1]
        said = f"{_ratio(least)} times the requests per second of **{below}** {_given(least)}"
        if len(ordered) > 1:
            said = f"from {said} to {_ratio(most)} times {_given(most)}"
        failures = [
            text
            for _, pair in pairs.groupby(["stack", "baseline"], sort=False)
            for text in failing(pair, stacks)
        ]
        yield f"**{above}** served {said}.{''.join(failures)}"


def _given(row: dict[str, Any]) -> str:
    """Return `with an ORM and a serialiser`, and the concurrency that both share, if any."""
    shared = "" if row["concurrency"] == OWN else f", {row['concurrency']}"
    return f"with {match_text(row['match'])}{shared}"


def _ratio(row: dict[str, Any]) -> str:
    undecided = isfinite(row["low"]) and row["verdict"] not in DECIDED
    return ratio_text(row) + " (undecided)" * undecided
