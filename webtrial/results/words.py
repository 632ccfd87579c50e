"""What the figures say: title (the finding), alternative text (the numbers), caption (how to read).

One function per figure, from the same table that the figure draws. Titles claim no more than the
table decides; where there is one block they say so. Captions say how many trials of what is drawn
are `invalid` and left out, and what an amber ring is where there is one.
"""

from math import isfinite

import pandas as pd

from webtrial.results.base.figure_text import (
    ONE_BLOCK,
    Words,
    interval_note,
    left_out_note,
    one_block_note,
    per_cell,
    percentile_text,
    ring_note,
    within,
)
from webtrial.results.base.formatting import (
    also_differ_text,
    counted,
    listed,
    number,
    percent,
    reach,
    spoken,
)
from webtrial.results.latency.timeline import BIN_S, Timeline
from webtrial.results.overview.findings import DECIDED, unreplicated
from webtrial.stats.frames import furthest_apart, rows_of
from webtrial.stats.histogram import MINIMUM_SAMPLES
from webtrial.stats.thresholds import TOLERATED_SHARE


def throughput(estimates: pd.DataFrame, ratios: pd.DataFrame) -> Words:
    """Of `throughput_table` at one load per scenario, its title from `ratio_table`."""
    title = _leaders(estimates, ratios) + one_block_note(estimates)
    alt = "Requests per second. " + per_cell(
        estimates, lambda row: f"{row['title']} {number(row['value'], 3)}{within(row)}"
    )
    caption = (
        f"Requests answered per second, from zero, each scenario on its own scale."
        f" {interval_note(estimates)} Small marks are single blocks: hollow where suspect, a grey"
        " cross where invalid." + left_out_note(int(estimates["invalid_blocks"].sum()))
    )
    return Words(title, alt, caption)


def _leaders(estimates: pd.DataFrame, ratios: pd.DataFrame) -> str:
    """Who served most of those as deployed, in how many scenarios, counting only what is decided
    (with one block: who was ahead)."""
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
    among = spoken(scenarios[0]) if alone else counted(len(scenarios), "scenario")
    if not leads:
        return f"No stack is shown to serve more requests per second than all others, in {among}"
    parts = [who if alone else f"{who} in {len(where)}" for who, where in leads.items()]
    said = f"{listed(parts)} {'in' if alone else 'of'} {among}"
    return f"As deployed, most requests per second: {said}{''.join(failing)}"


def _failing(leaders: pd.DataFrame) -> list[str]:
    """What has to be said beside a lead: that too many requests failed."""
    return [
        f"; {percent(row['error_fraction'])} of {row['title']}'s requests failed in"
        f" {spoken(row['scenario'])}"
        for row in rows_of(leaders)
        if row["error_fraction"] > TOLERATED_SHARE
    ]


def _leader(cell: pd.DataFrame, others: int, single: bool) -> str | None:
    """The stack that is ahead of all `others` in a cell, those without a valid trial included."""
    ahead: dict[str, int] = {}
    for row in rows_of(cell):
        if single or row["verdict"] in DECIDED:
            winner = row["stack"] if row["ratio"] > 1 else row["baseline"]
            ahead[winner] = ahead.get(winner, 0) + 1
    return next((stack for stack, count in ahead.items() if count == others), None)


def ratios(table: pd.DataFrame, invalid: int) -> Words:
    """Of `labelled_ratios` of one metric: the factors of what is decided (with one block: of all),
    and how many are not."""
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
    return Words(title, alt, caption)


def _factors(shown: pd.DataFrame, what: str) -> str:
    """`Stacks differ in requests per second by these factors: as deployed 1.1 to 4.5; matched 1.2
    to 1.8; 6 of 24 comparisons are not decided`."""
    single = (shown["blocks"] <= 1).all()
    told = shown if single else shown[shown["verdict"].isin(DECIDED)]
    open_ = len(shown) - len(told)
    if told.empty:
        return f"No two stacks are shown to differ in {what}"
    span = [
        f"{kind} {reach(_outward(part['ratio']))}"
        for kind, part in told.groupby("kind", sort=False)
    ]
    are = "is" if open_ == 1 else "are"
    rest = f"; {open_} of {counted(len(shown), 'comparison')} {are} not decided" if open_ else ""
    return f"Stacks differ in {what} by these factors: {'; '.join(span)}{rest}"


def noise_floor(table: pd.DataFrame, invalid: int) -> Words:
    """Of `labelled_ratios` of `noise_floors`: how far a stack seems to be from itself."""
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
    return Words(title, alt, caption)


def _outward(values: pd.Series) -> list[float]:
    """Ratios as factors over 1, whichever side is larger."""
    return [max(value, 1 / value) for value in values]


