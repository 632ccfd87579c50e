"""Texts of two runs."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import FigureText, one_block_note, per_cell, ring_note
from webtrial.results.base.formatting import counted, humanize, listed, rounded, with_interval
from webtrial.results.base.result import Shows
from webtrial.results.comparison.replication import CONTRADICTED, NEITHER, OUTCOMES, REPLICATES
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED, MINIMUM_BLOCKS, Estimate
from webtrial.stats.ratios import METRICS


def replication_figure_text(found: pd.DataFrame) -> FigureText:
    """Return the figure text of `replication` at main loads.

    `found` has the rows of one metric, with `title` and `baseline_title`.
    """
    settled = found[found["outcome"] != NEITHER]
    again = int((settled["outcome"] == REPLICATES).sum())
    title = (
        f"{again} of {counted(len(settled), 'settled comparison')} of requests per second came out"
        " alike in both runs"
    )
    if against := int((settled["outcome"] == CONTRADICTED).sum()):
        title += f", {against} the other way round"
    alt = "Ratios of requests per second, first and second run. " + "; ".join(
        f"{humanize(row['scenario'])}, {row['load']}: {row['title']} over {row['baseline_title']}"
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
    return FigureText(title, f"{alt}.", caption)


def _ratio(row: dict[str, Any], run: str) -> str:
    ratio, low, high = (row[f"{name}_{run}"] for name in ("ratio", "low", "high"))
    return rounded(ratio, low, high) if isfinite(ratio) else "none"


def changes_figure_text(table: pd.DataFrame) -> FigureText:
    """Return the figure text of `changes` of requests per second at main loads, with `label`."""
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
    return FigureText(title + one_block_note(table), alt, caption)


def regressions_text(worse: pd.DataFrame, bound_percent: float) -> Prose:
    """Summarise `regressions`: how many are certain, and what certain means."""
    said = (
        f"**{counted(len(worse), 'figure')} certainly got worse by more than {bound_percent:g} %.**"
        if len(worse)
        else f"No stack certainly got worse by more than {bound_percent:g} %."
    )
    return Prose(
        f"{said} Certain is what holds at the nearer end of the 95 % interval, from"
        f" {MINIMUM_BLOCKS} untouched blocks of each run, after what a slower machine may explain."
    )


def replication_text(found: pd.DataFrame) -> Prose:
    """Summarise `replication`: how many verdicts hold in both runs, and which are contradicted."""
    if found.empty:
        return Prose("The runs share no two stacks that are compared with each other.")
    counts = found["outcome"].value_counts()
    settled = len(found) - int(counts.get(NEITHER, 0))
    if not settled:
        return Prose(
            f"Of {counted(len(found), 'comparison')} of two stacks none is settled in either run."
        )
    told = listed([f"{counts[name]} {name}" for name in OUTCOMES[:-1] if name in counts])
    differ = int((found["size_differs"] & (found["outcome"] == REPLICATES)).sum())
    size = f" Of those that replicate, {differ} differ in size." if differ else ""
    against = found[found["outcome"] == CONTRADICTED]
    loud = " **Contradicted** is the opposite verdict." if len(against) else ""
    return Prose(
        f"Of {counted(len(found), 'comparison')} of two stacks {settled} are settled in at least"
        f" one run: {told}.{size}{loud}"
    )


def changes_text(changed: pd.DataFrame, speed: Estimate) -> Prose:
    """Summarise `changes`: how many values changed, in which direction, and the machine's speed."""
    decided = changed[changed["verdict"].isin(DECIDED)]
    better = decided["verdict"] == decided["metric"].map(_BETTER)
    machine = (
        f"The machine was {with_interval(speed.value, speed.low, speed.high)} times as fast in the"
        " second run, by a fixed piece of work timed around every trial."
        if isfinite(speed.value)
        else "How fast the machine was is not known."
    )
    single = bool((changed[["blocks_before", "blocks_after"]].min(axis=1) <= 1).all())
    said = (
        "One of the runs has one block: no interval, no verdict."
        if single
        else f"Of {counted(len(changed), 'figure')} that both runs have, {int(better.sum())} got"
        f" better and {int((~better).sum())} worse; the others are not shown to have changed."
    )
    return Prose(
        f"{said} {machine} What a whole run met with, such as its hour or its neighbours, is in"
        " these ratios, too: two runs cannot tell it from a change of the stack. Ratios of stacks"
        " to each other, above, are free of what changed all alike."
    )


_BETTER = {metric.name: metric.better for metric in METRICS}


def differences_text(told: pd.DataFrame) -> Prose:
    """Summarise `differences`: how many there are, and whether they affect the measurement."""
    if told.empty:
        return Prose("The runs say the same of parameters, versions, machine, data and stacks.")
    bearing = told[told["bears"]]
    said = f"The runs differ in {_by_part(told)}."
    if bearing.empty:
        return Prose(f"{said} None of it changes what is measured in a cell that they share.")
    named = bearing.loc[bearing["part"] == "parameters", "name"].tolist()
    also = f" ({listed(named)})" if named else ""
    return Prose(
        f"{said} What is measured in a cell of the same name changes with"
        f" {_by_part(bearing)}{also}: it is part of every ratio of the two runs."
    )


def _by_part(told: pd.DataFrame) -> str:
    counts = told["part"].value_counts(sort=False)
    return listed([f"{count} of {part}" for part, count in counts.items()])


TEXTS: Shows = {
    "replication": lambda found: replication_text(found.replication),
    "changes": lambda found: changes_text(found.data, found.speed),
    "differences": lambda found: differences_text(found.differences),
    "regressions": lambda found: regressions_text(found.regressions, found.fail_over),
}
