"""What the figures say that tell what to choose, and what two runs agree on: as `words` does."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.figure_text import Words, one_block_note, per_cell, ring_note, within
from webtrial.results.base.formatting import counted, listed, number, spoken, times
from webtrial.results.comparison.replication import CONTRADICTED, NEITHER, REPLICATES
from webtrial.results.overview.findings import DECIDED
from webtrial.stats.frames import rows_of


def choosing(totals: pd.DataFrame, chosen: pd.DataFrame) -> Words:
    """Of `totals` and `recommended`: how often the first place is the article's."""
    judged = chosen.dropna(subset=["first"])
    agrees = int(judged["agrees"].sum())
    title = (
        f"With these weights the first place is the article's recommendation for {agrees} of"
        f" {counted(len(judged), 'kind')} of project"
    )
    measured = judged[judged["blocks_untouched"].map(isfinite)]
    if len(measured) and measured["probability"].isna().all():
        title += " (one block: no interval, no verdict)"
    alt = "Weighted mean of the scores. " + "; ".join(
        f"{project}: " + ", ".join(_total(row) for row in rows_of(part))
        for project, part in totals.groupby("project", sort=False)
    )
    caption = (
        "Weighted mean of each framework's scores, as deployed, 1 being the best in every"
        " criterion. At the right who comes first, in brackets whom the article recommends."
    )
    if (totals["low"] < totals["high"]).any():
        caption += (
            " Lines: what the run's 95 % intervals allow, the weights held fixed; none where"
            " nothing of weight has an interval."
        )
    return Words(title, f"{alt}.", caption)


def _total(row: dict[str, Any]) -> str:
    return f"{row['framework']} {number(row['total'])}{within(row)}"


def replication(found: pd.DataFrame) -> Words:
    """Of `replication` at main loads, one metric, with `title` and `baseline_title`."""
    settled = found[found["outcome"] != NEITHER]
    again = int((settled["outcome"] == REPLICATES).sum())
    title = (
        f"{again} of {counted(len(settled), 'settled comparison')} of requests per second came out"
        " alike in both runs"
    )
    if against := int((settled["outcome"] == CONTRADICTED).sum()):
        title += f", {against} the other way round"
    alt = "Ratios of requests per second, first and second run. " + "; ".join(
        f"{spoken(row['scenario'])}, {row['load']}: {row['title']} over {row['baseline_title']}"
        f" {_ratio(row, 'before')} and {_ratio(row, 'after')} ({row['outcome']})"
        for row in rows_of(found)
    )
    caption = (
        "Ratio of requests per second, first stack over second, paired by block within each run,"
        " on a log scale: above (dark) the first run, below (orange) the second. Lines: 95 %"
        " intervals. Hollow: inconclusive."
    )
    if found[["floor_before", "floor_after"]].notna().to_numpy().any():
        caption += " Grey band: the larger noise floor of the two, a stack against itself."
    return Words(title, f"{alt}.", caption)


def _ratio(row: dict[str, Any], run: str) -> str:
    ratio, low, high = (row[f"{name}_{run}"] for name in ("ratio", "low", "high"))
    return times(ratio, low, high) if isfinite(ratio) else "none"


def changes(table: pd.DataFrame) -> Words:
    """Of `changes` of requests per second at main loads, with `label`."""
    decided = table[table["verdict"].isin(DECIDED)]
    title = "No stack is shown to serve more or fewer requests per second than in the first run"
    if len(decided):
        named = listed(list(dict.fromkeys(decided["title"])))
        title = f"Requests per second differ between the runs for {named}"
    alt = "Requests per second, second run over first. " + per_cell(
        table, lambda row: f"{row['title']} {row['label']} ({row['verdict']})"
    )
    caption = (
        "Requests per second in the second run over those in the first, on a log scale. Filled:"
        " higher or lower. Hollow: inconclusive. Lines: 95 % intervals over blocks, not paired,"
        " since blocks of two runs have nothing to do with each other."
        + ring_note(table["suspect"])
    )
    return Words(title + one_block_note(table), alt, caption)
