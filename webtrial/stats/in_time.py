"""The rule for "served within the limit", and the arrival rates of a run that meet it.

A load is served within a limit if at least 99 % of its requests (1 - TOLERATED_SHARE) get a
response within it. A request that failed, timed out or could not be sent counts as late. Only open
loads and persistent connections can be judged, because their rate is set by the plan. A closed load
sends requests as fast as responses arrive, so its throughput does not show which arrival rate could
be served.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from scipy.stats import binomtest

from webtrial.run.cached import cached_per_run
from webtrial.run.store import Run
from webtrial.stats.counting import by_trial, request_counts
from webtrial.stats.estimates import CELL, in_order, labelled
from webtrial.stats.histogram import Histogram, merged
from webtrial.stats.intervals import CONFIDENCE, MINIMUM_BLOCKS
from webtrial.stats.thresholds import MINIMUM_REQUESTS, P99_LIMIT_MS, TOLERATED_SHARE
from webtrial.stats.trials import at_common_loads, measured, trials_table

_PLACE = [*CELL, "stack"]


def is_served(late: int, requests: int) -> bool | None:
    """Whether a load is served within the limit if `late` of its `requests` are late.

    None with fewer than MINIMUM_REQUESTS, or if the one-sided 95 % bounds of the late share lie on
    both sides of TOLERATED_SHARE (Clopper and Pearson, Biometrika 26, 1934).
    """
    if requests < MINIMUM_REQUESTS:
        return None
    share = binomtest(late, requests).proportion_ci(2 * CONFIDENCE - 1, "exact")
    if share.high <= TOLERATED_SHARE:
        return True
    return False if share.low > TOLERATED_SHARE else None


def late_requests(
    trials: pd.DataFrame, histograms: Mapping[tuple[Any, Any], Histogram], limit_ms: float
) -> tuple[int, int]:
    """Return how many requests of `trials` were late, and how many were scheduled.

    `histograms` are `by_trial(request_counts(run, trials))`.
    """
    names = zip(trials["number"], trials["attempt"], strict=True)
    combined = merged([histograms[name] for name in names if name in histograms])
    requests = int(trials["scheduled"].sum())
    return requests - combined.completed_within(limit_ms), requests


def deciding(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the untouched trials if there are at least MINIMUM_BLOCKS of them, otherwise all."""
    untouched = trials[trials["verdict"] == "valid"]
    return untouched if len(untouched) >= MINIMUM_BLOCKS else trials


def offered_rates(run: Run, p99_limit_ms: float = P99_LIMIT_MS) -> pd.DataFrame:
    """Return whether each offered arrival rate was served within the limit.

    A row per open load and stack. Columns: scenario, load_kind, load, stack, title, framework,
    rate_per_s, requests (scheduled in the `deciding` trials), late_share (of them), is_served
    (True, False, or None if it cannot be decided), blocks, suspect_blocks (among all trials that
    count).
    """
    return _within(run, p99_limit_ms).copy()


@cached_per_run
def _within(run: Run, p99_limit_ms: float) -> pd.DataFrame:
    trials = at_common_loads(measured(trials_table(run)))
    trials = trials[trials["load_kind"] == "open"]
    histograms = by_trial(request_counts(run, trials))
    rows = [
        dict(zip(_PLACE, key, strict=True)) | _offered(group, histograms, p99_limit_ms)
        for key, group in trials.groupby(_PLACE, sort=False)
    ]
    return in_order(run, labelled(run, pd.DataFrame(rows, columns=[*_PLACE, *_OFFERED])))


_OFFERED = ("rate_per_s", "requests", "late_share", "is_served", "blocks", "suspect_blocks")


def _offered(
    trials: pd.DataFrame, histograms: Mapping[tuple[Any, Any], Histogram], limit_ms: float
) -> dict[str, Any]:
    late, requests = late_requests(deciding(trials), histograms, limit_ms)
    return {
        "rate_per_s": trials["rate_per_s"].median(),
        "requests": requests,
        "late_share": late / max(requests, 1),
        "is_served": is_served(late, requests),
        "blocks": len(trials),
        "suspect_blocks": int((trials["verdict"] == "suspect").sum()),
    }


def rates_in_time(run: Run, p99_limit_ms: float = P99_LIMIT_MS) -> pd.DataFrame:
    """Return the bounds on each stack's capacity under a limit.

    A row per scenario and stack with open loads. Columns: scenario, stack, title, framework, and
    those of `capacity_bounds`. If no rate could be judged (`judged` is 0), the capacity was not
    measured.
    """
    groups = offered_rates(run, p99_limit_ms).groupby(["scenario", "stack"], sort=False)
    rows = [
        dict(zip(["scenario", "stack"], key, strict=True)) | capacity_bounds(rates)
        for key, rates in groups
    ]
    frame = pd.DataFrame(rows, columns=["scenario", "stack", *_BOUNDS])
    placed = labelled(run, frame.assign(load_kind="open", load="0/s"))
    return in_order(run, placed).drop(columns=["load_kind", "load"])


_BOUNDS = (
    *("rate_per_s", "late_share", "missed_per_s", "missed_late_share", "judged", "unknown"),
    *("blocks", "blocks_untouched"),
)


def capacity_bounds(rates: pd.DataFrame) -> dict[str, Any]:
    """Return the bounds on the capacity of one stack in one scenario, from its `offered_rates`.

    rate_per_s, late_share: of the highest rate that it serves, NaN if it serves none; missed_per_s,
    missed_late_share: of the lowest rate above that one which it does not serve, NaN without one;
    judged, unknown: how many rates could and could not be judged; blocks, blocks_untouched: the
    fewest behind any rate that could be judged.
    """
    known = rates[rates["is_served"].notna()].sort_values("rate_per_s")
    served = known[known["is_served"].eq(True)].tail(1)
    above = known["rate_per_s"] > (served["rate_per_s"].iloc[0] if len(served) else 0)
    missed = known[known["is_served"].eq(False) & above].head(1)
    return {
        "rate_per_s": served["rate_per_s"].max(),
        "late_share": served["late_share"].max(),
        "missed_per_s": missed["rate_per_s"].max(),
        "missed_late_share": missed["late_share"].max(),
        "judged": len(known),
        "unknown": len(rates) - len(known),
        "blocks": int(known["blocks"].min()) if len(known) else 0,
        "blocks_untouched": int(_untouched(known).min()) if len(known) else 0,
    }


def _untouched(rows: pd.DataFrame) -> pd.Series:
    return rows["blocks"] - rows["suspect_blocks"]
