"""Values for the explorer on the page: every stack in every scenario at every load."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.figure_style import looks
from webtrial.results.base.formatting import humanize
from webtrial.results.explorer.estimate import STATISTICS, measured_cells, statistics_of
from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.store import Run
from webtrial.stats.estimates import CELL, estimates
from webtrial.stats.frames import rows_of

DIGITS = 4  # significant digits of a value


def values_of(run: Run) -> dict[str, Any]:
    """Return the values of `run` as a JSON object.

    - `places`: scenario, load
    - `stacks`: title, hue, whether every scenario has it
    - `statistics`: the names in STATISTICS
    - `rows`: place, stack and statistic as indices, value, low, high, blocks, suspect blocks
    """
    measured = measured_cells(run)
    cells = measured[["scenario", "load", "load_kind"]].drop_duplicates()
    stacks = measured[["stack", "title", "framework"]].drop_duplicates("stack")
    look = looks(stacks)
    common = run.manifest.parameters.stacks
    return {
        "places": [[humanize(row["scenario"]), row["load"]] for row in rows_of(cells)],
        "stacks": [
            [row["title"], look[row["stack"]].hue, row["stack"] in common]
            for row in rows_of(stacks)
        ],
        "statistics": list(STATISTICS),
        "rows": list(_rows(run, cells, stacks["stack"].tolist())),
    }


def _rows(run: Run, cells: pd.DataFrame, stacks: list[str]) -> Iterator[list[float | None]]:
    numbers = {tuple(cell): place for place, cell in enumerate(cells[CELL].to_numpy())}
    for statistic, (name, table) in enumerate(_tables(run)):
        for row in rows_of(table):
            place = numbers.get(tuple(row[column] for column in CELL))
            if place is None or name not in statistics_of(row["load_kind"]):
                continue
            if isfinite(row["value"]) and row["stack"] in stacks:
                values = [_short(row[column]) for column in ("value", "low", "high")]
                counts = [int(row[column]) for column in ("blocks", "suspect_blocks")]
                yield [place, stacks.index(row["stack"]), statistic, *values, *counts]


def _tables(run: Run) -> Iterator[tuple[str, pd.DataFrame]]:
    shares = [each.percentile for each in STATISTICS.values() if each.percentile]
    percentiles = latency_against_load(run, tuple(shares)).rename(columns={"latency_ms": "value"})
    for name, metric in STATISTICS.items():
        if metric.percentile:
            yield name, percentiles[percentiles["percentile"] == metric.percentile]
        else:
            assert metric.column is not None
            yield name, estimates(run, metric.column)


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if isfinite(value) else None
