"""The floor of every request: what a framework costs without a database.

It is compared with a bare server, which has no framework at all.
"""

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load, estimates
from webtrial.stats.trials import trials_table

BARE = "bare"
"""The stack that answers from memory, without a framework: the upper bound of what the server
itself can do.
"""


def floor(run: Run) -> pd.DataFrame:
    """Return the cost of `ping` at its main closed load beside `user_detail`: a row per stack.

    Columns: stack, title, framework, load (of ping), ping_per_s, low, high (geometric mean over
    blocks, t interval), ping_cpu_ms, detail_cpu_ms (CPU-milliseconds of the service per request of
    each; NaN if user_detail was not measured), floor_share (ping_cpu_ms / detail_cpu_ms),
    times_bare (ping_cpu_ms divided by that of the bare server, NaN without it), blocks,
    suspect_blocks, at_least_per_s.

    A server may answer faster than the load driver sends. Trials with this as their only fault give
    only a lower bound on the rate (at_least_per_s, otherwise NaN), but their CPU time is as good as
    any: ping_cpu_ms is then their median over blocks.
    """
    rates = _at(at_main_load(estimates(run, "throughput_per_s", kinds=("closed",))), "ping")
    costs = at_main_load(estimates(run, "cpu_ms_per_request", kinds=("closed",)))
    limited = _limited_by_the_driver(run, {*rates["load"]})
    ping_ms = _at(costs, "ping").set_index("stack")["value"].astype(float)
    ping_ms = ping_ms.fillna(limited["cpu_ms_per_request"])
    detail_ms = _at(costs, "user_detail").set_index("stack")["value"]
    frame = rates.rename(columns={"value": "ping_per_s"}).assign(
        ping_cpu_ms=rates["stack"].map(ping_ms).astype(float),
        detail_cpu_ms=rates["stack"].map(detail_ms).astype(float),
    )
    at_least = rates["stack"].map(limited["throughput_per_s"]).astype(float)
    frame["at_least_per_s"] = at_least.where(frame["ping_per_s"].isna())
    frame["floor_share"] = frame["ping_cpu_ms"] / frame["detail_cpu_ms"]
    frame["times_bare"] = frame["ping_cpu_ms"] / ping_ms.get(BARE, float("nan"))
    return frame[list(_COLUMNS)].reset_index(drop=True)


_COLUMNS = (
    *("stack", "title", "framework", "load", "ping_per_s", "low", "high", "ping_cpu_ms"),
    *("detail_cpu_ms", "floor_share", "times_bare", "blocks", "suspect_blocks", "at_least_per_s"),
)


def _limited_by_the_driver(run: Run, loads: set[str]) -> pd.DataFrame:
    """Return medians of rate and cost by stack, over trials limited by the load driver alone.

    These are trials of `ping` for which this is the only fault.
    """
    busy = {
        (trial.planned.number, trial.attempt)
        for trial in run.trials
        if {reason.gate for reason in trial.validity.reasons} == {"client_cpu"}
        and trial.validity.verdict == "invalid"
    }
    trials = trials_table(run)
    keys = pd.MultiIndex.from_frame(trials[["number", "attempt"]])
    limited = trials[keys.isin(busy) & trials["final"] & trials["load"].isin(loads)]
    return (
        _at(limited, "ping").groupby("stack")[["throughput_per_s", "cpu_ms_per_request"]].median()
    )


def _at(frame: pd.DataFrame, scenario: str) -> pd.DataFrame:
    return frame[frame["scenario"] == scenario]
