"""Add names and text to rows of `stats.ratios.ratio_table`, for figures and tables."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.formatting import interval, span_text, times
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import title_of
from webtrial.stats.ratios import METRICS


def labelled_ratios(run: Run, ratios: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return one metric's rows of `ratio_table` with the text that figures need.

    Added columns: `title`, `baseline_title`, `metric_label`, and `label`, the ratio with its
    interval as text.
    """
    label = next(each.label for each in METRICS if each.name == metric)
    return labelled_pairs(run, ratios[ratios["metric"] == metric]).assign(metric_label=label)


def labelled_pairs(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """Add `title`, `baseline_title` and `label` to rows of `ratio_table`.

    `label` is the ratio with its interval as text.
    """
    stacks = run.manifest.stacks
    ends = zip(rows["ratio"], rows["low"], rows["high"], strict=True)
    return rows.assign(
        title=[title_of(name, stacks) for name in rows["stack"]],
        baseline_title=[title_of(name, stacks) for name in rows["baseline"]],
        label=[ratio_label(*each) for each in ends],
    )


def ratio_label(ratio: float, low: float, high: float) -> str:
    """Return a ratio with its interval, if any, as text: `3.2 (2.4–4.2)`."""
    return times(ratio, low, high) + (f" ({interval(low, high)})" if isfinite(low) else "")


def undecided_note(row: dict[str, Any]) -> str:
    return "" if row["verdict"] in DECIDED or row["blocks"] <= 1 else f" ({row['reason']})"


def with_span(frame: pd.DataFrame) -> pd.DataFrame:
    spans = [span_text(low, high) for low, high in zip(frame["low"], frame["high"], strict=True)]
    return frame.assign(span=spans)


def ratio_text(row: dict[str, Any]) -> str:
    """Return `ratio_label` of a row."""
    return ratio_label(row["ratio"], row["low"], row["high"])


METRIC_TEXT = {
    "throughput": "requests per second",
    "p50": "median response time",
    "cpu": "CPU time of the service per request",
}


ALSO_DIFFERS = "differ also in"


PAIR_COLUMNS = {"ratio": "ratio", "span": "95 % interval", "blocks": "blocks", "verdict": "verdict"}


def with_pair_text(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """Add `pair` and `span` to rows of `ratio_table`, and make `ratio` a text."""
    stacks = run.manifest.stacks
    records = rows_of(rows)
    return with_span(rows).assign(
        pair=[
            f"{title_of(r['stack'], stacks)} / {title_of(r['baseline'], stacks)}" for r in records
        ],
        ratio=[times(r["ratio"], r["low"], r["high"]) for r in records],
    )
