"""Matched pairs as sentences: differences between two frameworks that remain."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.formatting import humanize, listed
from webtrial.results.base.ratio_labels import ratio_text
from webtrial.results.overview.findings import failure_sentences
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.matched import OWN, matched_ratios, missing_matches
from webtrial.stats.matching import match_text
from webtrial.stats.pairs import Stacks


def matched_finding(run: Run, ratios: pd.DataFrame) -> str:
    """Return the matched pairs with the smallest and the largest ratio, for each two frameworks.

    The ratio is that of requests per second. `matched_table` has all pairs.
    """
    rows = matched_ratios(run, ratios)
    rows = rows[rows["ratio"].notna()]
    if rows.empty:
        return "No matched pair of two frameworks was measured." + missing_text(run)
    where = listed([humanize(name) for name in dict.fromkeys(rows["scenario"])])
    loads = listed(list(dict.fromkeys(rows["load"])))
    return (
        f"With the same data access and driver on both sides, on {where} at {loads}:"
        f" {' '.join(_by_frameworks(rows, run.manifest.stacks))}{_other_differences(rows)}"
    )


def _other_differences(rows: pd.DataFrame) -> str:
    """Return the axes in which any of the pairs differs, in order of first occurrence."""
    axes = [axis for differs in rows["differs"] for axis in differs.split(", ") if axis]
    if not axes:
        return " The pairs differ in nothing else."
    return f" Some pairs also differ in {listed(list(dict.fromkeys(axes)))}."


def missing_text(run: Run) -> str:
    """Return ` This run has no Django stack with raw SQL and a serialiser.`, "" if complete."""
    missing = missing_matches(run)
    return f" This run has {listed(missing)}." if missing else ""


def _by_frameworks(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    for frameworks, pairs in rows.groupby("frameworks", sort=False):
        above, _, below = str(frameworks).partition(" / ")
        ordered = rows_of(pairs.sort_values("ratio", kind="stable"))
        least, most = ordered[0], ordered[-1]
        claim = f"{_ratio(least)} times the requests per second of **{below}** {_shared(least)}"
        if len(ordered) > 1:
            claim = f"from {claim} to {_ratio(most)} times {_shared(most)}"
        failures = [
            text
            for _, pair in pairs.groupby(["stack", "baseline"], sort=False)
            for text in failure_sentences(pair, stacks)
        ]
        yield f"**{above}** served {claim}.{''.join(failures)}"


def _shared(row: dict[str, Any]) -> str:
    """Return `with an ORM and a serialiser`, and the concurrency that both share, if any."""
    concurrency = "" if row["concurrency"] == OWN else f", {row['concurrency']}"
    return f"with {match_text(row['match'])}{concurrency}"


def _ratio(row: dict[str, Any]) -> str:
    undecided = isfinite(row["low"]) and row["verdict"] not in DECIDED
    return ratio_text(row) + " (undecided)" * undecided
