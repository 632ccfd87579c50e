"""Table and sentences of `thread_limits`: what limits a stack that waits in threads."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import format_range, interval, percent, whole_percent
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
        return Prose("*This run has no dashboard trials of stacks with a known number of threads.*")
    columns = {"title": "stack", "threads": "threads", "waiting_ms": "wait per request (ms)"}
    columns |= {"bound_per_s": "bound (1/s)", "value": "measured (1/s)", "span": "95 % interval"}
    columns |= {"used_fraction": "share of the bound", "processes_busy": "server processes busy"}
    columns |= {"cores_busy": "cores busy", "limit": "limit"}
    ends = zip(limits["low"], limits["high"], strict=True)
    return Table(
        limits.assign(span=[interval(low, high) for low, high in ends]),
        f"Dashboard at {limits['load'].iloc[0]}: measured rate and its bound (threads divided by"
        " the time that a request waits for upstreams). Server processes busy: CPU time of the"
        " service divided by that of one core per process. Cores busy: CPU time of service,"
        " PostgreSQL and upstreams divided by that of the cores they share. Limit: what reaches"
        f" {whole_percent(NEAR)}.",
        columns,
        dict.fromkeys(("used_fraction", "processes_busy", "cores_busy"), percent),
    )


def thread_limits_text(run: Run, limits: pd.DataFrame, ratios: pd.DataFrame) -> Prose:
    """Return what limits each stack, and how a thread pool in each request changes its rate.

    `ratios` is `ratio_table` of stacks that differ only in how they call upstreams.
    """
    if limits.empty:
        return Prose("")
    texts = [
        f"{_LIMITED_BY[str(limit)]} {'; '.join(part['title'])}: {_used_text(part)}."
        for limit, part in limits.groupby("limit", sort=False)
    ]
    unknown = limits.loc[limits["processes_busy"].isna(), "title"].tolist()
    texts += [f"The CPU time of {'; '.join(unknown)} is not known."] if unknown else []
    return Prose(" ".join([*texts, *_pool_sentences(run, ratios)]))


_LIMITED_BY = {
    "CPU time": "CPU time, not the number of threads, limits",
    "threads": "The number of threads, not CPU time, limits",
    "both": "Both the number of threads and CPU time limit",
    "neither": "Neither the number of threads nor CPU time is near its bound with",
}


def _used_text(limits: pd.DataFrame) -> str:
    """Return how close the stacks came to either bound."""
    text = f"{_percent_range(limits['used_fraction'])} of the bound set by threads was reached"
    if len(cores := limits["cores_busy"].dropna()):
        busy = f"service, PostgreSQL and upstreams used {_percent_range(cores)} of their cores"
        return f"{text}, and {busy}"
    if len(processes := limits["processes_busy"].dropna()):
        return f"{text}, and the service used {_percent_range(processes)} of a core per process"
    return text


def _percent_range(fractions: pd.Series) -> str:
    return f"{format_range((100 * fractions).tolist())} %"


def _pool_sentences(run: Run, ratios: pd.DataFrame) -> list[str]:
    stacks = run.manifest.stacks
    rows = at_main_load(ratios[ratios["scenario"] == SCENARIO])
    rows = rows[rows["metric"] == "throughput"].dropna(subset=["ratio"])
    texts = []
    for row in rows_of(rows):
        if stacks[row["stack"]].get("sources") == "threads":
            undecided = "" if row["verdict"] in DECIDED else f" ({row['reason']})"
            texts.append(f"{title_of(row['baseline'], stacks)} by {ratio_text(row)}{undecided}")
    text = (
        "Calling the upstreams from a pool of threads in each request multiplies the throughput of"
    )
    return [f"{text} {' and that of '.join(texts)}."] if texts else []
