"""What claims are judged on: a run's trials, and what probes found."""

from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from typing import Any

import pandas as pd

from webtrial.analyse.capabilities import capability_findings
from webtrial.analyse.claims.book import Claim
from webtrial.analyse.compare import THROUGHPUT, Metric, ratio_of
from webtrial.analyse.counting import by_trial, counted
from webtrial.analyse.estimates import at_main_load
from webtrial.analyse.pairs import Pair, title_of
from webtrial.analyse.phrases import number
from webtrial.analyse.statistics import MINIMUM_BLOCKS, Estimate, geometric_mean
from webtrial.analyse.summary import at_common_loads, trials_table
from webtrial.errors import ClaimError
from webtrial.runs import Run

P99_LIMIT_MS = 1000.0
"""What keeps a user's flow of thought (Nielsen, Usability Engineering, 1993, section 5.5)."""
THINK_TIME_S = 7.0
"""Between the requests of a shop's visitor (TPC-W, clause 5.3.2.1: a mean of 7 to 8 s)."""

METRICS = {
    "throughput": THROUGHPUT,
    "latency_mean": Metric("mean", "mean response time", "lower", "response_mean_ms"),
    "resident_memory": Metric("memory", "memory of the service", "lower", "service_memory_mib"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """When a user counts as served: the 99th percentile of response time is within
    `p99_limit_ms`; between two requests a user thinks for `think_time_s` on average."""

    p99_limit_ms: float = P99_LIMIT_MS
    think_time_s: float = THINK_TIME_S


@dataclass(frozen=True)
class Case:
    """A run as claims see it. What is read from samples is read once, when it is first needed."""

    run: Run
    claims: tuple[Claim, ...]
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """The rows of `trials_table` that count and are not invalid, A/A among them."""
        trials = trials_table(self.run)
        return trials[trials["used"] & trials["role"].isin(["measure", "a/a"])]

    @cached_property
    def main(self) -> pd.DataFrame:
        """Of these the ones at the main closed and open load of their scenario, with
        `response_mean_ms`, the mean response time of each trial."""
        common = at_common_loads(self.trials)
        rows = pd.concat([at_main_load(common, kind) for kind in ("closed", "open")])
        requests = by_trial(counted(self.run, rows))
        keys = zip(rows["number"], rows["attempt"], strict=True)
        means = [requests[key].mean_ms if key in requests else nan for key in keys]
        return rows.assign(response_mean_ms=means)

    @cached_property
    def findings(self) -> dict[tuple[str, str, str], str]:
        """What probes found: the value by stack as deployed, capability and question."""
        rows = capability_findings().itertuples()
        return {(row.framework.lower(), row.capability, row.question): row.value for row in rows}

    @property
    def machine(self) -> str:
        """The machine in a few words."""
        told = self.run.manifest.machine
        processor = told.get("processor", "processor unknown")
        return f"{processor}, {told.get('cores', '?')} cores"

    def title(self, stack: str) -> str:
        """The label of a stack."""
        return title_of(stack, self.run.manifest.stacks)

    def metric(self, claim: Claim) -> Metric:
        """What a claim compares stacks by; ClaimError where there is no such thing."""
        if claim.metric not in METRICS:
            raise ClaimError(
                f"data/claims.csv, {claim.id}, column metric: no {claim.metric!r} for predicate"
                f" {claim.predicate!r}; there are {', '.join(METRICS)}"
            )
        return METRICS[claim.metric]

    def cell(self, scenario: str, load_kind: str) -> pd.DataFrame:
        """The rows of `main` of a scenario at that kind of load."""
        rows = self.main
        return rows[(rows["scenario"] == scenario) & (rows["load_kind"] == load_kind)]

    def lacks(self, stacks: tuple[str, ...], scenario: str, load_kind: str) -> str:
        """What a run would have to measure to compare these; nothing where this one has."""
        cell = self.cell(scenario, load_kind)
        there = set(cell.loc[cell["role"] == "measure", "stack"])
        if missing := [name for name in stacks if name not in there]:
            return f"needs a run with {', '.join(missing)} on {scenario} at a {load_kind} load"
        return ""

    def ratio(self, claim: Claim, stack: str, baseline: str, scenario: str) -> dict[str, Any]:
        """A row of `ratio_of` for two stacks at the claim's load."""
        pair = Pair(stack, baseline, "as deployed", None, ())
        return ratio_of(self.cell(scenario, claim.load), pair, self.metric(claim))

    def figure(self, claim: Claim, stack: str, scenario: str) -> Estimate:
        """What a stack reached, over untouched blocks where there are enough of them."""
        cell = self.cell(scenario, claim.load)
        rows = cell[(cell["stack"] == stack) & (cell["role"] == "measure")]
        valid = rows[rows["verdict"] == "valid"]
        rows = valid if len(valid) >= MINIMUM_BLOCKS else rows
        column = self.metric(claim).column
        values = rows[column].dropna().tolist()
        return geometric_mean(values) if values else Estimate(nan, nan, nan, 0)


def measured_text(value: float, unit: str) -> str:
    """`243 requests/s`."""
    return f"{number(value, 3)} {unit}"
