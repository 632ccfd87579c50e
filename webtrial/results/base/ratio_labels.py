"""Add names and text to rows of `stats.ratios.ratio_table`, for figures and tables."""

from typing import Any

import pandas as pd

from webtrial.results.base.formatting import interval, rounded, with_interval
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
    rows = ratios[ratios["metric"] == metric]
    return labelled_pairs(run, rows).assign(metric_label=METRIC_LABELS[metric])


def labelled_pairs(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """Add `title`, `baseline_title` and `label` to rows of `ratio_table`.

    `label` is the ratio with its interval as text.
    """
    stacks = run.manifest.stacks
    intervals = zip(rows["ratio"], rows["low"], rows["high"], strict=True)
    return rows.assign(
        title=[title_of(name, stacks) for name in rows["stack"]],
        baseline_title=[title_of(name, stacks) for name in rows["baseline"]],
        label=[with_interval(*each) for each in intervals],
    )


def undecided_note(row: dict[str, Any]) -> str:
    """Return why a row of `ratio_table` is undecided, "" if it is decided or has one block."""
    return "" if row["verdict"] in DECIDED or row["blocks"] <= 1 else f" ({row['reason']})"


def with_span(frame: pd.DataFrame) -> pd.DataFrame:
    """Add `span`, the interval from `low` to `high` as text."""
    spans = [interval(low, high) for low, high in zip(frame["low"], frame["high"], strict=True)]
    return frame.assign(span=spans)


def ratio_text(row: dict[str, Any]) -> str:
    """Return the ratio of a row with its interval: `3.2 (2.4–4.2)`."""
    return with_interval(row["ratio"], row["low"], row["high"])


METRIC_LABELS = {metric.name: metric.label for metric in METRICS}
METRIC_TEXT = {name: METRIC_LABELS[name] for name in ("throughput", "p50", "cpu")}


ALSO_DIFFERS = "also differ in"


PAIR_COLUMNS = {"ratio": "ratio", "span": "95 % interval", "blocks": "blocks", "verdict": "verdict"}


def with_pair_text(run: Run, rows: pd.DataFrame) -> pd.DataFrame:
    """Add `pair` and `span` to rows of `ratio_table`, and make `ratio` a text."""
    stacks = run.manifest.stacks
    records = rows_of(rows)
    return with_span(rows).assign(
        pair=[
            f"{title_of(r['stack'], stacks)} / {title_of(r['baseline'], stacks)}" for r in records
        ],
        ratio=[rounded(r["ratio"], r["low"], r["high"]) for r in records],
    )
