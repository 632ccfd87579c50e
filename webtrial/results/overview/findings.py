"""The findings of a run as sentences: which stack is faster at what, by how much, how certainly.

Every number in them is computed. A sentence claims no more than its verdict: undecided findings are
called undecided, and with one block the ratio is given without interval or verdict.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.figure_text import ONE_BLOCK
from webtrial.results.base.formatting import (
    format_range,
    humanize,
    interval,
    listed,
    pluralize,
    rounded,
)
from webtrial.results.base.ratio_labels import METRIC_LABELS
from webtrial.run.store import Run
from webtrial.stats.estimates import main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED, MINIMUM_BLOCKS
from webtrial.stats.matching import ARTICLES
from webtrial.stats.pairs import Stacks, is_deployed, stacks_in_order, title_of
from webtrial.stats.ratios import ratio_table
from webtrial.stats.thresholds import TOLERATED_SHARE

_SENTENCES = {  # metric → how A compares with B if the ratio is over 1
    "throughput": "{a} served {x} times as many requests per second as {b}",
    "p50": "{a} took {x} times as long as {b} in the median",
    "p99": "{a} took {x} times as long as {b} at the 99th percentile",
    "cpu": "{a} used {x} times the CPU time of {b} per request",
}
NO_COMPARISON = "No two stacks have usable trials in the same scenario at the same load."


def main_findings(
    run: Run, ratios: pd.DataFrame | None = None, metrics: tuple[str, ...] = ("throughput", "p50")
) -> pd.DataFrame:
    """Return the findings at the run's main loads, a row each.

    They cover throughput in the closed loop and response times at the open load, as deployed before
    matched pairs.

    Columns: scenario, load, kind, metric, stack, baseline, ratio, low, high, blocks,
    blocks_untouched, failed, failed_baseline, verdict, reason, equal (data access of both),
    sentence. Pass `ratios` (`ratio_table(run)`) if they are available.
    """
    ratios = ratio_table(run) if ratios is None else ratios
    in_parameters = ratios["scenario"].isin(run.manifest.parameters.scenarios)  # ping is a floor
    rows = ratios[ratios["metric"].isin(metrics) & in_parameters]
    is_main = [_is_main(row, ratios) for row in rows_of(rows)]
    rows = rows[pd.Series(is_main, index=rows.index, dtype=bool)]
    stacks = run.manifest.stacks
    single = unreplicated(ratios)
    sentences = [sentence(row, stacks, single) for row in rows_of(rows)]
    return rows.assign(sentence=sentences)[list(_COLUMNS)].reset_index(drop=True)


_COLUMNS = (
    *("scenario", "load", "kind", "metric", "stack", "baseline", "match", "differs"),
    *("ratio", "low", "high", "blocks", "blocks_untouched", "failed", "failed_baseline"),
    *("verdict", "reason", "sentence"),
)


def unreplicated(ratios: pd.DataFrame) -> bool:
    """Whether no pair of the whole run has a second block, so nothing has an interval.

    Findings are then stated without a verdict. This is decided once for a run, from all of its
    `ratio_table`.
    """
    return bool((ratios["blocks"] <= 1).all())


def _is_main(row: Mapping[str, Any], ratios: pd.DataFrame) -> bool:
    """Whether a row is at the load that findings use for its metric.

    For throughput and CPU it is the closed load, for response times the open one if there is any.
    """
    cells = ratios[ratios["scenario"] == row["scenario"]]
    closed, opened = main_load(cells, "closed"), main_load(cells, "open")
    wanted = (closed or opened) if row["metric"] in ("throughput", "cpu") else (opened or closed)
    return bool(row["load"] == wanted)


def sentence(row: Mapping[str, Any], stacks: Stacks, single: bool = False) -> str:
    """Return one row of `ratio_table` as a sentence; the larger side is named first.

    `single`: the run is `unreplicated`.
    """
    where = f"{humanize(row['scenario'])}, {row['load']}"
    if not isfinite(row["ratio"]):
        pair = listed([inline_title(row[side], stacks) for side in ("stack", "baseline")])
        return f"{where}: no ratio of {METRIC_LABELS[row['metric']]} for {pair}: {row['reason']}."
    claim, span = _claim(row, stacks)
    failures = "".join(failure_sentences(pd.DataFrame([row]), stacks))
    if single:
        return f"{where}: {claim} (one block: no interval, no verdict).{failures}{_differs(row)}"
    interval_text = f"95 % interval {span}" if span else "no interval"
    evidence = f"{interval_text}, {pluralize(row['blocks'], 'block')}"
    return f"{where}: {_qualified(row, claim, evidence)}{failures}{_differs(row)}"


def _differs(row: Mapping[str, Any]) -> str:
    """Return the other differences between the two stacks."""
    return f" They also differ in {row['differs']}." if row["differs"] else ""


def failure_sentences(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    """Yield a sentence for each of the two stacks of `rows` with too many failed requests."""
    for stack, column in (("stack", "failed"), ("baseline", "failed_baseline")):
        rows_failing = rows[rows[column] > TOLERATED_SHARE]
        if len(rows_failing):
            percentages = format_range((100 * rows_failing[column]).tolist())
            title = inline_title(str(rows_failing[stack].iloc[0]), stacks)
            yield f" {percentages} % of {title}'s requests failed in {_scenarios(rows_failing)}."


def _claim(row: Mapping[str, Any], stacks: Stacks) -> tuple[str, str]:
    above, below = inline_title(row["stack"], stacks), inline_title(row["baseline"], stacks)
    ratio, low, high = row["ratio"], row["low"], row["high"]
    if ratio < 1:
        above, below, ratio, low, high = below, above, 1 / ratio, 1 / high, 1 / low
    text = _SENTENCES[row["metric"]].format(a=above, b=below, x=rounded(ratio, low, high))
    return text, interval(low, high) if isfinite(low) and isfinite(high) else ""


def _qualified(row: Mapping[str, Any], claim: str, evidence: str) -> str:
    if row["verdict"] in DECIDED:
        return f"{claim} ({evidence})."
    if row["verdict"] == "indistinguishable":
        return f"indistinguishable: {claim} ({evidence}), {row['reason']}."
    return f"inconclusive: {claim} ({evidence}), but {row['reason']}."


def deployed_text(run: Run) -> str:
    """Return the data access that each framework is deployed with.

    Example: `Django and Flask with an ORM, FastAPI with raw SQL`.
    """
    stacks = stacks_in_order(run)
    by_access: dict[str, list[str]] = {}
    for name, axes in stacks.items():
        if is_deployed(name, stacks):
            by_access.setdefault(str(axes.get("data_access")), []).append(title_of(name, stacks))
    return ", ".join(
        f"{listed(names)} with {ARTICLES.get(access, '')}{access}"
        for access, names in by_access.items()
    )


def inline_title(stack: str, stacks: Stacks) -> str:
    """Return a stack's title for use within a sentence: `Flask (raw SQL)` for `Flask, raw SQL`."""
    name, comma, variant = title_of(stack, stacks).partition(", ")
    return f"{name} ({variant})" if comma else name


def _scenarios(rows: pd.DataFrame) -> str:
    return listed([humanize(name) for name in dict.fromkeys(rows["scenario"])])


def decided_count_text(findings: pd.DataFrame, single: bool) -> str:
    """Return how many of the throughput findings are decided.

    `single`: the run is `unreplicated`.
    """
    if single:
        return f"{ONE_BLOCK} Nothing here is a finding."
    decided = int(findings["verdict"].isin(DECIDED).sum())
    return (
        f"Decided throughput comparisons: {decided} of {len(findings)}. Decided means that the 95 %"
        f" interval over paired blocks excludes 1 and at least {MINIMUM_BLOCKS} blocks were"
        " undisturbed."
    )
