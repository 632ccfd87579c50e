"""Texts and tables of requests per second and of ratios."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    ONE_BLOCK,
    FigureText,
    estimate_text,
    interval_note,
    invalid_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import (
    FAILURE_COLUMNS,
    HUMANIZED,
    STACK_COLUMNS,
    also_differ_text,
    format_range,
    humanize,
    listed,
    number,
    percent,
    pluralize,
)
from webtrial.results.base.ratio_labels import (
    ALSO_DIFFERS,
    METRIC_LABELS,
    PAIR_COLUMNS,
    with_pair_text,
    with_span,
)
from webtrial.results.base.result import Renderers
from webtrial.results.overview.findings import unreplicated
from webtrial.results.validity.pair_gaps_text import pair_gaps_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED, MINIMUM_BLOCKS
from webtrial.stats.thresholds import TOLERATED_SHARE


def throughput_figure_text(estimates: pd.DataFrame, ratios: pd.DataFrame) -> FigureText:
    """Return the figure text of `throughput_table` at one load per scenario.

    The title uses `ratio_table`.
    """
    title = _leaders(estimates, ratios) + one_block_note(estimates)
    alt = "Requests per second. " + per_cell(
        estimates, lambda row: f"{row['title']} {estimate_text(row, 'value', 3)}"
    )
    caption = (
        "Successful responses per second; each scenario has its own scale, which starts at zero."
        f" {interval_note(estimates)} Small marks are single blocks: hollow if suspect, a grey"
        " cross if invalid." + invalid_note(int(estimates["invalid_blocks"].sum()))
    )
    return FigureText(title, alt, caption)


def _leaders(estimates: pd.DataFrame, ratios: pd.DataFrame) -> str:
    """Return which stacks as deployed served most, and in how many scenarios.

    Only decided comparisons count; with one block, the text says which stack was ahead.
    """
    deployed = ratios[(ratios["metric"] == "throughput") & (ratios["kind"] == "as deployed")]
    single = unreplicated(ratios)
    leads: dict[str, list[str]] = {}
    warnings: list[str] = []
    for (scenario, load), cell in deployed.groupby(["scenario", "load"], sort=False):
        rows = estimates[(estimates["scenario"] == scenario) & (estimates["load"] == load)]
        others = int((rows["stack"] == rows["framework"].str.lower()).sum()) - 1
        if leader := _leader(cell, others, single):
            title = rows.loc[rows["stack"] == leader, "title"].iloc[0]
            leads.setdefault(title, []).append(str(scenario))
            warnings += _failure_warnings(rows[rows["stack"] == leader])
    scenarios = estimates["scenario"].unique().tolist()
    only_one = len(scenarios) == 1
    where = humanize(scenarios[0]) if only_one else pluralize(len(scenarios), "scenario")
    if not leads:
        return f"No stack is shown to serve more requests per second than all others in {where}"
    parts = [title if only_one else f"{title} in {len(won)}" for title, won in leads.items()]
    leaders = f"{listed(parts)} {'in' if only_one else 'of'} {where}"
    return f"As deployed, most requests per second: {leaders}{''.join(warnings)}"


def _failure_warnings(leaders: pd.DataFrame) -> list[str]:
    """Return the warnings that belong to a lead: too many requests failed."""
    return [
        f"; {percent(row['error_fraction'])} of {row['title']}'s requests failed in"
        f" {humanize(row['scenario'])}"
        for row in rows_of(leaders)
        if row["error_fraction"] > TOLERATED_SHARE
    ]


def _leader(cell: pd.DataFrame, others: int, single: bool) -> str | None:
    """Return the stack that is ahead of all `others` in a cell.

    The others include those without a valid trial.
    """
    ahead: dict[str, int] = {}
    for row in rows_of(cell):
        if single or row["verdict"] in DECIDED:
            winner = row["stack"] if row["ratio"] > 1 else row["baseline"]
            ahead[winner] = ahead.get(winner, 0) + 1
    return next((stack for stack, count in ahead.items() if count == others), None)


def ratios_figure_text(table: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `labelled_ratios` of one metric.

    The title has the factors of decided comparisons (of all, with one block) and the number of
    undecided ones.
    """
    shown = table[table["ratio"].notna()]
    metric = shown["metric_label"].iloc[0] if len(shown) else "nothing"
    title = f"{_factors(shown, str(metric))}{one_block_note(shown)}"
    alt = "Paired ratios. " + per_cell(
        shown,
        lambda row: (
            f"{row['title']} over {row['baseline_title']} {row['label']} ({row['verdict']})"
        ),
    )
    caption = (
        f"Ratio of {metric}, first stack over second, paired by block, on a log scale. Filled:"
        " higher or lower. Grey: indistinguishable. Hollow: inconclusive."
        + (
            " Grey band: the noise floor, from a stack compared with itself."
            if shown["floor"].notna().any()
            else ""
        )
        + (" Lines: 95 % intervals." if shown["low"].notna().any() else f" {ONE_BLOCK}")
        + ring_note(shown["suspect"])
        + invalid_note(invalid)
        + also_differ_text(
            (f"{row['title']} / {row['baseline_title']}", row["differs"]) for row in rows_of(shown)
        )
    )
    return FigureText(title, alt, caption)


