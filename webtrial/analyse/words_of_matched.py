"""Matched pairs as sentences: what is left of the difference between two frameworks."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.analyse.compare import ratio_label
from webtrial.analyse.frames import rows_of
from webtrial.analyse.headline import DECIDED, failing
from webtrial.analyse.matched import OWN, matched_ratios, missing_matches
from webtrial.analyse.matching import match_text
from webtrial.analyse.pairs import Stacks
from webtrial.analyse.phrases import listed, spoken
from webtrial.runs import Run


def matched_finding(run: Run, ratios: pd.DataFrame) -> str:
    """All matched pairs in which each stack has the concurrency and server of its framework, and
    what was not measured. Pairs with the same concurrency stand in the table beside it."""
    rows = matched_ratios(run, ratios)
    own = rows[(rows["concurrency"] == OWN) & rows["ratio"].notna()]
    if own.empty:
        return "No matched pair of two frameworks was measured." + missing_text(run)
    where = listed([spoken(name) for name in dict.fromkeys(own["scenario"])])
    loads = listed(list(dict.fromkeys(own["load"])))
    return (
        f"Requests per second on {where} at {loads}, with the same data access and driver on both"
        f" sides: {' '.join(_by_frameworks(own, run.manifest.stacks))} Each side keeps its own"
        f" {listed(_still_different(own))}.{missing_text(run)}"
    )


def _still_different(rows: pd.DataFrame) -> list[str]:
    """The axes in which any of the pairs differs, in the order of the first that do."""
    axes = [axis for differs in rows["differs"] for axis in differs.split(", ") if axis]
    return list(dict.fromkeys(axes))


def missing_text(run: Run) -> str:
    """` There was no Django stack with raw SQL and a serialiser.`, "" where none is missing."""
    missing = missing_matches(run)
    return f" There was {listed(missing)}." if missing else ""


def _by_frameworks(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    for frameworks, pairs in rows.groupby("frameworks", sort=False):
        factors = [f"{_ratio(row)} with {match_text(row['match'])}" for row in rows_of(pairs)]
        failures = [
            text
            for _, pair in pairs.groupby(["stack", "baseline"], sort=False)
            for text in failing(pair, stacks)
        ]
        yield f"**{frameworks}** {', '.join(factors)}.{''.join(failures)}"


def _ratio(row: dict[str, Any]) -> str:
    undecided = isfinite(row["low"]) and row["verdict"] not in DECIDED
    return ratio_label(row["ratio"], row["low"], row["high"]) + " (undecided)" * undecided
