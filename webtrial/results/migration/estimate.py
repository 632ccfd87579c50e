"""Two frameworks at one address: the cost of a request during a migration."""

import pandas as pd

from webtrial.run.stacks import apportion
from webtrial.run.store import Run
from webtrial.stats.estimates import CELL, estimates, load_size
from webtrial.stats.pairs import (
    Stacks,
    framework_of,
    frameworks_of,
    is_deployed,
    stacks_in_order,
    together_over_deployed,
)
from webtrial.stats.ratios import ratio_table

METRICS = ("cpu", "throughput")


def migration_ratios(run: Run) -> pd.DataFrame:
    """Return stacks that run two frameworks together, over each of these as deployed.

    Rows are those of `ratio_table` for METRICS, at the largest closed load of each scenario that
    has one.
    """
    ratios = ratio_table(run, together_over_deployed(run))
    rows = ratios[(ratios["load_kind"] == "closed") & ratios["metric"].isin(METRICS)]
    rows = rows.dropna(subset=["ratio"])
    users = rows["load"].map(load_size)
    largest = users.groupby(rows["scenario"]).transform("max")
    return rows[users == largest].reset_index(drop=True)


def migration_costs(run: Run, ratios: pd.DataFrame) -> pd.DataFrame:
    """Return the costs behind `migration_ratios`: a row per scenario, way and stack.

    Each way goes from the framework that is left, through the stacks that run both, to the one that
    is reached.

    Columns: those of CELL, way (`Flask to FastAPI`), stack, title, framework, value, low, high
    (CPU-milliseconds of the service per request: geometric mean over blocks, t interval), blocks,
    suspect_blocks, invalid_blocks.
    """
    costs = estimates(run, "cpu_ms_per_request", kinds=("closed",)).dropna(subset=["value"])
    costs.insert(len(CELL), "way", "")
    parts = [costs.iloc[:0]]
    for way, names in _ways(stacks_in_order(run)).items():
        cells = ratios.loc[ratios["stack"].isin(names), CELL].drop_duplicates()
        rows = costs.merge(cells, on=CELL).set_index("stack", drop=False)
        for _, cell in rows.groupby(CELL, sort=False):
            parts.append(cell.loc[[name for name in names if name in cell.index]].assign(way=way))
    order = costs["scenario"].unique().tolist()
    rows = pd.concat(parts, ignore_index=True)
    return rows.sort_values("scenario", key=lambda names: names.map(order.index), kind="stable")


def pool_sizes(run: Run) -> dict[str, list[int]]:
    """Return the number of database connections of each pool, for stacks with several pools."""
    budgets, stacks = run.manifest.budgets, run.manifest.stacks
    budget = budgets.get("database_connections", 0) // budgets.get("server_processes", 1)
    pools = {name: stack.get("connections") or {} for name, stack in stacks.items()}
    return {
        name: list(apportion(budget, parts).values())
        for name, parts in pools.items()
        if budget and len(parts) > 1
    }


def _ways(stacks: Stacks) -> dict[str, list[str]]:
    """Return the stacks of each way, including both ends if they were measured."""
    together: dict[tuple[str, ...], list[str]] = {}
    for name in stacks:
        if len(frameworks := frameworks_of(name, stacks)) > 1:
            together.setdefault(tuple(frameworks), []).append(name)
    return {
        " to ".join(frameworks): [
            *_deployed(frameworks[0], stacks),
            *names,
            *_deployed(frameworks[-1], stacks),
        ]
        for frameworks, names in together.items()
    }


def _deployed(framework: str, stacks: Stacks) -> list[str]:
    return [
        name
        for name in stacks
        if is_deployed(name, stacks) and framework_of(name, stacks) == framework
    ]
