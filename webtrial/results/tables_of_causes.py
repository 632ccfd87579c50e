"""The tables that tell where differences come from, as `tables` has the others."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.attribution.estimate import Attribution
from webtrial.results.attribution.text import differing
from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import (
    counted,
    interval,
    listed,
    number,
    percent,
    rate,
    spoken,
    times,
)
from webtrial.results.cost.request_time import PARTS
from webtrial.results.overview.findings import DECIDED
from webtrial.results.tables_of_pairs import ALSO_DIFFERS
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import is_deployed, title_of

_SPOKEN = {"scenario": spoken}


def floor_as_table(table: pd.DataFrame) -> Table | Prose:
    """`floor`: the bare server and the frameworks at `ping`."""
    if table.empty:
        return Prose("*This run did not measure `ping`.*")
    columns = {"title": "stack", "ping_per_s": "pings/s", "span": "95 % interval"}
    columns |= {"ping_cpu_ms": "CPU-ms per ping", "times_bare": "times the bare server's"}
    columns |= {"detail_cpu_ms": "CPU-ms per user detail", "floor_share": "of it ping"}
    rows = _with_span(table)
    limited = rows["at_least_per_s"].notna()
    rows.loc[limited, "span"] = [
        f"at least {number(each)}" for each in rows["at_least_per_s"][limited]
    ]
    because = (
        " At least: the load driver was busy before the server was, so those trials count for no"
        " rate; CPU time is the server's own."
        if limited.any()
        else ""
    )
    return Table(
        rows,
        f"Answering without a database, at {table['load'].iloc[0]}.{because}",
        columns,
        {"floor_share": percent},
    )


def attribution_as_table(found: Attribution) -> Table | Prose:
    """The parts of an `attribution`; nothing where there are none, since the figure says why."""
    if found.parts.empty:
        return Prose("")
    rows = [row | _part_text(row) for row in rows_of(_with_span(found.parts))]
    columns = {"part": "part", "ratio": "ratio", "span": "95 % interval", "range": "over paths"}
    columns |= {"rests_on": "rests on", "blocks": "blocks", "verdict": "verdict"}
    return Table(
        pd.DataFrame(rows),
        f"CPU time of the service per request of user detail, {found.stack_title} over"
        f" {found.baseline_title}, at {found.load}. Ratios multiply to the whole. A part that rests"
        " on steps which all paths share is no mean over different ways, and its interval does not"
        " cover what others would show.",
        columns | {"reason": "because"},
    )


def _part_text(row: dict[str, Any]) -> dict[str, str]:
    low, high = row["smallest"], row["largest"]
    alike = number(low, 3) == number(high, 3)
    return {
        "ratio": times(row["ratio"], row["low"], row["high"]),
        "range": "–" if alike else interval(low, high),
        "rests_on": _rests_on(row),
    }


def _rests_on(row: dict[str, Any]) -> str:
    """`2 steps`, `on all paths A → B`; of the whole –."""
    if row["via"]:
        return f"on all paths {row['via']}"
    return counted(row["steps"], "step") if row["steps"] else "–"


def corners_as_table(found: Attribution) -> Table | Prose:
    """The corners of an `attribution`; nothing where there are none."""
    if found.corners.empty:
        return Prose("")
    pairs = found.corners["title"] + " / " + found.corners["baseline_title"]
    ratios = [times(row["ratio"], row["low"], row["high"]) for row in rows_of(found.corners)]
    differs = [listed(differing(row)) for row in rows_of(found.corners)]
    rows = _with_span(found.corners).assign(pair=pairs, ratio=ratios, differs=differs)
    columns = {"pair": "comparison", "concurrency": "concurrency", "differs": "what differs"}
    columns |= {"ratio": "ratio", "span": "95 % interval", "blocks": "blocks"}
    return Table(
        rows,
        "CPU time of the service per request of user detail in pairs of stacks that differ in the"
        f" framework and otherwise only where no such pair was measured, at {found.load}.",
        columns | {"verdict": "verdict", "reason": "because"},
    )


def paths_as_table(found: Attribution) -> Table | Prose:
    """The paths of an `attribution`, each with what its steps change and are worth; nothing where
    a single step is all there is."""
    if len(found.paths) < 2:
        return Prose("")
    rows = [
        {"path": number_, "steps": _walked(steps), "counts": bool(steps["counts"].all())}
        for number_, steps in found.paths.groupby("path", sort=False)
    ]
    return Table(
        pd.DataFrame(rows),
        f"Every path from {found.baseline_title} to {found.stack_title} through stacks that were"
        " measured: the factor by which each step changes CPU time, and what it changes. Only paths"
        " that tell apart the most count.",
        {"path": "path", "steps": "steps", "counts": "counts"},
    )


def _walked(steps: pd.DataFrame) -> str:
    onwards = [
        f"→ {row['end_title']} (× {number(row['ratio'])}, {row['part']})" for row in rows_of(steps)
    ]
    return " ".join([str(steps["start_title"].iloc[0]), *onwards])


def request_time_as_table(run: Run, table: pd.DataFrame) -> Table | Prose:
    """`request_time` of the stacks as deployed, in columns."""
    table = table[[is_deployed(name, run.manifest.stacks) for name in table["stack"]]]
    if table.empty:
        return Prose("")
    columns = {"scenario": "scenario", "title": "stack", "response_ms": "response"}
    columns |= PARTS
    caption = "Stacks as deployed: mean response time at the main closed load and its parts, in ms."
    if table["unknown"].any():
        caption += " –: not observed, and part of waiting for its turn."
    if (table["excess_ms"] > 0).any():
        columns |= {"excess_ms": "parts exceed it by"}
    return Table(table, caption, columns, _SPOKEN)


def fan_out_costs_as_table(table: pd.DataFrame) -> Table | Prose:
    """`fan_out_costs`: what asking takes beyond the formula; nothing of none."""
    if table.empty:
        return Prose("")
    columns = {"title": "stack", "sources": "asks", "base_ms": "a request (ms)"}
    columns |= {"per_source_ms": "each source (ms)", "span": "95 % interval"}
    caption = "What a request takes beyond the formula: a line over the number of sources."
    return Table(_with_span(table), caption, columns)


def crossovers_as_table(table: pd.DataFrame) -> Table | Prose:
    """`crossovers`: a column for each number of sources; nothing of none."""
    if table.empty:
        return Prose("")
    named = table.assign(
        column=[f"{count} sources" for count in table["count"]],
        text=[_crossover_text(row) for row in rows_of(table)],
    )
    wide = named.pivot(index=["title", "baseline_title"], columns="column", values="text")
    columns = {"title": "at once", "baseline_title": "in turn"}
    counts = [f"{count} sources" for count in sorted(table["count"].unique())]
    return Table(
        wide.reset_index(),
        "From which measured delay of a source (ms) on asking at once is quicker than in turn; in"
        " brackets the longest delay at which it is not, and how many times as long it takes there"
        " (95 % interval; ? not decided).",
        columns | {name: name for name in counts},
    )


def _crossover_text(row: dict[str, Any]) -> str:
    """`10 (0: 1.4 (1.2–1.6))`; – in place of a delay where it is quicker at none."""
    first = "–" if pd.isna(row["quicker_from_ms"]) else f"{row['quicker_from_ms']:g}"
    if not row["verdict"]:
        return first
    doubt = "" if row["verdict"] in DECIDED else " ?"
    return f"{first} ({row['not_below_ms']:g}: {_ratio_text(row)}{doubt})"


def fan_out_ratios_as_table(table: pd.DataFrame, count: int) -> Table | Prose:
    """`fan_out_ratios` with `count` sources: a column for each delay; nothing of none."""
    rows = table[table["count"] == count]
    if rows.empty:
        return Prose("")
    named = rows.assign(
        text=[_ratio_text(row) for row in rows_of(rows)],
        column=[f"{delay_ms:g} ms" for delay_ms in rows["delay_ms"]],
        pair=rows["title"] + " / " + rows["baseline_title"],
    )
    keys = ["pair", "differs"]
    wide = named.pivot_table("text", keys, "column", aggfunc="first", sort=False).reset_index()
    delays = [f"{delay_ms:g} ms" for delay_ms in sorted(rows["delay_ms"].unique())]
    return Table(
        wide,
        f"How many times as long a request for {count} sources takes, first over second (95 %"
        " interval), by the delay of each source.",
        {"pair": "comparison"} | {name: name for name in delays} | {"differs": ALSO_DIFFERS},
    )


def _ratio_text(row: dict[str, Any]) -> str:
    span = "" if pd.isna(row["low"]) else f" ({interval(row['low'], row['high'])})"
    return times(row["ratio"], row["low"], row["high"]) + span


def variants_as_table(run: Run, ratios: pd.DataFrame, scenario: str) -> Table | Prose:
    """`ratio_table` of stacks that differ in one axis and nothing else, in a scenario at its main
    closed load."""
    rows = at_main_load(ratios[ratios["scenario"] == scenario])
    rows = rows[rows["metric"].isin(_METRICS) & rows["ratio"].notna()]
    if rows.empty:
        return Prose(
            f"*No two stacks of this run differ in {spoken(scenario)} in one such choice.*"
        )
    stacks = run.manifest.stacks
    pairs = [
        f"{title_of(r['stack'], stacks)} / {title_of(r['baseline'], stacks)}" for r in rows_of(rows)
    ]
    frame = _with_span(rows).assign(
        pair=pairs,
        what=rows["metric"].map(_METRICS),
        ratio=[times(row["ratio"], row["low"], row["high"]) for row in rows_of(rows)],
    )
    columns = {"pair": "comparison", "what": "what", "ratio": "ratio", "span": "95 % interval"}
    columns |= {"differs": "differ in"}
    return Table(
        frame,
        f"{spoken(scenario).capitalize()} at {rows['load'].iloc[0]}, first over second, paired by"
        " block.",
        columns | {"blocks": "blocks", "verdict": "verdict", "reason": "because"},
    )


_METRICS = {
    "throughput": "requests per second",
    "p50": "median response time",
    "cpu": "CPU time of the service per request",
}


def search_spread_as_table(table: pd.DataFrame) -> Table | Prose:
    """`search_spread`: how far apart the frameworks are, by kind of word and index."""
    if table.empty:
        return Prose("*This run has no search by two frameworks.*")
    rows = _with_span(table).assign(index=table["index"].map({True: "there", False: "dropped"}))
    columns = {"index": "trigram index", "kind": "word", "fastest": "fastest", "fastest_ms": "ms"}
    columns |= {"slowest": "slowest", "slowest_ms": "ms", "ratio": "ratio"}
    caption = f"Median response times of searches at {table['load'].iloc[0]}, framework against"
    return Table(rows, f"{caption} framework.", columns | {"span": "95 % interval"})


def search_ratios_as_table(table: pd.DataFrame) -> Table | Prose:
    """`search_ratios`: a row per pair, a column per kind of word."""
    if table.empty:
        return Prose(
            "*No stack of this run searches without the index or with its queries at once.*"
        )
    named = table.assign(
        text=[_ratio_text(row) for row in rows_of(table)],
        pair=table["title"] + " / " + table["baseline_title"],
    )
    wide = named.pivot_table("text", "pair", "kind", aggfunc="first", sort=False).reset_index()
    kinds = [kind for kind in table["kind"].unique() if kind in wide]
    return Table(
        wide,
        f"How many times as long a search takes in the median at {table['load'].iloc[0]}, first"
        " over second (95 % interval), by how common the word is.",
        {"pair": "comparison"} | {kind: kind for kind in kinds},
    )


def rates_in_time_as_table(table: pd.DataFrame, p99_limit_ms: float) -> Table | Prose:
    """`rates_in_time`: between which rates a stack's capacity lies; nothing of no open load."""
    if table.empty:
        return Prose("")
    columns = {"scenario": "scenario", "title": "stack", "served": "served (1/s)"}
    columns |= {"late_share": "late", "missed_per_s": "not served (1/s)"}
    columns |= {"missed_late_share": "late then", "judged": "rates judged"}
    return Table(
        table.assign(served=[_served_text(row) for row in rows_of(table)]),
        f"The highest offered rate that was served within {number(p99_limit_ms)} ms, and the lowest"
        " above it that was not, each with the share of its requests that were late. –: none was"
        " offered.",
        columns | {"unknown": "cannot be told"},
        _SPOKEN | {"late_share": percent, "missed_per_s": rate, "missed_late_share": percent},
    )


