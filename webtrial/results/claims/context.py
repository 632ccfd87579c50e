"""The data on which claims are judged: a run's trials and the findings of probes."""

from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from typing import Any

import pandas as pd

from webtrial.errors import ClaimError
from webtrial.results.capabilities.estimate import capability_findings
from webtrial.results.choosing.criteria import criteria
from webtrial.results.choosing.estimate import recommended
from webtrial.results.claims.claims_file import Claim
from webtrial.results.connections.estimate import connections
from webtrial.run.store import Run
from webtrial.stats.counting import by_trial, request_counts
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.in_time import offered_rates
from webtrial.stats.intervals import MINIMUM_BLOCKS, Estimate, geometric_mean
from webtrial.stats.pairs import Pair, title_of
from webtrial.stats.ratios import THROUGHPUT, Metric, ratio_of
from webtrial.stats.thresholds import P99_LIMIT_MS
from webtrial.stats.trials import at_common_loads, trials_table

ASSUMED_THINK_TIME_S = 7.0
"""The minimum mean think time of a shop visitor between two requests in TPC-W (clause 5.3.2)."""

METRICS = {
    "throughput": THROUGHPUT,
    "latency_mean": Metric("mean", "mean response time", "lower", "response_mean_ms"),
    "resident_memory": Metric("memory", "memory of the service", "lower", "service_memory_mib"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits by which users count as served.

    Their requests must be served within `p99_limit_ms` (`in_time`). `assumed_think_time_s` converts
    an arrival rate to users: it is the assumed mean think time of a user between two requests. No
    load of the run has such a long think time.
    """

    p99_limit_ms: float = P99_LIMIT_MS
    assumed_think_time_s: float = ASSUMED_THINK_TIME_S


@dataclass(frozen=True)
class ClaimContext:
    """The view of a run that claims use. Samples are read once, on first use."""

    run: Run
    claims: tuple[Claim, ...]
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """The rows of `trials_table` that count and are not invalid, including A/A."""
        trials = trials_table(self.run)
        return trials[trials["used"] & trials["role"].isin(["measure", "a/a"])]

    @cached_property
    def main(self) -> pd.DataFrame:
        """The rows of `trials` at the main closed and open load of their scenario.

        The added column `response_mean_ms` is the mean response time of each trial.
        """
        common = at_common_loads(self.trials)
        rows = pd.concat([at_main_load(common, kind) for kind in ("closed", "open")])
        requests = by_trial(request_counts(self.run, rows))
        keys = zip(rows["number"], rows["attempt"], strict=True)
        means = [requests[key].mean_ms if key in requests else nan for key in keys]
        return rows.assign(response_mean_ms=means)

    @cached_property
    def findings(self) -> dict[tuple[str, str, str], str]:
        """The findings of probes: the value by stack as deployed, capability and question."""
        return {
            (row["framework"].lower(), row["capability"], row["question"]): row["value"]
            for row in rows_of(capability_findings())
        }

    @cached_property
    def rates(self) -> pd.DataFrame:
        """The offered arrival rates and whether each was served: `in_time.offered_rates`."""
        return offered_rates(self.run, self.limits.p99_limit_ms)

    @cached_property
    def connections(self) -> pd.DataFrame:
        """The connections and whether they were held: `connections.connections`."""
        return connections(self.run, self.limits.p99_limit_ms)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The framework that comes first, by project: `choosing.recommended`."""
        return recommended(self.run, measured=criteria(self.run, self.limits.p99_limit_ms))

    @property
    def machine(self) -> str:
        """The machine in a few words."""
        machine = self.run.manifest.machine
        processor = machine.get("processor", "unknown processor")
        return f"{processor}, {machine.get('cores', '?')} cores"

    def title(self, stack: str) -> str:
        """Return the label of a stack."""
        return title_of(stack, self.run.manifest.stacks)

    def cell(self, scenario: str, load_kind: str) -> pd.DataFrame:
        """Return the rows of `main` of a scenario at that kind of load."""
        return self._cells.get((scenario, load_kind), self.main.iloc[:0])

    @cached_property
    def _cells(self) -> dict[Any, pd.DataFrame]:
        return dict(iter(self.main.groupby(["scenario", "load_kind"], sort=False)))

    def measured(self, stack: str, scenario: str, load_kind: str) -> pd.DataFrame:
        """Return the rows of `cell` of one stack, without A/A."""
        cell = self.cell(scenario, load_kind)
        return cell[(cell["stack"] == stack) & (cell["role"] == "measure")]

    def missing(self, stacks: tuple[str, ...], scenario: str, load_kind: str) -> str:
        """Return what a run would have to measure to judge these stacks; "" if this run has it."""
        missing = [name for name in stacks if self.measured(name, scenario, load_kind).empty]
        if not missing:
            return ""
        return f"needs a run with {' and '.join(missing)} on {scenario} at a {load_kind} load"

    def ratio(self, claim: Claim, stacks: tuple[str, str], scenario: str) -> dict[str, Any]:
        """Return a row of `ratio_of` by the claim's metric: the first stack over the second."""
        pair = Pair(*stacks, "variant")
        return ratio_of(self.cell(scenario, claim.load), pair, metric_of(claim))

    def estimate(self, claim: Claim, stack: str, scenario: str) -> Estimate:
        """Return a stack's value, over untouched blocks if there are enough of them."""
        rows = self.measured(stack, scenario, claim.load)
        valid = rows[rows["verdict"] == "valid"]
        shown = valid if len(valid) >= MINIMUM_BLOCKS else rows
        values = shown[metric_of(claim).column].dropna().tolist()
        return geometric_mean(values) if values else Estimate(nan, nan, nan, 0)


def metric_of(claim: Claim) -> Metric:
    """Return the metric by which a claim compares stacks; ClaimError if there is no such metric."""
    if claim.metric not in METRICS:
        raise ClaimError(
            f"data/claims.csv, {claim.id}, column metric: unknown metric {claim.metric!r} for"
            f" predicate {claim.predicate!r}; known: {', '.join(METRICS)}"
        )
    return METRICS[claim.metric]