def latency_against_load(percentiles: pd.DataFrame, invalid: int) -> Words:
    """Of `latency_against_load`."""
    medians = percentiles[percentiles["percentile"] == 50].dropna(subset=["latency_ms"])
    title = f"{_widest(medians)}{one_block_note(medians)}"
    alt = "Response times in milliseconds, percentiles 50, 90 and 99 where enough requests. "
    alt += per_cell(percentiles.dropna(subset=["latency_ms"]), percentile_text)
    caption = (
        "Response time from the intended start, on a log scale. Mark: median, its interval shaded;"
        " bars above: 90th percentile, and 99th, its interval shaded too, where at least"
        f" {MINIMUM_SAMPLES[99]:,} requests were merged in more than one block."
        + _bounds(percentiles)
        + ring_note(percentiles["suspect_blocks"])
        + left_out_note(invalid)
    )
    return Words(title, alt, caption)


def _widest(medians: pd.DataFrame) -> str:
    if medians.empty:
        return "Too few requests for a median"
    fast, slow = furthest_apart(medians, "latency_ms")
    return (
        f"Medians are furthest apart in {spoken(fast['scenario'])} at {fast['load']}:"
        f" {fast['title']} {number(fast['latency_ms'])} ms,"
        f" {slow['title']} {number(slow['latency_ms'])} ms"
    )


def cost(costs: pd.DataFrame, invalid: int) -> Words:
    """Of `cost_table` at one load per scenario."""
    title = "CPU time per request was not observed"
    if len(costs):
        least, most = furthest_apart(costs, "total_ms")
        title = (
            f"A request of {spoken(most['scenario'])} costs {number(most['total_ms'])} ms of CPU"
            f" time with {most['title']}, {number(least['total_ms'])} ms with {least['title']}"
            f"{one_block_note(costs)}"
        )
    alt = "CPU-milliseconds per request (service, PostgreSQL, upstreams). " + per_cell(
        costs,
        lambda row: (
            f"{row['title']} {number(row['service_ms'])} + {number(row['database_ms'])} +"
            f" {number(row['upstreams_ms'])}"
        ),
    )
    caption = (
        "CPU time per answered request: full colour the service, lighter PostgreSQL, lightest the"
        f" upstreams. {interval_note(costs)} They belong to the sum.{_unobserved(costs)}"
        + ring_note(costs["suspect_blocks"])
        + left_out_note(invalid)
    )
    return Words(title, alt, caption)


def _unobserved(costs: pd.DataFrame) -> str:
    parts = {"service_ms": "service", "database_ms": "PostgreSQL", "upstreams_ms": "upstreams"}
    missing = [name for column, name in parts.items() if costs[column].isna().any()]
    said = f" – is CPU time that was not observed and is in no sum: {listed(missing)}."
    return said if missing else ""


def timeline(moments: Timeline, stack_title: str) -> Words:
    """Of `timeline`."""
    trial = moments.trial
    planned = trial.planned
    worst_ms = float(moments.bins.loc[moments.bins["t_s"] >= 0, "worst_ms"].max())
    median = number(moments.median_ms) if isfinite(moments.median_ms) else "–"
    worst = number(worst_ms) if isfinite(worst_ms) else "–"
    place = f"{stack_title}, {spoken(planned.scenario)}, {planned.load}, block {planned.block}"
    rate = number(trial.counts.completed / trial.window_s, 3)
    title = f"{place}: {rate} requests per second, median {median} ms, slowest {worst} ms"
    failed = sum(trial.counts.errors.values())
    alt = f"{title}. {counted(failed, 'request')} failed. Verdict of the trial: "
    alt += f"{trial.validity.verdict}."
    caption = (
        "One trial: response times of its requests (thinned, the slowest all kept; crosses failed),"
        f" requests sent and completed in every {1000 * BIN_S:g} ms, CPU used in each second."
        f" Verdict of the trial: {trial.validity.verdict}.{_without_warmup(moments)}"
    )
    return Words(title, alt, caption)


def _without_warmup(moments: Timeline) -> str:
    """That a trimmed run lacks the warm-up, and with it answers at the start of the window."""
    if moments.bins["sent_per_s"].notna().all():
        return ""
    return (
        " This run was trimmed without the requests of this warm-up, some of which were answered in"
        " the window: at its start too few are shown as completed."
    )