def _served_text(row: dict[str, Any]) -> str:
    if not row["judged"]:
        return "not measured"
    if not isfinite(row["rate_per_s"]):
        return f"< {rate(row['missed_per_s'])}"
    return "≥ " * (not isfinite(row["missed_per_s"])) + rate(row["rate_per_s"])


def migration_as_table(run: Run, ratios: pd.DataFrame) -> Table | Prose:
    """`migration_ratios`: a row per scenario and pair, a column per metric; nothing of none."""
    if ratios.empty:
        return Prose("")
    stacks = run.manifest.stacks
    named = ratios.assign(
        text=[_ratio_text(row) + _doubt(row) for row in rows_of(ratios)],
        pair=[
            f"{title_of(row['stack'], stacks)} / {title_of(row['baseline'], stacks)}"
            for row in rows_of(ratios)
        ],
        column=ratios["metric"].map(_METRICS),
    )
    keys = ["scenario", "load", "pair", "differs"]
    wide = named.pivot_table("text", keys, "column", aggfunc="first", sort=False).reset_index()
    columns = {"scenario": "scenario", "load": "load", "pair": "comparison"}
    return Table(
        wide,
        "Two frameworks at one address over each as deployed: first over second (95 % interval; ?"
        " not decided).",
        columns
        | {name: name for name in _METRICS.values() if name in wide}
        | {"differs": ALSO_DIFFERS},
        _SPOKEN,
    )


def _doubt(row: dict[str, Any]) -> str:
    return "" if row["verdict"] in DECIDED else " ?"


def _with_span(frame: pd.DataFrame) -> pd.DataFrame:
    spans = [
        "–" if pd.isna(low) or pd.isna(high) else interval(low, high)
        for low, high in zip(frame["low"], frame["high"], strict=True)
    ]
    return frame.assign(span=spans)
