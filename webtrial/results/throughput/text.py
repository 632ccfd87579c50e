"""Texts and tables of requests per second and of ratios."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    ONE_BLOCK,
    FigureText,
    estimate_text,
    interval_note,
    left_out_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import (
    FAILURE_COLUMNS,
    HUMANIZED,
    STACK_COLUMNS,
    also_differ_text,
    counted,
    format_range,
    humanize,
    listed,
    number,
    percent,
)
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, PAIR_COLUMNS, with_pair_text, with_span
from webtrial.results.base.result import Shows
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
        f"Requests answered per second, from zero, each scenario on its own scale."
        f" {interval_note(estimates)} Small marks are single blocks: hollow where suspect, a grey"
        " cross where invalid." + left_out_note(int(estimates["invalid_blocks"].sum()))
    )
    return FigureText(title, alt, caption)


def _leaders(estimates: pd.DataFrame, ratios: pd.DataFrame) -> str:
    """Return which stacks as deployed served most, and in how many scenarios.

    Only decided comparisons count; with one block, the text says which stack was ahead.
    """
    decided = ratios[(ratios["metric"] == "throughput") & (ratios["kind"] == "as deployed")]
    single = unreplicated(ratios)
    leads: dict[str, list[str]] = {}
    failing: list[str] = []
    for (scenario, load), cell in decided.groupby(["scenario", "load"], sort=False):
        here = estimates[(estimates["scenario"] == scenario) & (estimates["load"] == load)]
        others = int((here["stack"] == here["framework"].str.lower()).sum()) - 1
        if leader := _leader(cell, others, single):
            title = here.loc[here["stack"] == leader, "title"].iloc[0]
            leads.setdefault(title, []).append(str(scenario))
            failing += _failing(here[here["stack"] == leader])
    scenarios = estimates["scenario"].unique().tolist()
    alone = len(scenarios) == 1
    among = humanize(scenarios[0]) if alone else counted(len(scenarios), "scenario")
    if not leads:
        return f"No stack is shown to serve more requests per second than all others, in {among}"
    parts = [who if alone else f"{who} in {len(where)}" for who, where in leads.items()]
    said = f"{listed(parts)} {'in' if alone else 'of'} {among}"
    return f"As deployed, most requests per second: {said}{''.join(failing)}"


def _failing(leaders: pd.DataFrame) -> list[str]:
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
    what = shown["metric_label"].iloc[0] if len(shown) else "nothing"
    title = f"{_factors(shown, str(what))}{one_block_note(shown)}"
    alt = "Paired ratios. " + per_cell(
        shown,
        lambda row: (
            f"{row['title']} over {row['baseline_title']} {row['label']} ({row['verdict']})"
        ),
    )
    caption = (
        f"Ratio of {what}, first stack over second, paired by block, on a log scale. Filled:"
        " higher or lower. Grey: indistinguishable. Hollow: inconclusive."
        + (
            " Grey band: the noise floor, a stack against itself."
            if shown["floor"].notna().any()
            else ""
        )
        + (" Lines: 95 % intervals." if shown["low"].notna().any() else f" {ONE_BLOCK}")
        + ring_note(shown["suspect"])
        + left_out_note(invalid)
        + also_differ_text(
            (f"{row['title']} / {row['baseline_title']}", row["differs"]) for row in rows_of(shown)
        )
    )
    return FigureText(title, alt, caption)


def _factors(shown: pd.DataFrame, what: str) -> str:
    """Return the range of factors per kind of comparison.

    Example: `Stacks differ in requests per second by these factors: as deployed 1.1 to 4.5; matched
    1.2 to 1.8; 6 of 24 comparisons are not decided`.
    """
    single = (shown["blocks"] <= 1).all()
    told = shown if single else shown[shown["verdict"].isin(DECIDED)]
    open_ = len(shown) - len(told)
    if told.empty:
        return f"No two stacks are shown to differ in {what}"
    span = [
        f"{kind} {format_range(_outward(part['ratio']))}"
        for kind, part in told.groupby("kind", sort=False)
    ]
    are = "is" if open_ == 1 else "are"
    rest = f"; {open_} of {counted(len(shown), 'comparison')} {are} not decided" if open_ else ""
    return f"Stacks differ in {what} by these factors: {'; '.join(span)}{rest}"


def noise_floor_figure_text(table: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `labelled_ratios` of `noise_floors`.

    It says how far a stack seems to differ from itself.
    """
    shown = table[table["ratio"].notna()]
    furthest = max(_outward(shown["ratio"]))
    title = (
        f"Measured against itself {shown['title'].iloc[0]} differs in"
        f" {shown['metric_label'].iloc[0]} by a factor of up to {number(furthest, 3)}"
        f"{one_block_note(shown)}"
    )
    alt = "A stack over itself. " + per_cell(shown, lambda row: f"{row['title']} {row['label']}")
    caption = (
        f"Ratio of {shown['metric_label'].iloc[0]} of a stack over itself, measured twice in each"
        " block as two stacks are, on a log scale. The grey band is the noise floor: as far from 1"
        " as the interval reaches. Without it, fewer than three blocks were untouched."
        + ring_note(shown["suspect"])
        + left_out_note(invalid)
    )
    return FigureText(title, alt, caption)


