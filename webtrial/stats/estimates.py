"""Estimates per stack and cell: means over blocks with their intervals, in reading order.

A cell is one scenario × one load. Suspect trials are part of an estimate and are also counted in a
column of their own; invalid trials are never part of it.
"""

from collections.abc import Sequence
from math import nan
from typing import Any

import pandas as pd

from webtrial.run.records import OF_PILOT
from webtrial.run.store import Run
from webtrial.stats.intervals import Estimate, geometric_mean
from webtrial.stats.pairs import framework_of, stacks_in_order, title_of
from webtrial.stats.trials import at_common_loads, measured, trials_table

ARTICLE_LOAD = "100 users"  # implied by the article's own table, by Little's law
CELL = ["scenario", "load_kind", "load"]


def throughput_table(run: Run) -> pd.DataFrame:
    """Return requests per second in closed loads: a row per cell and stack.

    Columns: scenario, load_kind, load, stack, title, framework, value, low, high (geometric mean
    over blocks, t interval on the log scale), blocks, suspect_blocks, invalid_blocks,
    error_fraction, dropped_fraction (as in `failures`).
    """
    return with_failures(run, estimates(run, "throughput_per_s", kinds=("closed",)))


def failures(run: Run) -> pd.DataFrame:
    """Return the failure fractions of the trials that estimates use: a row per cell and stack.

    Columns: scenario, load_kind, load, stack, error_fraction (of the requests sent: failed or timed
    out), dropped_fraction (of the arrivals: never sent because every connection was busy).
    """
    keys = [*CELL, "stack"]
    sums = measured(trials_table(run)).groupby(keys, sort=False)[list(_COUNTED)].sum()
    fractions = {
        "error_fraction": sums["errors"] / sums["sent"],
        "dropped_fraction": sums["dropped"] / sums["scheduled"],
    }
    return pd.DataFrame(fractions).reset_index()


_COUNTED = ("errors", "sent", "dropped", "scheduled")


def with_failures(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Add the fractions of `failures` to a frame of cells and stacks; NaN without a trial."""
    return frame.merge(failures(run), how="left", on=[*CELL, "stack"], validate="many_to_one")


def estimates(run: Run, column: str, kinds: Sequence[str] = ("closed", "open")) -> pd.DataFrame:
    """Return estimates of any column of the trials table.

    Columns are those of `throughput_table` up to invalid_blocks.
    """
    trials = at_common_loads(trials_table(run))
    return estimates_of(run, trials[trials["load_kind"].isin(kinds)], column)


def estimates_of(run: Run, trials: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return `estimates` from a subset of the rows of a run's trials table."""
    shown = trials[trials["final"] & (trials["role"] == "measure")]
    groups = shown.groupby([*CELL, "stack"], sort=False)
    rows = [
        dict(zip([*CELL, "stack"], key, strict=True)) | _estimate(group, column)
        for key, group in groups
    ]
    frame = pd.DataFrame(rows, columns=[*CELL, "stack", *_ESTIMATE_COLUMNS])
    return in_order(run, labelled(run, frame))


def block_values(run: Run, column: str) -> pd.DataFrame:
    """Return the values behind `estimates`: a row per cell, stack and block.

    Invalid trials, which estimates exclude, are included. Columns: scenario, load, stack, block,
    verdict, value.
    """
    trials = trials_table(run)
    counting = trials[trials["final"] & (trials["role"] == "measure")]
    names = ["scenario", "load", "stack", "block", "verdict"]
    return counting[names].assign(value=counting[column])


_ESTIMATE_COLUMNS = ("value", "low", "high", "blocks", "suspect_blocks", "invalid_blocks")


def _estimate(trials: pd.DataFrame, column: str) -> dict[str, Any]:
    values = trials.loc[trials["used"], column].dropna()
    mean = geometric_mean(values.tolist()) if len(values) else Estimate(nan, nan, nan, 0)
    return {
        "value": mean.value,
        "low": mean.low,
        "high": mean.high,
        "blocks": mean.blocks,
        "suspect_blocks": int((trials["verdict"] == "suspect").sum()),
        "invalid_blocks": int((trials["verdict"] == "invalid").sum()),
    }


def labelled(run: Run, frame: pd.DataFrame) -> pd.DataFrame:
    """Add the `title` and `framework` of each stack after the `stack` column."""
    stacks = run.manifest.stacks
    at = int(frame.columns.get_loc("stack")) + 1  # type: ignore[arg-type]
    frame = frame.copy()
    frame.insert(at, "title", [title_of(name, stacks) for name in frame["stack"]])
    frame.insert(at + 1, "framework", [framework_of(name, stacks) for name in frame["stack"]])
    return frame


def in_order(run: Run, frame: pd.DataFrame, stacks: bool = True) -> pd.DataFrame:
    """Sort rows in reading order.

    Scenarios and (if `stacks`) stacks follow the order of the parameters. Closed loads by users
    come first, then open loads by rate, then shares of a stack's pilot rate.
    """
    scenarios = run.manifest.parameters.all_scenarios
    ranks = pd.DataFrame(
        {
            "scenario": [_rank(name, scenarios) for name in frame["scenario"]],
            "kind": frame["load_kind"].to_numpy(),
            "own": [is_pilot_fraction(load) for load in frame["load"]],
            "load": [load_size(load) for load in frame["load"]],
        }
    )
    if stacks:
        ranks["stack"] = [_rank(name, list(stacks_in_order(run))) for name in frame["stack"]]
    by = [name for name in ("scenario", "kind", "own", "load", "stack") if name in ranks]
    order = ranks.sort_values(by, kind="stable").index
    return frame.iloc[order].reset_index(drop=True)


def main_load(loads: pd.DataFrame, kind: str) -> str | None:
    """Return the main load of one `load_kind` in a table, the one that key findings refer to.

    Closed: 100 users if present, otherwise the most users. Open: the lowest common rate, otherwise
    the lowest share of a stack's pilot rate. None if there is no load of that kind.
    """
    available = sorted(set(loads.loc[loads["load_kind"] == kind, "load"]), key=_by_size)
    if not available:
        return None
    if kind == "open":
        return str(available[0])
    return ARTICLE_LOAD if ARTICLE_LOAD in available else str(available[-1])


def at_main_load(frame: pd.DataFrame, kind: str = "closed") -> pd.DataFrame:
    """Return the rows of each scenario at its main load of that kind; none without such a load."""
    rows_at_load = [
        rows[(rows["load_kind"] == kind) & (rows["load"] == main_load(rows, kind))]
        for _, rows in frame.groupby("scenario", sort=False)
    ]
    return pd.concat([frame.iloc[:0], *rows_at_load], ignore_index=True)


def load_size(load: str) -> float:
    """Return the number in `100 users`, `200/s` or `80 % of pilot`, for sorting loads."""
    return float(load.partition(" ")[0].removesuffix("/s"))


def is_pilot_fraction(load: str) -> bool:
    """Whether a load is a share of each stack's pilot rate, such as `80 % of pilot`."""
    return load.endswith(OF_PILOT)


def _by_size(load: str) -> tuple[bool, float]:
    return is_pilot_fraction(load), load_size(load)


def _rank(name: str, order: list[str]) -> int:
    return order.index(name) if name in order else len(order)
