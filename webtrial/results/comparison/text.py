"""Texts of two runs."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import FigureText, one_block_note, per_cell, ring_note
from webtrial.results.base.formatting import humanize, listed, pluralize, rounded, with_interval
from webtrial.results.base.result import Renderers
from webtrial.results.comparison.replication import CONTRADICTED, NEITHER, OUTCOMES, REPLICATES
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED, MINIMUM_BLOCKS, Estimate
from webtrial.stats.ratios import METRICS


def replication_figure_text(replicated: pd.DataFrame) -> FigureText:
    """Return the figure text of `replication` at main loads.

    `replicated` has the rows of one metric, with `title` and `baseline_title`.
    """
    settled = replicated[replicated["outcome"] != NEITHER]
    alike = int((settled["outcome"] == REPLICATES).sum())
    title = (
        f"{alike} of {pluralize(len(settled), 'settled comparison')} of requests per second have"
        " the same verdict in both runs"
    )
    if contradicted := int((settled["outcome"] == CONTRADICTED).sum()):
        title += f"; {contradicted} contradicted"
    alt = "Ratios of requests per second, first and second run. " + "; ".join(
        f"{humanize(row['scenario'])}, {row['load']}: {row['title']} over {row['baseline_title']}"
        f" {_ratio(row, 'before')} and {_ratio(row, 'after')} ({row['outcome']})"
        for row in rows_of(replicated)
    )
    caption = (
        "Ratio of requests per second, first stack over second, paired by block within each run,"
        " on a log scale. Dark (above): first run; orange (below): second run. Lines: 95 %"
        " intervals. Hollow: inconclusive."
    )
    if replicated[["floor_before", "floor_after"]].notna().to_numpy().any():
        caption += " Grey band: the larger noise floor of the two runs (a stack against itself)."
    return FigureText(title, f"{alt}.", caption)


def _ratio(row: dict[str, Any], run: str) -> str:
    ratio, low, high = (row[f"{name}_{run}"] for name in ("ratio", "low", "high"))
    return rounded(ratio, low, high) if isfinite(ratio) else "none"


def changes_figure_text(table: pd.DataFrame) -> FigureText:
    """Return the figure text of `changes` of requests per second at main loads, with `label`."""
    decided = table[table["verdict"].isin(DECIDED)]
    title = "No change in requests per second between the runs is shown for any stack"
    if len(decided):
        stacks = listed(list(dict.fromkeys(decided["title"])))
        title = f"Requests per second differ between the runs for {stacks}"
    alt = "Requests per second, second run over first run. " + per_cell(
        table, lambda row: f"{row['title']} {row['label']} ({row['verdict']})"
    )
    caption = (
        "Requests per second in the second run over those in the first, on a log scale. Filled:"
        " higher or lower. Hollow: inconclusive. Lines: 95 % intervals over blocks, unpaired"
        " because the blocks of two runs are independent." + ring_note(table["suspect"])
    )
    return FigureText(title + one_block_note(table), alt, caption)


def regressions_text(worse: pd.DataFrame, bound_percent: float) -> Prose:
    """Summarise `regressions`: how many are certain, and what certain means."""
    summary = (
        f"**{pluralize(len(worse), 'value')} certainly got worse by more than"
        f" {bound_percent:g} %.**"
        if len(worse)
        else f"No stack certainly got worse by more than {bound_percent:g} %."
    )
    return Prose(
        f"{summary} A regression is certain if the nearer end of its 95 % interval exceeds the"
        f" bound, with at least {MINIMUM_BLOCKS} untouched blocks in each run, and after deducting"
        " what a slower machine may explain."
    )


def replication_text(replicated: pd.DataFrame) -> Prose:
    """Summarise `replication`: how many verdicts hold in both runs, and which are contradicted."""
    if replicated.empty:
        return Prose("The runs have no compared pair of stacks in common.")
    counts = replicated["outcome"].value_counts()
    settled = len(replicated) - int(counts.get(NEITHER, 0))
    if not settled:
        return Prose(
            f"None of {pluralize(len(replicated), 'comparison')} of two stacks is settled in either"
            " run."
        )
    outcomes = listed([f"{counts[name]} {name}" for name in OUTCOMES[:-1] if name in counts])
    differ = int((replicated["size_differs"] & (replicated["outcome"] == REPLICATES)).sum())
    size = f" Of those that replicate, {differ} differ in size." if differ else ""
    is_contradicted = (replicated["outcome"] == CONTRADICTED).any()
    note = " **Contradicted** means the opposite verdict." if is_contradicted else ""
    return Prose(
        f"Of {pluralize(len(replicated), 'comparison')} of two stacks, {settled} are settled in at"
        f" least one run: {outcomes}.{size}{note}"
    )


def changes_text(changed: pd.DataFrame, speed: Estimate) -> Prose:
    """Summarise `changes`: how many values changed, in which direction, and the machine's speed."""
    decided = changed[changed["verdict"].isin(DECIDED)]
    better = decided["verdict"] == decided["metric"].map(_BETTER)
    machine = (
        f"In the second run, the machine was {with_interval(speed.value, speed.low, speed.high)}"
        " times as fast (fixed workload, timed around every trial)."
        if isfinite(speed.value)
        else "The speed of the machine is unknown."
    )
    is_single = bool((changed[["blocks_before", "blocks_after"]].min(axis=1) <= 1).all())
    summary = (
        "One of the runs has one block: no interval, no verdict."
        if is_single
        else f"Of {pluralize(len(changed), 'value')} in both runs, {int(better.sum())} got better"
        f" and {int((~better).sum())} got worse; for the others no change is shown."
    )
    return Prose(
        f"{summary} {machine} Effects on a whole run, such as the time of day or other virtual"
        " machines on the host, are also part of these ratios: two runs cannot separate them from a"
        " change of the stack. The ratios between stacks above do not contain effects that are the"
        " same for all stacks."
    )


_BETTER = {metric.name: metric.better for metric in METRICS}


def differences_text(differing: pd.DataFrame) -> Prose:
    """Summarise `differences`: how many there are, and whether they affect the measurement."""
    if differing.empty:
        return Prose("The runs have the same parameters, versions, machine, data and stacks.")
    relevant = differing[differing["bears"]]
    summary = f"Differences between the runs: {_by_part(differing)}."
    if relevant.empty:
        return Prose(f"{summary} None affects measurements in a cell that both runs have.")
    parameters = relevant.loc[relevant["part"] == "parameters", "name"].tolist()
    names = f" ({listed(parameters)})" if parameters else ""
    return Prose(
        f"{summary} Of these, {_by_part(relevant)}{names} affect measurements in a cell of the same"
        " name and are part of every ratio of the two runs."
    )


def _by_part(differing: pd.DataFrame) -> str:
    counts = differing["part"].value_counts(sort=False)
    return listed([f"{count} in {part}" for part, count in counts.items()])


TEXTS: Renderers = {
    "replication": lambda result: replication_text(result.replication),
    "changes": lambda result: changes_text(result.data, result.speed),
    "differences": lambda result: differences_text(result.differences),
    "regressions": lambda result: regressions_text(result.regressions, result.fail_over),
}