def search(percentiles: pd.DataFrame, invalid: int) -> Words:
    """Of `search_by_selectivity`: what a rare word takes beside a common one."""
    medians = percentiles[percentiles["percentile"] == 50]
    wide = medians.pivot_table("latency_ms", ["load", "title"], "kind", sort=False, observed=True)
    title = "Response times by what is searched"
    if {"common", "rare"} <= set(wide.columns):
        times = (wide["rare"] / wide["common"]).dropna()
        title = (
            f"A search for a rare word takes {reach(times.tolist())} times the median of one for"
        )
        title += f" a common word{one_block_note(medians)}"
    alt = "Median response times in milliseconds. " + per_cell(
        medians.dropna(subset=["latency_ms"]),
        lambda row: f"{row['title']} {row['kind']} {number(row['latency_ms'])}",
    )
    caption = (
        "Response time of a search by how common its word is, on a log scale. Mark: median with its"
        " 95 % interval; bar: 90th percentile."
        + ring_note(percentiles["suspect_blocks"])
        + left_out_note(invalid)
    )
    return Words(title, alt, caption)


def dashboard(parts: pd.DataFrame, invalid: int) -> Words:
    """Of `dashboard_parts`: who answers before its upstreams, asked in turn, could have, with its
    whole interval (with one block: in the mean)."""
    took = reach(parts["in_turn_ms"].dropna().tolist())
    sooner = [f"{_sooner(cell)} at {load}" for load, cell in parts.groupby("load", sort=False)]
    title = f"Sooner than the upstreams in turn ({took} ms) answer: {'; '.join(sooner)}"
    alt = "Mean response times in milliseconds. " + per_cell(
        parts,
        lambda row: (
            f"{row['title']} {number(row['response_ms'])}{within(row)}, upstreams in turn"
            f" {number(row['in_turn_ms'])}, the slowest {number(row['slowest_ms'])}"
        ),
    )
    caption = (
        "Mean response time of the dashboard. Pale: what its upstreams really took, added, which is"
        f" what asking in turn costs at least; darker: the slowest alone. {interval_note(parts)}"
        + ring_note(parts["suspect_blocks"])
        + left_out_note(invalid)
    )
    return Words(title + one_block_note(parts), alt, caption)


def _sooner(cell: pd.DataFrame) -> str:
    furthest = cell["high"] if (cell["blocks"] > 1).any() else cell["response_ms"]
    quick = cell.loc[furthest < cell["in_turn_ms"], "title"].tolist()
    if len(quick) in (0, len(cell)):
        return "every stack" if quick else "no stack"
    return listed(quick)


def reasons(verdicts: pd.DataFrame, table: pd.DataFrame) -> Words:
    """Of `verdict_table` and `validity_table`."""
    attempts = dict(zip(verdicts["verdict"], verdicts["attempts"], strict=True))
    final = dict(zip(verdicts["verdict"], verdicts["final"], strict=True))
    title = (
        f"Of {counted(sum(final.values()), 'trial')} {final['valid']} are valid, {final['suspect']}"
        f" suspect, {final['invalid']} invalid, after {counted(sum(attempts.values()), 'attempt')}"
    )
    alt = "Attempts by verdict and reason: " + "; ".join(
        f"{row['verdict']}{'' if row['gate'] == 'none' else ', ' + spoken(row['gate'])}:"
        f" {row['attempts']}"
        for row in rows_of(table)
    )
    caption = (
        "Attempts by verdict and reason. Full colour: those that count; pale: those that were"
        " repeated. Invalid trials are never ranked, suspect ones decide nothing."
        + _pilots(int(verdicts["pilot"].sum()))
    )
    return Words(title, f"{alt}.", caption)


def _pilots(count: int) -> str:
    return f" The pilot's {counted(count, 'trial')} are not among them." if count else ""


def machine(table: pd.DataFrame) -> Words:
    """Of `machine_table`."""
    bounded = table[table["bound"].notna()]
    over = bounded[bounded["value"] > bounded["bound"]]
    attempts = table["order"].nunique()
    title = (
        f"The machine was disturbed in {over['order'].nunique()} of {counted(attempts, 'attempt')}"
    )
    speed = table.loc[table["what"] == "speed", "value"]
    if len(speed):
        title += f"; its speed ranged over {number(100 * (speed.max() - speed.min()), 2)} % of its"
        title += " median"
    most = bounded.groupby("what", sort=False)["value"].max()
    alt = f"{title}. At most: " + ", ".join(
        f"{spoken(str(what))} {100 * value:.1f} %" for what, value in most.items()
    )
    caption = (
        "The machine at each attempt, in the order of measuring. Above the dashed line a trial is"
        " repeated, and suspect if that does not help. Diamonds: suspect; crosses: invalid."
    )
    return Words(title, f"{alt}.", caption)


def _bounds(percentiles: pd.DataFrame) -> str:
    return (
        " Where requests timed out the percentile is at least that."
        if percentiles["is_bound"].any()
        else ""
    )
