"""Rows of `stats.ratios.ratio_table` with names and text, for figures and tables."""

from math import isfinite

import pandas as pd

from webtrial.results.base.formatting import interval, times
from webtrial.run.store import Run
from webtrial.stats.pairs import title_of
from webtrial.stats.ratios import METRICS


def labelled_ratios(run: Run, ratios: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One metric's rows of `ratio_table` for a figure: with `title` and `baseline_title` of the
    stacks, `metric_label`, and `label`, the ratio with its interval as text."""
    label = next(each.label for each in METRICS if each.name == metric)
    return labelled_pairs(run, ratios[ratios["metric"] == metric]).assign(metric_label=label)


def labelled_pairs(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of `ratio_table` with `title` and `baseline_title` of the stacks, and `label`, the ratio
    with its interval as text."""
    stacks = run.manifest.stacks
    ends = zip(rows["ratio"], rows["low"], rows["high"], strict=True)
    return rows.assign(
        title=[title_of(name, stacks) for name in rows["stack"]],
        baseline_title=[title_of(name, stacks) for name in rows["baseline"]],
        label=[ratio_label(*each) for each in ends],
    )


def ratio_label(ratio: float, low: float, high: float) -> str:
    """A ratio with its interval as text: `3.2 (2.4–4.2)`, without where there is none."""
    return times(ratio, low, high) + (f" ({interval(low, high)})" if isfinite(low) else "")
