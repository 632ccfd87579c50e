"""Table and sentences of `thread_limits`: what limits a stack that waits in threads."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import format_range, interval, percent
from webtrial.results.base.ratio_labels import ratio_text
from webtrial.results.dashboard.thread_limits import NEAR, SCENARIO
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import title_of


def thread_limits_table(limits: pd.DataFrame) -> Table | Prose:
    """Return the bound set by the threads and the measured rate; a sentence if there is none."""
    if limits.empty:
        return Prose("*This run has no dashboard by stacks whose number of threads is known.*")
    columns = {"title": "stack", "threads": "threads", "waiting_ms": "each waits (ms)"}
    columns |= {"bound_per_s": "at most (1/s)", "value": "measured (1/s)", "span": "95 % interval"}
    columns |= {"used_fraction": "of the bound", "processes_busy": "server processes busy"}
    columns |= {"cores_busy": "cores busy", "limit": "limit"}
    ends = zip(limits["low"], limits["high"], strict=True)
    return Table(
        limits.assign(span=[interval(low, high) for low, high in ends]),
        f"Dashboard at {limits['load'].iloc[0]}: threads divided by the time that each waits for"
        " upstreams, beside what was measured. Busy: CPU time of the service over that of as many"
        " cores as it has processes, and CPU time of service, PostgreSQL and upstreams over that of"
        f" the cores they share. Limit: what reaches {_whole_percent(NEAR)}.",
        columns,
        dict.fromkeys(("used_fraction", "processes_busy", "cores_busy"), percent),
    )


def thread_limits_text(run: Run, limits: pd.DataFrame, ratios: pd.DataFrame) -> Prose:
    """Return what limits each stack, and how a thread pool in each request changes its rate.

    `ratios` is `ratio_table` of stacks that differ only in how they call upstreams.
    """
    if limits.empty:
        return Prose("")
    told = [
        f"{_LIMITED_BY[str(limit)]} {'; '.join(part['title'])}{_near_what(part)}."
        for limit, part in limits.groupby("limit", sort=False)
    ]
    unknown = limits.loc[limits["processes_busy"].isna(), "title"].tolist()
    told += [f"The CPU time of {'; '.join(unknown)} is not known."] if unknown else []
    return Prose(" ".join([*told, *_pools_told(run, ratios)]))


_LIMITED_BY = {
    "CPU time": "CPU time, not the number of threads, limits",
    "threads": "The number of threads, not CPU time, limits",
    "both": "Both the number of threads and CPU time limit",
    "neither": "Neither the number of threads nor CPU time is near its bound with",
}


def _near_what(limits: pd.DataFrame) -> str:
    """Return how close the stacks came to either bound."""
    reached = format_range((100 * limits["used_fraction"]).tolist())
    said = f": reached {reached} % of what threads allow"
    if len(cores := limits["cores_busy"].dropna()):
        busy = format_range((100 * cores).tolist())
        return f"{said}, {busy} % of the cores busy with service, PostgreSQL and upstreams"
    if len(processes := limits["processes_busy"].dropna()):
        return (
            f"{said}, {format_range((100 * processes).tolist())} % of a core for each process busy"
        )
    return said


def _pools_told(run: Run, ratios: pd.DataFrame) -> list[str]:
    stacks = run.manifest.stacks
    rows = at_main_load(ratios[ratios["scenario"] == SCENARIO])
    rows = rows[rows["metric"] == "throughput"].dropna(subset=["ratio"])
    told = []
    for row in rows_of(rows):
        if stacks[row["stack"]].get("sources") == "threads":
            undecided = "" if row["verdict"] in DECIDED else f" ({row['reason']})"
            told.append(f"{title_of(row['baseline'], stacks)} by {ratio_text(row)}{undecided}")
    said = "A pool of threads in each request that asks the upstreams multiplies the rate of"
    return [f"{said} {', and of '.join(told)}."] if told else []


def _whole_percent(fraction: float) -> str:
    return f"{fraction:.0%}".replace("%", " %")
