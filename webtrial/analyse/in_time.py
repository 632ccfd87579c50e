"""How much a stack serves while nearly everybody is answered in time.

A 99th percentile needs many requests before it may be shown (`MINIMUM_SAMPLES`). Whether it lies
within a limit is an easier question: it does where at most 1 in 100 requests took longer. So loads
are judged by their share of late requests, as soon as ten would lie beyond the percentile.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from webtrial.analyse.counting import by_trial, counted
from webtrial.analyse.estimates import CELL, estimates, in_order, labelled
from webtrial.analyse.histogram import Histogram, merged
from webtrial.analyse.latency import BEYOND
from webtrial.analyse.summary import at_common_loads, measured, trials_table
from webtrial.runs import Run

LATE = 0.01
"""Of the requests, at most: then the 99th percentile lies within the limit."""
_PLACE = [*CELL, "stack"]


def late_requests(run: Run, limit_ms: float) -> pd.DataFrame:
    """Requests that were not answered within `limit_ms`: a row per cell (held connections left
    out) and stack.

    Columns: scenario, load_kind, load, stack, requests (that were meant to be sent), late_fraction
    (of them: took longer, failed, timed out or could not be sent).
    """
    trials = at_common_loads(measured(trials_table(run)))
    trials = trials[trials["load_kind"] != "held"]
    rows = [
        dict(zip(_PLACE, [*key, stack], strict=True)) | _late(group, histograms, limit_ms)
        for key, cell in trials.groupby(CELL, sort=False)
        for histograms in [by_trial(counted(run, cell))]
        for stack, group in cell.groupby("stack", sort=False)
    ]
    return pd.DataFrame(rows, columns=[*_PLACE, "requests", "late_fraction"])


def _late(
    trials: pd.DataFrame, histograms: Mapping[tuple[Any, Any], Histogram], limit_ms: float
) -> dict[str, Any]:
    names = zip(trials["number"], trials["attempt"], strict=True)
    together = merged([histograms[name] for name in names if name in histograms])
    requests = int(trials["scheduled"].sum())
    in_time = len(together) - together.slower_than(limit_ms)
    return {"requests": requests, "late_fraction": 1 - in_time / max(requests, 1)}


def served_in_time(run: Run, limit_ms: float) -> pd.DataFrame:
    """The most requests per second that each stack served at any load at which its 99th percentile
    lies within `limit_ms`: a row per scenario and stack.

    Columns: scenario, stack, title, framework, at (the load), per_s (in an open load the rate that
    was offered, in a closed one the mean over blocks of what was answered; NaN where no load was in
    time), late_fraction, blocks, suspect_blocks, most_per_s (at any load, in time or not: what is
    served in time may reach that, between the loads that were measured), met (whether some load was
    not in time: else the stack may serve more), judged, unknown (loads with enough and too few
    requests to tell).
    """
    rates = estimates(run, "throughput_per_s")
    loads = rates.merge(late_requests(run, limit_ms), on=_PLACE).merge(_offered(run), on=_PLACE)
    loads["per_s"] = loads["rate_per_s"].fillna(loads["value"])
    groups = loads.groupby(["scenario", "stack"], sort=False)
    frame = pd.DataFrame([_most(group) for _, group in groups], columns=list(_COLUMNS))
    placed = labelled(run, frame.assign(load_kind="open", load="0/s"))
    return in_order(run, placed).drop(columns=["load_kind", "load"])


_COLUMNS = (
    *("scenario", "stack", "at", "per_s", "late_fraction", "blocks", "suspect_blocks"),
    *("most_per_s", "met", "judged", "unknown"),
)


def _offered(run: Run) -> pd.DataFrame:
    """The rate of each stack's open loads, NaN of closed ones."""
    trials = measured(trials_table(run))
    return trials.groupby(_PLACE, sort=False)["rate_per_s"].median().reset_index()


def _most(loads: pd.DataFrame) -> dict[str, Any]:
    judged = loads[LATE * loads["requests"] >= BEYOND]
    is_in_time = judged["late_fraction"] <= LATE
    best = judged[is_in_time].nlargest(1, "per_s")
    shown = best if len(best) else judged.nlargest(1, "per_s")
    return {
        "scenario": loads["scenario"].iloc[0],
        "stack": loads["stack"].iloc[0],
        "at": best["load"].iloc[0] if len(best) else "",
        "per_s": best["per_s"].max(),
        "late_fraction": best["late_fraction"].max(),
        "blocks": int(shown["blocks"].sum()),
        "suspect_blocks": int(shown["suspect_blocks"].sum()),
        "most_per_s": judged["per_s"].max(),
        "met": bool((~is_in_time).any()),
        "judged": len(judged),
        "unknown": len(loads) - len(judged),
    }
