"""Tables of two runs."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import HUMANIZED, format_value, number, with_interval
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, METRIC_LABELS, ratio_text
from webtrial.results.base.result import Renderers
from webtrial.results.comparison.replication import NEITHER, OUTCOMES, REPLICATES
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import title_of
from webtrial.stats.thresholds import TOLERATED_SHARE

_PLACE = {"scenario": "scenario", "load": "load", "title": "stack"}


_SHORT = {"throughput": "requests/s", "p50": "median", "p99": "99th percentile", "cpu": "CPU time"}


def regressions_table(worse: pd.DataFrame) -> Table | Prose:
    """Return `regressions`, the worst first; empty prose if there are none."""
    if worse.empty:
        return Prose("")
    rows = rows_of(worse)
    frame = worse.assign(
        what=worse["metric"].map(METRIC_LABELS),
        ratio=[ratio_text(row) for row in rows],
        worse=[f"{number(row['worse'])} %" for row in rows],
    )
    columns = _PLACE | {"what": "metric", "before": "first run", "after": "second run"}
    return Table(
        frame,
        "Certain regressions and their minimum size.",
        columns | {"ratio": "second run / first run", "worse": "worse by at least"},
        HUMANIZED,
    )


def disagreements_table(run: Run, replicated: pd.DataFrame) -> Table | Prose:
    """Return the rows of `replication` that one run settles and the other does not.

    Rows that the other run settles differently are included.
    """
    rows = replicated[~replicated["outcome"].isin([REPLICATES, NEITHER])]
    order = rows["outcome"].map(OUTCOMES.index).sort_values(kind="stable").index
    return pairs_table(run, rows.loc[order], "Verdicts that the two runs do not share.")


def pairs_table(run: Run, replicated: pd.DataFrame, caption: str) -> Table | Prose:
    """Return rows of `replication`: the ratio in each run and the outcome; empty prose if none."""
    if replicated.empty:
        return Prose("")
    stacks = run.manifest.stacks
    rows = rows_of(replicated)
    frame = replicated.assign(
        pair=[f"{title_of(r['stack'], stacks)} / {title_of(r['baseline'], stacks)}" for r in rows],
        what=replicated["metric"].map(_SHORT),
        first=[_verdict(row, "before") for row in rows],
        second=[_verdict(row, "after") for row in rows],
    )
    columns = {"scenario": "scenario", "load": "load", "pair": "pair", "what": "metric"}
    columns |= {"first": "first run", "second": "second run", "outcome": "outcome"}
    columns |= {"differs": ALSO_DIFFERS}
    return Table(
        frame,
        f"{caption} Ratios with 95 % interval; =: indistinguishable, ?: inconclusive.",
        columns,
        HUMANIZED,
    )


def _verdict(row: dict[str, Any], run: str) -> str:
    ratio, low, high = (row[f"{name}_{run}"] for name in ("ratio", "low", "high"))
    if not isfinite(ratio):
        return "–"

    sign = {"indistinguishable": " =", "inconclusive": " ?"}.get(row[f"verdict_{run}"], "")
    return f"{with_interval(ratio, low, high)}{sign}"


def changes_table(changed: pd.DataFrame) -> Table:
    """Return `changes` with a column per metric: the second run over the first."""
    rows = changed.assign(
        text=[_changed(row) for row in rows_of(changed)], what=changed["metric"].map(_SHORT)
    )
    keys = list(_PLACE)
    wide = rows.pivot_table(index=keys, columns="what", values="text", aggfunc="first", sort=False)
    metrics = [name for name in _SHORT.values() if name in wide]
    frame = wide[metrics].fillna("–").reset_index()
    mark = "; !: more requests failed" if rows["text"].str.endswith("!").any() else ""
    return Table(
        frame,
        f"Second run / first run (95 % interval; ?: inconclusive{mark}).",
        _PLACE | dict(zip(metrics, metrics, strict=True)),
        HUMANIZED,
    )


def _changed(row: dict[str, Any]) -> str:
    if not isfinite(row["ratio"]):
        return "–"
    undecided = "" if row["verdict"] in DECIDED else " ?"
    fails_more = row["failed_after"] > max(TOLERATED_SHARE, row["failed_before"])
    return ratio_text(row) + undecided + (" !" if fails_more else "")


def differences_table(differing: pd.DataFrame) -> Table | Prose:
    """Return `differences`, those that affect the measurement first; empty prose if none."""
    if differing.empty:
        return Prose("")
    rows = differing.sort_values("bears", ascending=False, kind="stable")
    frame = rows.assign(
        before=rows["before"].map(format_value), after=rows["after"].map(format_value)
    )
    columns = {"part": "part", "name": "name", "before": "first run", "after": "second run"}
    return Table(frame, "Differences between the runs' manifests.", columns)


TABLES: Renderers = {
    "changes": lambda result: changes_table(result.data),
    "disagreements": lambda result: disagreements_table(result.run, result.replication),
    "pairs": lambda result: pairs_table(
        result.run,
        at_main_load(result.replication),
        "Pairs of stacks at the main closed loads.",
    ),
    "differences": lambda result: differences_table(result.differences),
    "regressions": lambda result: regressions_table(result.regressions),
}