def _factors(shown: pd.DataFrame, metric: str) -> str:
    """Return the range of factors per kind of comparison.

    Example: `Stacks differ in requests per second by these factors: as deployed 1.1 to 4.5; matched
    1.2 to 1.8; 6 of 24 comparisons are undecided`.
    """
    single = (shown["blocks"] <= 1).all()
    stated = shown if single else shown[shown["verdict"].isin(DECIDED)]
    undecided = len(shown) - len(stated)
    if stated.empty:
        return f"No two stacks are shown to differ in {metric}"
    ranges = "; ".join(
        f"{kind} {format_range(_factors_over_1(part['ratio']))}"
        for kind, part in stated.groupby("kind", sort=False)
    )
    text = f"Stacks differ in {metric} by these factors: {ranges}"
    if not undecided:
        return text
    verb = "is" if undecided == 1 else "are"
    return f"{text}; {undecided} of {pluralize(len(shown), 'comparison')} {verb} undecided"


def noise_floor_figure_text(table: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `labelled_ratios` of `noise_floors`.

    It says how far a stack seems to differ from itself.
    """
    shown = table[table["ratio"].notna()]
    metric = shown["metric_label"].iloc[0]
    largest = max(_factors_over_1(shown["ratio"]))
    title = (
        f"Compared with itself, {shown['title'].iloc[0]} differs in {metric} by a factor of up to"
        f" {number(largest, 3)}{one_block_note(shown)}"
    )
    alt = "A stack compared with itself. " + per_cell(
        shown, lambda row: f"{row['title']} {row['label']}"
    )
    caption = (
        f"Ratio of {metric} of a stack to itself, on a log scale. Each block measures the stack"
        " twice, like two different stacks. The grey band is the noise floor; it extends as far"
        " from 1 as the interval. No band: fewer than three blocks were undisturbed."
        + ring_note(shown["suspect"])
        + invalid_note(invalid)
    )
    return FigureText(title, alt, caption)


def _factors_over_1(values: pd.Series) -> list[float]:
    """Return ratios as factors over 1, whichever side is larger."""
    return [max(value, 1 / value) for value in values]


def rates_table(estimates: pd.DataFrame) -> Table:
    """Return `throughput_table` with its intervals and the number of blocks behind them."""
    return Table(
        with_span(estimates),
        "Requests per second in the closed loop: mean over blocks, 95 % interval.",
        STACK_COLUMNS
        | {"value": "requests/s", "span": "95 % interval"}
        | _BLOCK_COLUMNS
        | FAILURE_COLUMNS,
        HUMANIZED | dict.fromkeys(FAILURE_COLUMNS, percent),
    )


_BLOCK_COLUMNS = {
    "blocks": "blocks",
    "suspect_blocks": "of them suspect",
    "invalid_blocks": "invalid, excluded",
}


def ratios_table(run: Run, ratios: pd.DataFrame, metric: str) -> Table:
    """Return the paired ratios of one metric at the main loads, with their verdicts and reasons."""
    rows = _at_main_load(ratios[ratios["metric"] == metric], _LOAD_KINDS.get(metric, "closed"))
    return Table(
        with_pair_text(run, rows),
        f"Ratios of {METRIC_LABELS[metric]}, first stack over second, paired by block.",
        {"scenario": "scenario", "load": "load", "pair": "comparison"}
        | PAIR_COLUMNS
        | {"reason": "reason", "differs": ALSO_DIFFERS},
        HUMANIZED,
    )


_LOAD_KINDS = {"p50": "open", "p99": "open"}


def _at_main_load(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of each scenario at its main load of that kind, otherwise of the other."""
    other = {"closed": "open", "open": "closed"}[kind]
    selected = at_main_load(rows, kind)
    return selected if len(selected) else at_main_load(rows, other)


def verdict_rule_text() -> Prose:
    """Explain when a comparison is decided."""
    return Prose(
        "**Verdicts.** *Higher* or *lower*: the interval excludes 1, and at least"
        f" {MINIMUM_BLOCKS} blocks were undisturbed, i.e. both trials were valid."
        " *Indistinguishable*: the interval lies within the noise floor, which is how much a stack"
        " seems to differ from itself. *Inconclusive*: all other cases. Without a measured noise"
        " floor, no comparison is called indistinguishable."
    )


TABLES: Renderers = {
    "rates": lambda result: rates_table(result.data),
    "ratios": lambda result, metric="throughput": ratios_table(result.run, result.ratios, metric),
}
TEXTS: Renderers = {
    "verdict_rule": lambda _: verdict_rule_text(),
    "pair_gaps": lambda result: pair_gaps_text(result.run),
}
