"""A user-selected part of a run: some stacks in one scenario at one load, by one statistic.

Only the selection is computed, which makes the result appear at once.
"""

from dataclasses import dataclass

import pandas as pd

from webtrial.errors import ParameterError
from webtrial.results.base.ratio_labels import labelled_pairs
from webtrial.results.latency.estimate import latency_against_load
from webtrial.run.store import Run
from webtrial.stats.estimates import (
    CELL,
    block_values,
    estimates_of,
    in_order,
    labelled,
    with_failures,
)
from webtrial.stats.pairs import pair_of
from webtrial.stats.ratios import CPU, MEDIAN, P99, RATIO_COLUMNS, THROUGHPUT, Metric, ratios_in
from webtrial.stats.trials import at_common_loads, count_invalid, latencies, measured, trials_table

STATISTICS: dict[str, Metric] = {
    "requests per second": THROUGHPUT,
    "median response time (ms)": MEDIAN,
    "90th percentile (ms)": Metric(
        "p90", "90th percentile of response time", "lower", percentile=90
    ),
    "99th percentile (ms)": P99,
    "CPU of the service (ms per request)": CPU,
    "CPU of PostgreSQL (ms per request)": Metric(
        "database_cpu",
        "CPU time of PostgreSQL per request",
        "lower",
        "database_cpu_ms_per_request",
    ),
    "memory of the service (MiB)": Metric(
        "memory", "memory of the service", "lower", "service_memory_mib"
    ),
}
"""The statistics by which stacks are compared, under the names in the menu."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Stacks (in reading order) in a scenario at a load, with the name of one of STATISTICS."""

    scenario: str
    load: str
    stacks: tuple[str, ...]
    statistic: str

    @property
    def metric(self) -> Metric:
        """The statistic; ParameterError if the name is not in STATISTICS."""
        if self.statistic not in STATISTICS:
            known = ", ".join(STATISTICS)
            raise ParameterError(f"unknown statistic {self.statistic!r}; known: {known}")
        return STATISTICS[self.statistic]

    @property
    def column(self) -> str:
        """The statistic as a column name with its unit: `throughput_per_s`, `p50_ms`."""
        return self.metric.column or f"{self.metric.name}_ms"


def measured_cells(run: Run) -> pd.DataFrame:
    """Return where a run has trials that count: a row per cell and stack, in reading order.

    Columns: scenario, load_kind, load, stack, title, framework.
    """
    trials = at_common_loads(measured(trials_table(run)))
    trials = trials[trials["load_kind"] != "persistent"]
    cells = trials[[*CELL, "stack"]].drop_duplicates()
    return in_order(run, labelled(run, cells.reset_index(drop=True)))


def statistics_of(kind: str) -> list[str]:
    """Return the names of STATISTICS for a kind of load; an open load sets its own rate."""
    return [name for name, each in STATISTICS.items() if kind == "closed" or not each.closed_only]


def selected(run: Run, chosen: Selection) -> pd.DataFrame:
    """Return the selection, a row per stack.

    Columns: scenario, load_kind, load, stack, title, framework, value, low, high (95 %, over
    blocks), blocks, suspect_blocks, invalid_blocks, error_fraction, dropped_fraction. A percentile
    of too few requests is NaN.
    """
    table = _percentiles(run, chosen) if chosen.metric.percentile else _estimates(run, chosen)
    return table.reset_index(drop=True)


def with_units(table: pd.DataFrame, chosen: Selection) -> pd.DataFrame:
    """Return `selected` with units in the column names (`p50_ms`, `p50_ms_low` …).

    Use it for further work on the selection.
    """
    ends = {"low": f"{chosen.column}_low", "high": f"{chosen.column}_high"}
    return table.rename(columns={"value": chosen.column, **ends})


def blocks_of(run: Run, chosen: Selection) -> pd.DataFrame:
    """Return `block_values` of the selection; no rows if the statistic is a percentile."""
    column = chosen.metric.column
    values = block_values(run, column or "throughput_per_s")
    return _rows_of_selection(values if column else values.iloc[:0], chosen)


def ratios_to_first(run: Run, chosen: Selection) -> pd.DataFrame:
    """Return every selected stack over the first of them.

    Columns are those of `labelled_pairs` of `ratio_table`, including the A/A noise floor if the run
    has one there.
    """
    first, *others = chosen.stacks
    stacks = run.manifest.stacks
    pairs = [pair_of(stack, first, "variant", stacks) for stack in others]
    trials = trials_table(run)
    used = trials[trials["used"] & trials["role"].isin(["measure", "a/a"])]
    cell = _cell_of(used, chosen)
    aa_stacks = cell.loc[cell["role"] == "a/a", "stack"]
    cell = cell[cell["stack"].isin([*chosen.stacks, *aa_stacks])]
    keys = cell[CELL].iloc[0].to_dict() if len(cell) else {}
    rows = [keys | row for row in ratios_in(run, cell, pairs, [chosen.metric])]
    frame = pd.DataFrame(rows, columns=[*CELL, *RATIO_COLUMNS])
    return labelled_pairs(run, frame).assign(metric_label=chosen.metric.label)


def invalid_trials_of(run: Run, chosen: Selection) -> int:
    """Return how many selected trials are invalid and therefore excluded."""
    return count_invalid(_rows_of_selection(trials_table(run), chosen))


def requests_of(run: Run, chosen: Selection) -> pd.DataFrame:
    """Return the requests behind the selection, a row each: columns of `latencies`."""
    return latencies(run, _rows_of_selection(measured(trials_table(run)), chosen))


def _estimates(run: Run, chosen: Selection) -> pd.DataFrame:
    assert chosen.metric.column is not None
    trials = _rows_of_selection(at_common_loads(trials_table(run)), chosen)
    return with_failures(run, estimates_of(run, trials, chosen.metric.column))


def _percentiles(run: Run, chosen: Selection) -> pd.DataFrame:
    percentile = chosen.metric.percentile
    assert percentile is not None
    table = latency_against_load(
        run, (percentile,), [chosen.scenario], chosen.load, chosen.stacks
    ).rename(columns={"latency_ms": "value"})
    trials = _rows_of_selection(trials_table(run), chosen)
    invalid = trials[trials["final"] & (trials["verdict"] == "invalid")].groupby("stack").size()
    table["invalid_blocks"] = table["stack"].map(invalid).fillna(0).astype(int)
    return table[[*CELL, *_COLUMNS]]


_COLUMNS = (
    *("stack", "title", "framework", "value", "low", "high", "blocks", "suspect_blocks"),
    *("invalid_blocks", "error_fraction", "dropped_fraction"),
)


def _cell_of(rows: pd.DataFrame, chosen: Selection) -> pd.DataFrame:
    return rows[(rows["scenario"] == chosen.scenario) & (rows["load"] == chosen.load)]


def _rows_of_selection(rows: pd.DataFrame, chosen: Selection) -> pd.DataFrame:
    cell = _cell_of(rows, chosen)
    return cell[cell["stack"].isin(chosen.stacks)]
