"""Tables of two runs."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import HUMANIZED, number, with_interval, written
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, ratio_text
from webtrial.results.base.result import Shows
from webtrial.results.comparison.replication import NEITHER, OUTCOMES, REPLICATES
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import title_of
from webtrial.stats.ratios import METRICS
from webtrial.stats.thresholds import TOLERATED_SHARE

_PLACE = {"scenario": "scenario", "load": "load", "title": "stack"}


_LABELS = {metric.name: metric.label for metric in METRICS}


_SHORT = {"throughput": "requests/s", "p50": "median", "p99": "99th percentile", "cpu": "CPU time"}


def regressions_table(worse: pd.DataFrame) -> Table | Prose:
    """Return `regressions`, the worst first; empty prose if there are none."""
    if worse.empty:
        return Prose("")
    rows = rows_of(worse)
    frame = worse.assign(
        what=worse["metric"].map(_LABELS),
        ratio=[ratio_text(row) for row in rows],
        worse=[f"{number(row['worse'])} %" for row in rows],
    )
    columns = _PLACE | {"what": "what", "before": "first run", "after": "second run"}
    return Table(
        frame,
        "What certainly got worse, and at least by how much.",
        columns | {"ratio": "second over first", "worse": "worse by at least"},
        HUMANIZED,
    )


def disagreements_table(run: Run, found: pd.DataFrame) -> Table | Prose:
    """Return the rows of `replication` that one run settles and the other does not.

    Rows that the other run settles differently are included.
    """
    rows = found[~found["outcome"].isin([REPLICATES, NEITHER])]
    order = rows["outcome"].map(OUTCOMES.index).sort_values(kind="stable").index
    return pairs_table(run, rows.loc[order], "Verdicts that were not found again.")


def pairs_table(run: Run, found: pd.DataFrame, caption: str) -> Table | Prose:
    """Return rows of `replication`: the ratio in each run and the outcome; empty prose if none."""
    if found.empty:
        return Prose("")
    stacks = run.manifest.stacks
    rows = rows_of(found)
    frame = found.assign(
        pair=[f"{title_of(r['stack'], stacks)} / {title_of(r['baseline'], stacks)}" for r in rows],
        what=found["metric"].map(_SHORT),
        first=[_verdict(row, "before") for row in rows],
        second=[_verdict(row, "after") for row in rows],
    )
    columns = {"scenario": "scenario", "load": "load", "pair": "comparison", "what": "of"}
    columns |= {"first": "first run", "second": "second run", "outcome": "so it is"}
    columns |= {"differs": ALSO_DIFFERS}
    return Table(frame, f"{caption} Ratios with 95 % interval; ? not settled.", columns, HUMANIZED)


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
    there = [name for name in _SHORT.values() if name in wide]
    frame = wide[there].fillna("–").reset_index()
    mark = "; ! more requests failed" if rows["text"].str.endswith("!").any() else ""
    return Table(
        frame,
        f"Second run over first (95 % interval; ? not shown to differ from 1{mark}).",
        _PLACE | dict(zip(there, there, strict=True)),
        HUMANIZED,
    )


def _changed(row: dict[str, Any]) -> str:
    if not isfinite(row["ratio"]):
        return "–"
    sure = "" if row["verdict"] in DECIDED else " ?"
    failing = row["failed_after"] > max(TOLERATED_SHARE, row["failed_before"])
    ratio = ratio_text(row)
    return ratio + sure + (" !" if failing else "")


def differences_table(told: pd.DataFrame) -> Table | Prose:
    """Return `differences`, those that affect the measurement first; empty prose if none."""
    if told.empty:
        return Prose("")
    rows = told.sort_values("bears", ascending=False, kind="stable")
    frame = rows.assign(before=rows["before"].map(written), after=rows["after"].map(written))
    columns = {"part": "", "name": "what", "before": "first run", "after": "second run"}
    return Table(frame, "What the runs say differently.", columns)


TABLES: Shows = {
    "changes": lambda found: changes_table(found.data),
    "disagreements": lambda found: disagreements_table(found.run, found.replication),
    "pairs": lambda found: pairs_table(
        found.run,
        at_main_load(found.replication),
        "Pairs of stacks at the main closed loads.",
    ),
    "differences": lambda found: differences_table(found.differences),
    "regressions": lambda found: regressions_table(found.regressions),
}
