"""The cost and work of requests: CPU time, statements and rows, upstreams."""

from math import nan
from typing import Any

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.estimates import CELL, in_order, labelled
from webtrial.stats.intervals import geometric_mean
from webtrial.stats.trials import at_common_loads, measured, trials_table

MIXED_SCENARIOS = ("crud", "validation")
MIX_TOLERANCE = 0.08
"""Tolerated relative difference in statements and rows per request in these scenarios. Each kind of
request does the same work, but the scenarios begin with creates, so a stack that handles more
requests has a smaller share of them.
"""
RANDOM_SCENARIOS = ("user_detail", "product_search")
RANDOM_TOLERANCE = 0.015
"""Tolerated relative difference in rows per request in these scenarios, where rows depend on random
draws: less than one row of a search's sixty. Statements do not depend on them and are equal.
"""

PARTS = ("service", "database", "upstreams")
_PART_COLUMNS = {
    "service": "cpu_ms_per_request",
    "database": "database_cpu_ms_per_request",
    "upstreams": "upstreams_cpu_ms_per_request",
}
_WORK = (
    *("data_statements_per_request", "rows_per_request", "control_statements_per_request"),
    "database_time_ms_per_request",
)


def cost_table(run: Run) -> pd.DataFrame:
    """Return CPU-milliseconds per completed request: a row per cell and stack.

    Columns: scenario, load_kind, load, stack, title, framework, service_ms, database_ms,
    upstreams_ms, total_ms, low, high, blocks, suspect_blocks. The total is the geometric mean over
    blocks with its t interval; it is divided among the parts in proportion to their sums over the
    blocks. A part that was not observed in some block is NaN and excluded from the total.
    """
    trials = at_common_loads(measured(trials_table(run))).dropna(subset=["cpu_ms_per_request"])
    groups = trials.groupby([*CELL, "stack"], sort=False)
    rows = [dict(zip([*CELL, "stack"], key, strict=True)) | _cost(group) for key, group in groups]
    parts = [f"{part}_ms" for part in PARTS]
    columns = [*CELL, "stack", *parts, "total_ms", "low", "high", "blocks", "suspect_blocks"]
    return in_order(run, labelled(run, pd.DataFrame(rows, columns=columns)))


def _cost(trials: pd.DataFrame) -> dict[str, Any]:
    parts = trials[list(_PART_COLUMNS.values())].dropna(axis="columns")
    total = geometric_mean(parts.sum(axis=1).tolist())
    shares = parts.sum() / parts.sum().sum()
    return {
        **{
            f"{part}_ms": total.value * shares.get(name, nan)
            for part, name in _PART_COLUMNS.items()
        },
        "total_ms": total.value,
        "low": total.low,
        "high": total.high,
        "blocks": total.blocks,
        "suspect_blocks": int((trials["verdict"] == "suspect").sum()),
    }


_ROUNDING = 1e-9


def same_work_table(run: Run) -> pd.DataFrame:
    """Return PostgreSQL's work per request: a row per scenario and stack, means over trials.

    Columns: scenario, stack, title, framework, data_statements_per_request, rows_per_request,
    control_statements_per_request, database_time_ms_per_request, same: whether data statements and
    rows equal those of the scenario's other stacks, within the tolerances `MIX_TOLERANCE` and
    `RANDOM_TOLERANCE`. (The contract's own tests require exact equality for each kind of request.)
    """
    trials = measured(trials_table(run)).dropna(subset=["data_statements_per_request"])
    means = trials.groupby(["scenario", "stack"], sort=False)[list(_WORK)].mean().reset_index()
    means["same"] = _agrees(means, _WORK[0], {}) & _agrees(
        means, _WORK[1], dict.fromkeys(RANDOM_SCENARIOS, RANDOM_TOLERANCE)
    )
    frame = means.assign(load_kind="closed", load="0 users")
    return in_order(run, labelled(run, frame)).drop(columns=["load_kind", "load"])


def _agrees(means: pd.DataFrame, column: str, tolerances: dict[str, float]) -> pd.Series:
    """Whether a stack's number equals that of its scenario's median stack, within the tolerance."""
    medians = means.groupby("scenario")[column].transform("median")
    tolerances = dict.fromkeys(MIXED_SCENARIOS, MIX_TOLERANCE) | tolerances
    tolerance = [max(tolerances.get(name, 0.0), _ROUNDING) for name in means["scenario"]]
    return (means[column] - medians).abs() <= tolerance * medians
