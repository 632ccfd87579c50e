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
Spread = Literal["interval", "range", "none"]
_COMES = "comes with the framework"


@dataclass(frozen=True, slots=True, eq=False)
class Criteria:
    """The criteria of `frameworks`: a row of `table` per criterion, part and framework.

    Columns: criterion, part, framework, value, low, high, spread (the meaning of low and high: a
    95 % *interval* over blocks, a *range* within which the value lies, *none*), blocks,
    blocks_untouched (inf if it does not come from a run), better. `left_out` has the reason for
    each criterion that is missing.
    """

    frameworks: tuple[str, ...]
    table: pd.DataFrame
    left_out: Mapping[str, str]


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
    unless given. A part that one framework lacks is left out for all; a criterion without parts is
    left out with its reason.
    """
    findings = capability_findings() if findings is None else findings
    names = _frameworks(run)
    rows = [*_of_run(run, names, p99_limit_ms), *_of_findings(findings)]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame = frame[frame["framework"].isin(list(names))]
    whole = frame.groupby(["criterion", "part"])["framework"].transform("nunique") == len(names)
    tells = frame.groupby(["criterion", "part"])["value"].transform("max") > 0
    kept = frame[whole & tells].reset_index(drop=True)
    missing = [name for name in CRITERIA if name not in set(kept["criterion"])]
    return Criteria(tuple(names), kept, {name: _WHY.get(name, _NOT_FOUND) for name in missing})


_NOT_FOUND = "data/capabilities.csv does not say it of every framework"
_WHY = {
    THROUGHPUT: "no closed load that counts for every framework",
    IN_TIME: "no scenario in which every framework was offered a rate that it serves within the"
    " limit and a higher one that it does not",
    TAIL: "too few requests of some framework for a 90th percentile",
    COST: "the services' CPU time was not observed for every framework",
    CONNECTIONS: "this run does not tell of every framework how many it holds",
    MEMORY: "the services' memory was not observed for every framework",
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


def _row(criterion: str, part: str, framework: str, better: Better, **known: Any) -> dict[str, Any]:
    blank = {"low": nan, "high": nan, "spread": "none", "blocks": 0, "blocks_untouched": inf}
    place = {"criterion": criterion, "part": part, "framework": framework, "better": better}
    return blank | place | known


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


def _rests_on(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"blocks": row["blocks"], "blocks_untouched": row["blocks"] - row["suspect_blocks"]}


def _tails(run: Run, names: Mapping[str, str]) -> Rows:
    """Yield the highest percentile of 99 and 90 that all frameworks have.

    It is taken at the main open load, or at the main closed load of scenarios without an open one.
    """
    found = latency_against_load(run, (90, 99)).dropna(subset=["latency_ms"])
    found = found[found["stack"].isin(list(names.values()))]
    opened, closed = at_main_load(found, "open"), at_main_load(found, "closed")
    chosen = pd.concat([opened, closed[~closed["scenario"].isin(opened["scenario"])]])
    for scenario, rows in chosen.groupby("scenario", sort=False):
        known = rows.groupby("percentile")["stack"].nunique() == len(names)
        if not known.any():
            continue
        percentile = known.index[known].max()
        for row in rows_of(rows[rows["percentile"] == percentile]):
            yield _row(
                TAIL,
                str(scenario),
                row["framework"],
                "lower",
                value=row["latency_ms"],
                spread="interval",
                **{end: row[end] for end in ("low", "high")},
                **_rests_on(row),
            )


def _memory(run: Run, names: Mapping[str, str]) -> Rows:
    found = at_main_load(estimates(run, "service_memory_mib", kinds=("closed",)))
    for row in _deployed_rows(found.dropna(subset=["value"]), names):
        yield _row(
            MEMORY,
            row["scenario"],
            row["framework"],
            "lower",
            spread="interval",
            **{name: row[name] for name in ("value", "low", "high")},
            **_rests_on(row),
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


_ASKED: tuple[tuple[str, str, str, Better], ...] = (
    (CODE, "lines of code", "in all", "lower"),
    (PACKAGES, "installed packages", "the service: packages", "lower"),
    (PACKAGES, "installed packages", "the service: size", "lower"),
    (VALIDATION, "validation", _COMES, "higher"),
    (VALIDATION, "validation", "lines of code", "lower"),
    (DOCUMENTATION, "documentation", _COMES, "higher"),
    (DOCUMENTATION, "documentation", "page at /docs without any set-up", "higher"),
    (DOCUMENTATION, "documentation", "lines of code", "lower"),
    (ADMIN, "admin", _COMES, "higher"),
    (DATA, "ORM", _COMES, "higher"),
    (DATA, "migrations", _COMES, "higher"),
    (LOGIN, "session login", _COMES, "higher"),
    (TOKEN, "bearer token", _COMES, "higher"),
    (WEBSOCKET, "WebSocket", "echoes a text, on a service of the framework alone", "higher"),
    (COLD_START, "cold start", "first answer, median", "lower"),
)
"""Criterion, capability and question of data/capabilities.csv, and which direction is better."""


def _of_findings(findings: pd.DataFrame) -> Rows:
    told = {
        (row["framework"], row["capability"], row["question"]): _figure(row["value"])
        for row in rows_of(findings)
    }
    for criterion, capability, question, better in _ASKED:
        for framework in dict.fromkeys(findings["framework"]):
            value = told.get((framework, capability, question), nan)
            if isfinite(value):
                known = _range(told, framework, capability, question)
                part = f"{capability}: {question}"
                yield _row(criterion, part, framework, better, value=value, **known)


def _range(
    told: Mapping[tuple[str, str, str], float], framework: str, capability: str, question: str
) -> dict[str, Any]:
    """Return the minimum and maximum that accompany a median; empty if there are none."""
    stem, _, middle = question.rpartition(", ")
    low, high = (told.get((framework, capability, f"{stem}, {end}"), nan) for end in _ENDS)
    is_range = middle == "median" and isfinite(low) and isfinite(high)
    return {"low": low, "high": high, "spread": "range"} if is_range else {}


_ENDS = ("least", "most")


def _figure(text: str) -> float:
    """Convert a finding to a number: yes is 1, no is 0; NaN for any other text."""
    if text in (YES, NO):
        return float(text == YES)
    try:
        return float(text)
    except ValueError:
        return nan
