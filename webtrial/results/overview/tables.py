"""Tables of the first chapter."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import (
    HUMANIZED,
    humanize,
    listed,
    same_names,
)
from webtrial.results.base.ratio_labels import (
    ALSO_DIFFERS,
    PAIR_COLUMNS,
    ratio_text,
    with_pair_text,
)
from webtrial.results.base.result import Shows
from webtrial.results.overview.findings import main_findings
from webtrial.results.overview.matched_finding import missing_text
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.matched import matched_ratios
from webtrial.stats.pairs import title_of
from webtrial.stats.thresholds import TOLERATED_SHARE


def stacks_table(run: Run) -> Table:
    """Return the stacks of the run by their axes."""
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
    """Return `main_findings`, also if there is nothing to compare."""
    return ratios.assign(sentence="") if ratios.empty else main_findings(run, ratios)


def findings_table(run: Run, findings: pd.DataFrame) -> Table:
    """Return `main_findings` in columns."""
    names = {"throughput": "requests per second", "p50": "median response time"}
    frame = with_pair_text(run, findings).assign(metric=findings["metric"].map(names))
    columns = {"scenario": "scenario", "load": "load", "metric": "what", "pair": "comparison"}
    return Table(
        frame,
        "The findings at the main loads, as deployed before matched.",
        columns | {"kind": "kind"} | PAIR_COLUMNS | {"differs": ALSO_DIFFERS},
        HUMANIZED,
    )


def scoreboard_table(run: Run, ratios: pd.DataFrame) -> Table:
    """Return the ratios of requests per second by scenario, with intervals.

    Rows are pairs of stacks, as deployed before matched, with their differences apart from the
    framework; undecided ratios are marked.
    """
    rows = at_main_load(ratios[ratios["metric"] == "throughput"])
    if rows.empty:
        return Table(rows[["stack", "baseline"]], "Nothing can be compared.")
    named = with_pair_text(run, rows).assign(
        text=[
            _scored(row) + (" !" if failing else "")
            for row, failing in zip(rows_of(rows), _failing(rows), strict=True)
        ],
        scenario=rows["scenario"].map(humanize),
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
    """Return the axes in which a pair differs in any scenario."""
    return ", ".join(dict.fromkeys(axis for text in differs for axis in text.split(", ") if axis))


def _scored(row: dict[str, Any]) -> str:
    return f"{ratio_text(row)}{'' if row['verdict'] in DECIDED else ' ?'}"


def _failing(rows: pd.DataFrame) -> pd.Series:
    return (rows["failed"] > TOLERATED_SHARE) | (rows["failed_baseline"] > TOLERATED_SHARE)


def matched_table(run: Run, ratios: pd.DataFrame) -> Table:
    """Return all matched pairs: ratios of requests per second by what both sides share."""
    rows = matched_ratios(run, ratios)
    if rows.empty:
        caption = "No matched pair of two frameworks was measured beside those as deployed."
        return Table(rows[["match", "concurrency"]], caption)
    scenarios = [humanize(name) for name in dict.fromkeys(rows["scenario"])]
    beside = rows["scenario"].map(humanize) + ": " if len(scenarios) > 1 else ""
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


def chosen_rates_table(run: Run) -> Table:
    """Return the results of the pilot and the rates derived from them."""
    manifest = run.manifest
    rows = [
        (scenario, title_of(stack, manifest.stacks), capacity,
         ", ".join(f"{rate:g}" for rate in manifest.rates_per_s.get(scenario, [])) or "–")
        for scenario, stacks in manifest.capacities_per_s.items()
        for stack, capacity in stacks.items()
    ]  # fmt: skip
    columns = {"scenario": "scenario", "stack": "stack", "capacity": "pilot (requests/s)"}
    columns |= {"rates": "common rates (1/s)"}
    frame = pd.DataFrame(rows, columns=list(columns))
    return Table(frame, "What the pilot found, and the rates chosen from it.", columns, HUMANIZED)


TABLES: Shows = {
    "scoreboard": lambda found: scoreboard_table(found.run, found.ratios),
    "matched": lambda found: matched_table(found.run, found.ratios),
    "findings": lambda found: findings_table(found.run, found.data),
    "stacks": lambda found: stacks_table(found.run),
    "chosen_rates": lambda found: chosen_rates_table(found.run),
}
