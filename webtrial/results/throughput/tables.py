"""Requests per second and ratios as tables."""

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import AS_SPOKEN, FAILURE_COLUMNS, STACK_COLUMNS, percent
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, PAIR_COLUMNS, with_pair_text, with_span
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load


def throughput_as_table(estimates: pd.DataFrame) -> Table:
    """`throughput_table` with its intervals and what they rest on."""
    return Table(
        with_span(estimates),
        "Requests per second in the closed loop: mean over blocks, 95 % interval.",
        STACK_COLUMNS
        | {"value": "requests/s", "span": "95 % interval"}
        | _RESTS_ON
        | FAILURE_COLUMNS,
        AS_SPOKEN | dict.fromkeys(FAILURE_COLUMNS, percent),
    )


_RESTS_ON = {
    "blocks": "blocks",
    "suspect_blocks": "of them suspect",
    "invalid_blocks": "invalid, left out",
}


def ratios_as_table(run: Run, ratios: pd.DataFrame, metric: str) -> Table:
    """The paired ratios of one metric at the main loads, with their verdicts and reasons."""
    rows = _at_main_load(ratios[ratios["metric"] == metric], _OPENED.get(metric, "closed"))
    return Table(
        with_pair_text(run, rows),
        f"Ratios of {_CAPTIONS[metric]}, first over second, paired by block.",
        {"scenario": "scenario", "load": "load", "pair": "comparison"}
        | PAIR_COLUMNS
        | {"reason": "because", "differs": ALSO_DIFFERS},
        AS_SPOKEN,
    )


_OPENED = {"p50": "open", "p99": "open"}


_CAPTIONS = {
    "throughput": "requests per second",
    "p50": "median response times",
    "p99": "99th percentiles of response time",
    "cpu": "CPU time of the service per request",
}


def _at_main_load(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The rows of each scenario at its main load of that kind, else of the other."""
    other = {"closed": "open", "open": "closed"}[kind]
    wanted = at_main_load(rows, kind)
    return wanted if len(wanted) else at_main_load(rows, other)
