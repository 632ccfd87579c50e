"""The criteria for choosing a framework: values measured in a run, and findings of probes.

A framework is represented by its stack as deployed. A criterion has one or more parts (a scenario,
a question). In each part the best framework scores 1 and any other its ratio to the best: with half
the requests per second 0.5, with twice the memory 0.5, without an admin 0. A criterion's score is
the mean of its parts' scores.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import inf, isfinite, nan, sqrt
from typing import Any, Literal

import pandas as pd

from webtrial.results.capabilities.estimate import capability_findings
from webtrial.results.choosing.projects import (
    ADMIN,
    CODE,
    COLD_START,
    CONNECTIONS,
    COST,
    CRITERIA,
    DATA,
    DOCUMENTATION,
    IN_TIME,
    LOGIN,
    MEMORY,
    PACKAGES,
    TAIL,
    THROUGHPUT,
    TOKEN,
    VALIDATION,
    WEBSOCKET,
)
from webtrial.results.connections.estimate import connections, most_held
from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.capabilities import NO, YES
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load, estimates
from webtrial.stats.frames import rows_of
from webtrial.stats.in_time import rates_in_time
from webtrial.stats.pairs import is_deployed, over_deployed, stacks_in_order
from webtrial.stats.ratios import CPU, ratio_table
from webtrial.stats.ratios import THROUGHPUT as RATE
from webtrial.stats.thresholds import P99_LIMIT_MS

Better = Literal["higher", "lower"]
_INCLUDED = "comes with the framework"


@dataclass(frozen=True, slots=True, eq=False)
class Criteria:
    """The criteria of `frameworks`: a row of `table` per criterion, part and framework.

    Columns: criterion, part, framework, value, low, high, spread (the meaning of low and high: a
    95 % *interval* over blocks, a *range* within which the value lies, *none*), blocks,
    blocks_untouched (inf if it does not come from a run), better. `unmeasured` has the reason for
    each criterion that is missing.
    """

    frameworks: tuple[str, ...]
    table: pd.DataFrame
    unmeasured: Mapping[str, str]


_COLUMNS = (
    *("criterion", "part", "framework", "value", "low", "high", "spread", "blocks"),
    *("blocks_untouched", "better"),
)


def criteria(
    run: Run, p99_limit_ms: float = P99_LIMIT_MS, findings: pd.DataFrame | None = None
) -> Criteria:
    """Return all criteria of the frameworks for which `run` has a stack as deployed.

    Throughput, tail, cost and memory are those of each scenario at its main load. Throughput within
    the limit and held connections use `p99_limit_ms`. `findings` are those of data/capabilities.csv
    unless given. A part without a value for one framework is excluded for all; a criterion without
    parts is excluded with its reason.
    """
    findings = capability_findings() if findings is None else findings
    names = _frameworks(run)
    rows = [*_of_run(run, names, p99_limit_ms), *_of_findings(findings)]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame = frame[frame["framework"].isin(list(names))]
    parts = frame.groupby(["criterion", "part"])
    is_complete = parts["framework"].transform("nunique") == len(names)
    is_positive = parts["value"].transform("max") > 0
    table = frame[is_complete & is_positive].reset_index(drop=True)
    missing = [name for name in CRITERIA if name not in set(table["criterion"])]
    reasons = {name: _REASONS.get(name, _NO_FINDING) for name in missing}
    return Criteria(tuple(names), table, reasons)


_NO_FINDING = "data/capabilities.csv has no value above 0 for it, or not one for every framework"
_REASONS = {
    THROUGHPUT: "no closed load with counted trials of every framework",
    IN_TIME: "no scenario in which every framework was offered both a rate that it serves within"
    " the limit and a higher one that it does not",
    TAIL: "too few requests of at least one framework for a 90th percentile",
    COST: "CPU time of the service not observed for every framework",
    CONNECTIONS: "this run does not show for every framework how many connections it holds",
    MEMORY: "memory of the service not observed for every framework",
}


def _frameworks(run: Run) -> dict[str, str]:
    """Return the stack as deployed of each framework, in reading order."""
    stacks = stacks_in_order(run)
    return {str(stacks[name]["framework"]): name for name in stacks if is_deployed(name, stacks)}


Rows = Iterator[dict[str, Any]]


def _of_run(run: Run, names: Mapping[str, str], p99_limit_ms: float) -> Rows:
    if names:
        yield from _ratios(run, names)
    yield from _in_time(run, names, p99_limit_ms)
    yield from _tails(run, names)
    yield from _memory(run, names)
    yield from _connections(run, names, p99_limit_ms)


def _row(
    criterion: str, part: str, framework: str, better: Better, **values: Any
) -> dict[str, Any]:
    blank = {"low": nan, "high": nan, "spread": "none", "blocks": 0, "blocks_untouched": inf}
    place = {"criterion": criterion, "part": part, "framework": framework, "better": better}
    return blank | place | values


_PAIRED: Mapping[str, tuple[str, Better]] = {
    "throughput": (THROUGHPUT, "higher"),
    "cpu": (COST, "lower"),
}


def _ratios(run: Run, names: Mapping[str, str]) -> Rows:
    """Yield ratios to the first framework, paired by block.

    Pairing removes effects that a block has on all stacks.
    """
    first, *_ = names
    by_stack = {stack: framework for framework, stack in names.items()}
    pairs = [pair for pair in over_deployed(run, first) if pair.stack in by_stack]
    table = at_main_load(ratio_table(run, pairs, (RATE, CPU))).dropna(subset=["ratio"])
    for (scenario, metric), rows in table.groupby(["scenario", "metric"], sort=False):
        if (place := _PAIRED.get(str(metric))) is None:
            continue
        criterion, better = place
        yield _row(criterion, str(scenario), first, better, value=1.0)
        for row in rows_of(rows):
            yield _row(
                criterion,
                str(scenario),
                by_stack[row["stack"]],
                better,
                value=row["ratio"],
                spread="interval",
                **{name: row[name] for name in ("low", "high", "blocks", "blocks_untouched")},
            )


def _in_time(run: Run, names: Mapping[str, str], p99_limit_ms: float) -> Rows:
    """Yield capacity under the limit.

    It lies between the highest rate that was served within the limit and the lowest above that
    which was not; the value is their geometric mean. With only one of the two it was not measured.
    """
    rates = rates_in_time(run, p99_limit_ms).dropna(subset=["rate_per_s", "missed_per_s"])
    for row in _deployed_rows(rates, names):
        yield _row(
            IN_TIME,
            row["scenario"],
            row["framework"],
            "higher",
            value=sqrt(row["rate_per_s"] * row["missed_per_s"]),
            low=row["rate_per_s"],
            high=row["missed_per_s"],
            spread="range",
            **{name: row[name] for name in ("blocks", "blocks_untouched")},
        )


def _deployed_rows(frame: pd.DataFrame, names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    return rows_of(frame[frame["stack"].isin(list(names.values()))])


def _block_counts(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"blocks": row["blocks"], "blocks_untouched": row["blocks"] - row["suspect_blocks"]}


def _tails(run: Run, names: Mapping[str, str]) -> Rows:
    """Yield the highest percentile of 99 and 90 that all frameworks have.

    It is taken at the main open load, or at the main closed load of scenarios without an open one.
    """
    table = latency_against_load(run, (90, 99)).dropna(subset=["latency_ms"])
    table = table[table["stack"].isin(list(names.values()))]
    open_, closed = at_main_load(table, "open"), at_main_load(table, "closed")
    chosen = pd.concat([open_, closed[~closed["scenario"].isin(open_["scenario"])]])
    for scenario, rows in chosen.groupby("scenario", sort=False):
        is_complete = rows.groupby("percentile")["stack"].nunique() == len(names)
        if not is_complete.any():
            continue
        percentile = is_complete.index[is_complete].max()
        for row in rows_of(rows[rows["percentile"] == percentile]):
            yield _row(
                TAIL,
                str(scenario),
                row["framework"],
                "lower",
                value=row["latency_ms"],
                spread="interval",
                **{end: row[end] for end in ("low", "high")},
                **_block_counts(row),
            )


def _memory(run: Run, names: Mapping[str, str]) -> Rows:
    table = at_main_load(estimates(run, "service_memory_mib", kinds=("closed",)))
    for row in _deployed_rows(table.dropna(subset=["value"]), names):
        yield _row(
            MEMORY,
            row["scenario"],
            row["framework"],
            "lower",
            spread="interval",
            **{name: row[name] for name in ("value", "low", "high")},
            **_block_counts(row),
        )


def _connections(run: Run, names: Mapping[str, str], p99_limit_ms: float) -> Rows:
    """Yield the most connections that a stack holds; 0 if it fails the run's smallest load."""
    table = connections(run, p99_limit_ms)
    most = most_held(table)
    is_known = (most["most"] > 0) | most["missed"].notna()
    for row in _deployed_rows(most[is_known], names):
        yield _row(
            CONNECTIONS,
            str(table["scenario"].iloc[0]),
            row["framework"],
            "higher",
            value=float(row["most"]),
            **{name: row[name] for name in ("blocks", "blocks_untouched")},
        )