def _outward(values: pd.Series) -> list[float]:
    """Return ratios as factors over 1, whichever side is larger."""
    return [max(value, 1 / value) for value in values]


def rates_table(estimates: pd.DataFrame) -> Table:
    """Return `throughput_table` with its intervals and the number of blocks behind them."""
    return Table(
        with_span(estimates),
        "Requests per second in the closed loop: mean over blocks, 95 % interval.",
        STACK_COLUMNS
        | {"value": "requests/s", "span": "95 % interval"}
        | _RESTS_ON
        | FAILURE_COLUMNS,
        HUMANIZED | dict.fromkeys(FAILURE_COLUMNS, percent),
    )


_RESTS_ON = {
    "blocks": "blocks",
    "suspect_blocks": "of them suspect",
    "invalid_blocks": "invalid, left out",
}


def ratios_table(run: Run, ratios: pd.DataFrame, metric: str) -> Table:
    """Return the paired ratios of one metric at the main loads, with their verdicts and reasons."""
    rows = _at_main_load(ratios[ratios["metric"] == metric], _OPENED.get(metric, "closed"))
    return Table(
        with_pair_text(run, rows),
        f"Ratios of {_CAPTIONS[metric]}, first over second, paired by block.",
        {"scenario": "scenario", "load": "load", "pair": "comparison"}
        | PAIR_COLUMNS
        | {"reason": "because", "differs": ALSO_DIFFERS},
        HUMANIZED,
    )


_OPENED = {"p50": "open", "p99": "open"}


_CAPTIONS = {
    "throughput": "requests per second",
    "p50": "median response times",
    "p99": "99th percentiles of response time",
    "cpu": "CPU time of the service per request",
}


def _at_main_load(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of each scenario at its main load of that kind, otherwise of the other."""
    other = {"closed": "open", "open": "closed"}[kind]
    wanted = at_main_load(rows, kind)
    return wanted if len(wanted) else at_main_load(rows, other)


def verdict_rule_text() -> Prose:
    """Explain when a comparison is decided."""
    return Prose(
        "**Verdicts.** *Higher* or *lower* when the interval excludes 1 and at least"
        f" {MINIMUM_BLOCKS} blocks were untouched, which is to say that both trials were valid."
        " *Indistinguishable* when it lies within the noise floor, which is how much a stack seems"
        " to differ from itself. *Inconclusive* otherwise. Without a measured noise floor nothing"
        " is ever called indistinguishable."
    )


TABLES: Shows = {
    "rates": lambda found: rates_table(found.data),
    "ratios": lambda found, metric="throughput": ratios_table(found.run, found.ratios, metric),
}
TEXTS: Shows = {
    "verdict_rule": lambda _: verdict_rule_text(),
    "pair_gaps": lambda found: pair_gaps_text(found.run),
}
