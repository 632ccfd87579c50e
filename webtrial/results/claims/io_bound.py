"""A claim about I/O-bound work, judged only in scenarios that were I/O-bound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from webtrial.results.base.formatting import humanize, listed
from webtrial.results.claims.book import Claim
from webtrial.results.claims.case import ClaimContext
from webtrial.results.claims.comparing import compared, judged_together
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import Judged, Part, band, untestable
from webtrial.run.store import Manifest

CPU_BOUND = 0.9
"""The share of its cores from which on a stack is CPU-bound: computing limits it, not waiting."""


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One ratio, with the busy share of the cores for each of its two stacks (`busy_fraction`)."""

    scenario: str
    part: Part
    busy: tuple[float, float]

    @property
    def is_io_bound(self) -> bool:
        """Whether both stacks were waiting; False if the CPU time was not recorded."""
        return all(each < CPU_BOUND for each in self.busy)


@predicate
def io_bound_ratio(claim: Claim, case: ClaimContext) -> Judged:
    """Judge each stack over each baseline in each scenario in which neither was CPU-bound.

    If one side keeps its cores busy, the ratio depends on the CPU time of a request. It can neither
    support nor refute a claim about waiting, so it is excluded, and the reason says so.
    """
    found = [
        _comparison(claim, case, (stack, baseline), scenario)
        for stack, baseline, scenario in product(claim.stack, claim.baseline, claim.scenario)
    ]
    missing = [each.part for each in found if each.part.missing]
    measured = [each for each in found if not each.part.missing]
    waited = [each.part for each in measured if each.is_io_bound]
    busy = _busy_in_words([each for each in measured if not each.is_io_bound])
    if not waited:
        return untestable(_needed(claim, case, busy, missing))
    judged = judged_together([*waited, *missing])
    left_out = f"; the others were CPU-bound ({busy})" if busy else ""
    return replace(judged, reason=judged.reason + left_out)


def _comparison(
    claim: Claim, case: ClaimContext, stacks: tuple[str, str], scenario: str
) -> _Comparison:
    allowed = band(claim.comparator, claim.numbers)
    above, below = (
        busy_fraction(case.measured(name, scenario, claim.load), case.run.manifest)
        for name in stacks
    )
    return _Comparison(scenario, compared(claim, case, stacks, scenario, allowed), (above, below))


def _needed(claim: Claim, case: ClaimContext, busy: str, missing: Sequence[Part]) -> str:
    """Return why no comparison is about waiting."""
    cells = pd.concat([case.cell(name, claim.load) for name in claim.scenario])
    loads = listed([str(load) for load in cells["load"].unique()])
    bound = f"needs I/O-bound work: at {loads} every scenario was CPU-bound ({busy})"
    return "; ".join([*([bound] if busy else []), *dict.fromkeys(each.missing for each in missing)])


def busy_fraction(trials: pd.DataFrame, manifest: Manifest) -> float:
    """Return the mean share of the serving cores that trials of `trials_table` kept busy.

    NaN if the CPU time of the service was not recorded. It is the larger of two shares: that of the
    service alone, each process of which computes on one core at a time; and that of service,
    PostgreSQL and upstreams together on all the cores they were given.
    """
    cores = _cores(manifest.budgets, manifest.machine)
    processes = int(manifest.budgets.get("server_processes") or 1)
    beside = trials[["database_cpu_ms_per_request", "upstreams_cpu_ms_per_request"]]
    per_ms = trials["completed"] / trials["window_s"] / 1000
    service = trials["cpu_ms_per_request"] * per_ms
    together = service + beside.fillna(0).sum(axis="columns") * per_ms
    return float(np.maximum(service / min(processes, cores), together / cores).mean())


def _cores(budgets: Mapping[str, Any], machine: Mapping[str, Any]) -> int:
    """Return the number of serving cores: those reserved for it, otherwise all of the machine."""
    return len(budgets.get("service_cores") or ()) or int(machine.get("cores") or 1)


def _busy_in_words(left_out: Sequence[_Comparison]) -> str:
    """Return `cores busy: crud 98–99 %, dashboard 99 %`."""
    by_scenario: dict[str, list[float]] = {}
    for each in left_out:
        by_scenario.setdefault(each.scenario, []).extend(filter(isfinite, each.busy))
    told = ", ".join(f"{humanize(name)} {_span(busy)}" for name, busy in by_scenario.items())
    return f"cores busy: {told}" if told else ""


def _span(busy: Sequence[float]) -> str:
    if not busy:
        return "not recorded"
    low, high = f"{100 * min(busy):.0f}", f"{100 * max(busy):.0f}"
    return f"{low} %" if low == high else f"{low}–{high} %"