_PROBED: tuple[tuple[str, str, str, Better], ...] = (
    (CODE, "lines of code", "total", "lower"),
    (PACKAGES, "installed packages", "the service: packages", "lower"),
    (PACKAGES, "installed packages", "the service: size", "lower"),
    (VALIDATION, "validation", _INCLUDED, "higher"),
    (VALIDATION, "validation", "lines of code", "lower"),
    (DOCUMENTATION, "documentation", _INCLUDED, "higher"),
    (DOCUMENTATION, "documentation", "page at /docs without configuration", "higher"),
    (DOCUMENTATION, "documentation", "lines of code", "lower"),
    (ADMIN, "admin", _INCLUDED, "higher"),
    (DATA, "ORM", _INCLUDED, "higher"),
    (DATA, "migrations", _INCLUDED, "higher"),
    (LOGIN, "session login", _INCLUDED, "higher"),
    (TOKEN, "bearer token", _INCLUDED, "higher"),
    (WEBSOCKET, "WebSocket", "minimal service echoes a message", "higher"),
    (COLD_START, "cold start", "first response, median", "lower"),
)
"""Criterion, capability and question of data/capabilities.csv, and which direction is better."""


def _of_findings(findings: pd.DataFrame) -> Rows:
    values = {
        (row["framework"], row["capability"], row["question"]): _as_number(row["value"])
        for row in rows_of(findings)
    }
    for criterion, capability, question, better in _PROBED:
        for framework in dict.fromkeys(findings["framework"]):
            value = values.get((framework, capability, question), nan)
            if isfinite(value):
                spread = _range(values, framework, capability, question)
                part = f"{capability}: {question}"
                yield _row(criterion, part, framework, better, value=value, **spread)


def _range(
    values: Mapping[tuple[str, str, str], float], framework: str, capability: str, question: str
) -> dict[str, Any]:
    """Return the minimum and maximum that accompany a median; empty if there are none."""
    stem, _, statistic = question.rpartition(", ")
    low, high = (values.get((framework, capability, f"{stem}, {end}"), nan) for end in _ENDS)
    is_range = statistic == "median" and isfinite(low) and isfinite(high)
    return {"low": low, "high": high, "spread": "range"} if is_range else {}


_ENDS = ("minimum", "maximum")


def _as_number(text: str) -> float:
    """Convert a finding to a number: yes is 1, no is 0; NaN for any other text."""
    if text in (YES, NO):
        return float(text == YES)
    try:
        return float(text)
    except ValueError:
        return nan
