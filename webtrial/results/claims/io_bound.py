"""A claim about I/O-bound work, judged only in scenarios that were I/O-bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from webtrial.results.base.formatting import humanize, listed
from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.comparing import compare, judge_parts
from webtrial.results.claims.context import ClaimContext
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import Judged, Part, band, untestable
from webtrial.run.manifest import Manifest

CPU_BOUND = 0.9
"""The share of its cores from which on a stack is CPU-bound: computing limits it, not waiting."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One ratio, with the busy share of the cores for each of its two stacks (`busy_fraction`)."""

    scenario: str
    part: Part
    busy: tuple[float, ...]

    @property
    def is_io_bound(self) -> bool:
        """Whether both stacks were waiting; False if the CPU time was not recorded."""
        return all(each < CPU_BOUND for each in self.busy)


@predicate
def io_bound_ratio(claim: Claim, context: ClaimContext) -> Judged:
    """Judge each stack over each baseline in each scenario in which neither was CPU-bound.

    If one side keeps its cores busy, the ratio depends on the CPU time of a request. It can neither
    support nor refute a claim about waiting, so it is excluded, and the reason says so.
    """
    comparisons = [
        _comparison(claim, context, (stack, baseline), scenario)
        for stack, baseline, scenario in product(claim.stack, claim.baseline, claim.scenario)
    ]
    missing = [each.part for each in comparisons if each.part.missing]
    measured = [each for each in comparisons if not each.part.missing]
    io_bound = [each.part for each in measured if each.is_io_bound]
    cpu_bound = _cpu_bound_text([each for each in measured if not each.is_io_bound])
    if not io_bound:
        return untestable(_requirement(claim, context, cpu_bound, missing))
    judged = judge_parts([*io_bound, *missing])
    note = f"; the others were CPU-bound ({cpu_bound})" if cpu_bound else ""
    return replace(judged, reason=judged.reason + note)


def _comparison(
    claim: Claim, context: ClaimContext, stacks: tuple[str, str], scenario: str
) -> _Comparison:
    allowed = band(claim.comparator, claim.numbers)
    busy = tuple(
        busy_fraction(context.measured(name, scenario, claim.load), context.run.manifest)
        for name in stacks
    )
    return _Comparison(scenario, compare(claim, context, stacks, scenario, allowed), busy)


def _requirement(
    claim: Claim, context: ClaimContext, cpu_bound: str, missing: Sequence[Part]
) -> str:
    """Return why no comparison is about waiting."""
    cells = pd.concat([context.cell(name, claim.load) for name in claim.scenario])
    loads = listed([str(load) for load in cells["load"].unique()])
    bound = f"needs I/O-bound work: at {loads} every scenario was CPU-bound ({cpu_bound})"
    reasons = [*([bound] if cpu_bound else []), *(each.missing for each in missing)]
    return "; ".join(dict.fromkeys(reasons))


def busy_fraction(trials: pd.DataFrame, manifest: Manifest) -> float:
    """Return the mean share of the serving cores that trials of `trials_table` kept busy.

    NaN if the CPU time of the service was not recorded. It is the larger of two shares: that of the
    service alone, each process of which computes on one core at a time; and that of service,
    PostgreSQL and upstreams together on all the cores they were given.
    """
    cores = _cores(manifest.budgets, manifest.machine)
    processes = int(manifest.budgets.get("server_processes") or 1)
    others = trials[["database_cpu_ms_per_request", "upstreams_cpu_ms_per_request"]]
    per_ms = trials["completed"] / trials["window_s"] / 1000
    service = trials["cpu_ms_per_request"] * per_ms
    together = service + others.fillna(0).sum(axis="columns") * per_ms
    return float(np.maximum(service / min(processes, cores), together / cores).mean())


def _cores(budgets: Mapping[str, Any], machine: Mapping[str, Any]) -> int:
    """Return the number of serving cores: those reserved for it, otherwise all of the machine."""
    return len(budgets.get("service_cores") or ()) or int(machine.get("cores") or 1)


def _cpu_bound_text(comparisons: Sequence[_Comparison]) -> str:
    """Return `cores busy: crud 98–99 %, dashboard 99 %`; empty without comparisons."""
    by_scenario: dict[str, list[float]] = {}
    for each in comparisons:
        by_scenario.setdefault(each.scenario, []).extend(filter(isfinite, each.busy))
    spans = ", ".join(f"{humanize(name)} {_span(busy)}" for name, busy in by_scenario.items())
    return f"cores busy: {spans}" if spans else ""


def _span(busy: Sequence[float]) -> str:
    if not busy:
        return "not recorded"
    low, high = f"{100 * min(busy):.0f}", f"{100 * max(busy):.0f}"
    return f"{low} %" if low == high else f"{low}–{high} %"
