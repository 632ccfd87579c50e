"""The first chapter's tables."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import AS_SPOKEN, interval, listed, same_names, spoken, times
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, PAIR_COLUMNS, with_pair_text
from webtrial.results.overview.findings import DECIDED, headline
from webtrial.results.overview.matched_finding import missing_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.matched import matched_ratios
from webtrial.stats.thresholds import TOLERATED_SHARE


def stacks_table(run: Run) -> Table:
    """The stacks of the run by their axes."""
    columns = {
        "title": "stack",
        "data_access": "data access",
        "serialiser": "serialiser",
        "driver": "driver",
        "concurrency": "concurrency",
        "server": "server",
    }
    frame = pd.DataFrame(list(run.manifest.stacks.values()), columns=list(columns))
    return Table(frame, "The stacks and what each is made of.", columns)


def findings_of(run: Run, ratios: pd.DataFrame) -> pd.DataFrame:
    """`headline`, also where nothing can be compared."""
    return ratios.assign(sentence="") if ratios.empty else headline(run, ratios)


def scoreboard(run: Run, ratios: pd.DataFrame) -> Table:
    """Who serves how many times the requests per second of whom, by scenario, with intervals.

    Rows are pairs of stacks, as deployed before matched, with what differs beside the framework;
    what is not decided is marked.
    """
    rows = at_main_load(ratios[ratios["metric"] == "throughput"])
    if rows.empty:
        return Table(rows[["stack", "baseline"]], "Nothing can be compared.")
    named = with_pair_text(run, rows).assign(
        text=[
            _scored(row) + (" !" if failing else "")
            for row, failing in zip(rows_of(rows), _failing(rows), strict=True)
        ],
        scenario=rows["scenario"].map(spoken),
    )
    rows_by = ["kind", "pair", "differs"]
    named["differs"] = named.groupby(["kind", "pair"])["differs"].transform(_each_once)
    wide = named.pivot_table(
        index=rows_by, columns="scenario", values="text", aggfunc="first", sort=False
    )
    wide = wide.reindex(columns=list(dict.fromkeys(named["scenario"]))).reset_index()
    loads = listed(list(dict.fromkeys(rows["load"])))
    failing = (
        f"; ! over {TOLERATED_SHARE:.0%} of one's requests failed" if _failing(rows).any() else ""
    )
    return Table(
        wide,
        f"Requests per second, first over second, at {loads} (95 % interval; ? not decided"
        f"{failing}).",
        {"kind": "", "pair": "comparison"}
        | same_names(wide.columns[len(rows_by) :])
        | {"differs": ALSO_DIFFERS},
    )


def _each_once(differs: pd.Series) -> str:
    """The axes in which a pair differs in any scenario."""
    return ", ".join(dict.fromkeys(axis for text in differs for axis in text.split(", ") if axis))


def _scored(row: dict[str, Any]) -> str:
    ratio = times(row["ratio"], row["low"], row["high"])
    span = "" if pd.isna(row["low"]) else f" ({interval(row['low'], row['high'])})"
    return f"{ratio}{span}{'' if row['verdict'] in DECIDED else ' ?'}"


def _failing(rows: pd.DataFrame) -> pd.Series:
    return (rows["failed"] > TOLERATED_SHARE) | (rows["failed_baseline"] > TOLERATED_SHARE)


def matched_as_table(run: Run, ratios: pd.DataFrame) -> Table:
    """All matched pairs: ratios of requests per second by what both sides have."""
    rows = matched_ratios(run, ratios)
    if rows.empty:
        caption = "No matched pair of two frameworks was measured beside those as deployed."
        return Table(rows[["match", "concurrency"]], caption)
    scenarios = [spoken(name) for name in dict.fromkeys(rows["scenario"])]
    beside = rows["scenario"].map(spoken) + ": " if len(scenarios) > 1 else ""
    named = rows.assign(text=[_scored(row) for row in rows_of(rows)], both=beside + rows["match"])
    index = ["both", "concurrency"]
    wide = named.pivot_table(
        index=index, columns="frameworks", values="text", aggfunc="first", sort=False
    )
    wide = wide.sort_index(level=0, sort_remaining=False, kind="stable").reset_index()
    loads = listed(list(dict.fromkeys(rows["load"])))
    caption = (
        f"Matched pairs: requests per second on {listed(scenarios)} at {loads}, first framework"
        " over second (95 % interval; ? not decided). Both sides have the same data access and"
        f" driver.{missing_text(run)}"
    )
    columns = {"both": "both sides have", "concurrency": "concurrency and server"}
    return Table(wide, caption, columns | same_names(wide.columns[len(index) :]))


def findings_table(run: Run, findings: pd.DataFrame) -> Table:
    """`headline` in columns."""
    names = {"throughput": "requests per second", "p50": "median response time"}
    frame = with_pair_text(run, findings).assign(metric=findings["metric"].map(names))
    columns = {"scenario": "scenario", "load": "load", "metric": "what", "pair": "comparison"}
    return Table(
        frame,
        "The findings at the main loads, as deployed before matched.",
        columns | {"kind": "kind"} | PAIR_COLUMNS | {"differs": ALSO_DIFFERS},
        AS_SPOKEN,
    )
