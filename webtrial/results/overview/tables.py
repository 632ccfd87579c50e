"""Tables of the first chapter."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import (
    HUMANIZED,
    humanize,
    listed,
    same_names,
)
from webtrial.results.base.ratio_labels import (
    ALSO_DIFFERS,
    METRIC_LABELS,
    PAIR_COLUMNS,
    ratio_text,
    with_pair_text,
)
from webtrial.results.base.result import Renderers
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
    return Table(frame, "The stacks and their components.", columns)


def findings_of(run: Run, ratios: pd.DataFrame) -> pd.DataFrame:
    """Return `main_findings`, also if there is nothing to compare."""
    return ratios.assign(sentence="") if ratios.empty else main_findings(run, ratios)


def findings_table(run: Run, findings: pd.DataFrame) -> Table:
    """Return `main_findings` in columns."""
    frame = with_pair_text(run, findings).assign(metric=findings["metric"].map(METRIC_LABELS))
    columns = {"scenario": "scenario", "load": "load", "metric": "metric", "pair": "comparison"}
    return Table(
        frame,
        "The findings at the main loads, pairs as deployed before matched pairs.",
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
    too_many_failed = _too_many_failed(rows)
    texts = with_pair_text(run, rows).assign(
        text=[
            _marked_ratio(row) + " !" * failed
            for row, failed in zip(rows_of(rows), too_many_failed, strict=True)
        ],
        scenario=rows["scenario"].map(humanize),
    )
    index = ["kind", "pair", "differs"]
    texts["differs"] = texts.groupby(["kind", "pair"])["differs"].transform(_unique_axes)
    wide = texts.pivot_table(
        index=index, columns="scenario", values="text", aggfunc="first", sort=False
    )
    wide = wide.reindex(columns=list(dict.fromkeys(texts["scenario"]))).reset_index()
    loads = listed(list(dict.fromkeys(rows["load"])))
    failed_mark = (
        f"; ! = over {TOLERATED_SHARE:.0%} of a stack's requests failed"
        if too_many_failed.any()
        else ""
    )
    return Table(
        wide,
        f"Ratios of requests per second, first stack over second, at {loads} (95 % interval;"
        f" ? = undecided{failed_mark}).",
        {"kind": "", "pair": "comparison"}
        | same_names(wide.columns[len(index) :])
        | {"differs": ALSO_DIFFERS},
    )


def _unique_axes(differs: pd.Series) -> str:
    """Return the axes in which a pair differs in any scenario."""
    return ", ".join(dict.fromkeys(axis for text in differs for axis in text.split(", ") if axis))


def _marked_ratio(row: dict[str, Any]) -> str:
    return f"{ratio_text(row)}{'' if row['verdict'] in DECIDED else ' ?'}"


def _too_many_failed(rows: pd.DataFrame) -> pd.Series:
    return (rows["failed"] > TOLERATED_SHARE) | (rows["failed_baseline"] > TOLERATED_SHARE)


def matched_table(run: Run, ratios: pd.DataFrame) -> Table | Prose:
    """Return all matched pairs: ratios of requests per second by what both sides share."""
    rows = matched_ratios(run, ratios)
    if rows.empty:
        return Prose("No matched pair was measured in addition to the pairs as deployed.")
    scenarios = [humanize(name) for name in dict.fromkeys(rows["scenario"])]
    prefix = rows["scenario"].map(humanize) + ": " if len(scenarios) > 1 else ""
    ratios_text = [_marked_ratio(row) for row in rows_of(rows)]
    texts = rows.assign(text=ratios_text, both=prefix + rows["match"])
    index = ["both", "concurrency"]
    wide = texts.pivot_table(
        index=index, columns="frameworks", values="text", aggfunc="first", sort=False
    )
    wide = wide.sort_index(level=0, sort_remaining=False, kind="stable").reset_index()
    loads = listed(list(dict.fromkeys(rows["load"])))
    caption = (
        f"Matched pairs: requests per second on {listed(scenarios)} at {loads}, first framework"
        " over second (95 % interval; ? = undecided). Both sides share data access and driver."
        f"{missing_text(run)}"
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
    return Table(
        frame,
        "Rates measured by the pilot, and the common rates derived from them.",
        columns,
        HUMANIZED,
    )


TABLES: Renderers = {
    "scoreboard": lambda result: scoreboard_table(result.run, result.ratios),
    "matched": lambda result: matched_table(result.run, result.ratios),
    "findings": lambda result: findings_table(result.run, result.data),
    "stacks": lambda result: stacks_table(result.run),
    "chosen_rates": lambda result: chosen_rates_table(result.run),
}
