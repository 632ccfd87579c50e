"""What the figures say that tell where a difference comes from: as `words` does for the others."""

from collections import Counter
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.figure_text import (
    Words,
    interval_note,
    left_out_note,
    one_block_note,
    per_cell,
    ring_note,
    within,
)
from webtrial.results.base.formatting import counted, listed, number, reach, spoken, times
from webtrial.results.connections.estimate import most_held
from webtrial.results.cost.request_time import PARTS
from webtrial.results.overview.findings import DECIDED
from webtrial.stats.frames import rows_of


def request_time(table: pd.DataFrame, invalid: int) -> Words:
    """Of `request_time`: what takes most of a request's time, scenario by scenario."""
    most = [
        _mostly(str(scenario), part) for scenario, part in table.groupby("scenario", sort=False)
    ]
    title = f"Most of a request's time is {'; '.join(most)}{one_block_note(table)}"
    alt = "Mean milliseconds per request. " + per_cell(table, _time_text)
    caption = (
        "Where the mean response time of a request goes: a mark per part and a bar at the whole, on"
        " a log scale; less than a hundredth of a millisecond is not drawn. Waiting for its turn"
        " (for a thread, the interpreter or a core) is what the other parts leave."
        + _unknown(table)
        + _exceeding(table)
        + ring_note(table["suspect_blocks"])
        + left_out_note(invalid)
    )
    return Words(title, alt, caption)


def _time_text(row: dict[str, Any]) -> str:
    parts = [f"{name} {number(row[column])}" for column, name in PARTS.items() if row[column] > 0]
    return f"{row['title']} {number(row['response_ms'])} ({', '.join(parts)})"


def _mostly(scenario: str, part: pd.DataFrame) -> str:
    """`waiting for its turn in user detail (77 to 98 %)`."""
    shares = [
        {name: row[name] / (row["response_ms"] + row["excess_ms"]) for name in PARTS}
        for row in rows_of(part.fillna(dict.fromkeys(PARTS, 0.0)))
    ]
    largest = [max(each, key=lambda name: each[name]) for each in shares]
    (named, count), *_ = Counter(largest).most_common()
    mostly = [
        100 * each[named] for each, most in zip(shares, largest, strict=True) if most == named
    ]
    of = "" if count == len(part) else f", {count} of {counted(len(part), 'stack')}"
    return f"{PARTS[named]} in {spoken(scenario)} ({reach(mostly)} %{of})"


def _unknown(table: pd.DataFrame) -> str:
    names = list(
        dict.fromkeys(name for row in table["unknown"] for name in row.split(", ") if name)
    )
    return (
        f" Not observed everywhere, and where it was not, part of that: {listed(names)}."
        if names
        else ""
    )


def _exceeding(table: pd.DataFrame) -> str:
    over = table.loc[table["excess_ms"] > 0, "title"].unique().tolist()
    return f" The parts of {'; '.join(over)} exceed the whole: they overlap." if over else ""


def fan_out(table: pd.DataFrame, ratios: pd.DataFrame) -> Words:
    """Of `fan_out` and its `fan_out_ratios` of at once over in turn: at which delays asking at once
    is quicker, where it is slower, by which factors."""
    several = ratios[ratios["count"] > 1]
    title = _at_once_over_in_turn(several) if len(several) else _longest_delay(table)
    alt = "Median milliseconds. " + "; ".join(
        f"{stack}: "
        + ", ".join(
            f"{row['count']} × {row['delay_ms']:g} ms {number(row['median_ms'])}"
            for row in rows_of(part)
        )
        for stack, part in table.groupby("title", sort=False)
    )
    caption = (
        "Median response time against the number of sources, one request at a time, a panel for"
        " each delay. Grey lines are the formula: delay × sources in turn (dashed), the delay alone"
        f" at once (solid). {interval_note(table)}"
    )
    return Words(title + one_block_note(table), f"{alt}.", caption)


def _at_once_over_in_turn(ratios: pd.DataFrame) -> str:
    """`Asked at once, 2 to 8 sources of 10 to 100 ms answer 1.8 to 7.8 times as fast as in turn; at
    0 ms asking at once takes 1.4 to 1.7 times as long with FastAPI (4 and 8 sources), else not
    decided`."""
    single = bool((ratios["blocks"] <= 1).all())
    quicker = ratios["ratio"] < 1 if single else ratios["verdict"] == "lower"
    everywhere = quicker.groupby(ratios["delay_ms"]).transform("all")
    said = [_quicker(ratios[everywhere])] if everywhere.any() else []
    for delay_ms, rows in ratios[~everywhere].groupby("delay_ms"):
        slower = rows["ratio"] >= 1 if single else rows["verdict"] == "higher"
        said.append(f"at {delay_ms:g} ms {_mixed(rows, quicker[rows.index], slower)}")
    start = "" if everywhere.any() else "Asking at once over asking in turn: "
    return start + "; ".join(said)


def _quicker(rows: pd.DataFrame) -> str:
    counts, delays = (_span_of(rows[name]) for name in ("count", "delay_ms"))
    factor = reach((1 / rows["ratio"]).tolist())
    said = f"Asked at once, {counts} sources of {delays} ms answer {factor} times as fast"
    return f"{said} as in turn"


def _span_of(values: pd.Series) -> str:
    """`2 to 8`."""
    return " to ".join(dict.fromkeys(f"{each:g}" for each in (values.min(), values.max())))


def _mixed(rows: pd.DataFrame, quicker: pd.Series, slower: pd.Series) -> str:
    """What is decided at a delay at which not all rows are quicker."""
    said = [
        f"takes {reach(rows.loc[chosen, 'ratio'].tolist())} times as long with"
        f" {_pairs_and_counts(rows[chosen])}"
        for chosen in (slower, quicker)
        if chosen.any()
    ]
    if not said:
        return "neither is shown to be quicker"
    rest = "" if (slower | quicker).all() else ", else not decided"
    return f"asking at once {' and '.join(said)}{rest}"


def _pairs_and_counts(rows: pd.DataFrame) -> str:
    """`FastAPI (4 and 8 sources)`."""
    return listed(
        [
            f"{title} ({listed([str(count) for count in part['count']])} sources)"
            for title, part in rows.groupby("title", sort=False)
        ]
    )


def _longest_delay(table: pd.DataFrame) -> str:
    """What the most sources of the longest delay take, where no two stacks differ in how they ask
    alone."""
    most = table[table["count"] == table["count"].max()]
    longest = most[most["delay_ms"] == most["delay_ms"].max()]
    delay_ms, count = float(longest["delay_ms"].iloc[0]), int(longest["count"].iloc[0])
    ways = [
        f"asked {way} {reach((part['median_ms'] / delay_ms).tolist())} times this delay"
        for way, part in longest.groupby(_asked(longest), sort=False)
        if delay_ms
    ]
    if not ways:
        return f"Median response time of a request for up to {counted(count, 'source')}"
    return f"A request for {counted(count, 'source')} of {delay_ms:g} ms takes {listed(ways)}"


def _asked(table: pd.DataFrame) -> pd.Series:
    return table["sources"].where(table["sources"] == "in turn", "at once")


def capacity(sweep: pd.DataFrame, invalid: int) -> Words:
    """Of `capacity.sweep`: which stack reaches most, which least, and with how many users."""
    peaks = [part.nlargest(1, "throughput_per_s") for _, part in sweep.groupby("stack", sort=False)]
    ranked = rows_of(pd.concat(peaks).sort_values("throughput_per_s", ascending=False))
    told = [
        f"{number(row['throughput_per_s'])} with {row['title']} ({row['users']:,g} users)"
        for row in (ranked if len(ranked) < 2 else [ranked[0], ranked[-1]])
    ]
    title = f"{spoken(str(sweep['scenario'].iloc[0])).capitalize()}: requests per second reach"
    title += f" {' and '.join(told)}{one_block_note(sweep)}"
    alt = "Requests per second and median response time in milliseconds by users. " + per_cell(
        sweep,
        lambda row: f"{row['title']} {number(row['throughput_per_s'])} and {number(row['p50_ms'])}",
    )
    caption = (
        "Left: requests per second; right: response time, median and (thin, above) 90th percentile,"
        f" both against users in a closed loop, all on log scales. {interval_note(sweep)}"
        + ring_note(sweep["suspect_blocks"])
        + left_out_note(invalid)
    )
    return Words(title, alt, caption)


def connections(
    table: pd.DataFrame, p99_limit_ms: float, invalid: int, silent_beside: bool = False
) -> Words:
    """Of `connections` that all send requests: how many each stack holds. `silent_beside`: the run
    has others, which never send any and are not drawn."""
    alt = "Median response time in milliseconds and memory in MiB. " + per_cell(
        table, lambda row: f"{row['title']} {number(row['p50_ms'])} and {number(row['memory_mib'])}"
    )
    caption = (
        "Against the connections held, which ask at one rate in all however many they are. Left:"
        " memory of the service. Right: response time, median and (thin, above) 90th percentile, on"
        f" a log scale; grey: the limit of {number(p99_limit_ms)} ms for the 99th. Crossed: not"
        f" held.{_NOT_DRAWN * silent_beside} {interval_note(table)}"
        + ring_note(table["suspect_blocks"])
        + left_out_note(invalid)
    )
    title = "With requests on every connection, " * silent_beside + holding(most_held(table))
    return Words(title + one_block_note(table), alt, caption)


_NOT_DRAWN = " Loads with connections that never send a request are not drawn."


def holding(most: pd.DataFrame) -> str:
    """Of `most_held`: `FastAPI holds at least 5,000 connections; Django and Flask hold 100 (not 300
    if 200 of them never send a request)`."""
    told = [
        f"{listed(titles)} {'holds' if len(titles) == 1 else 'hold'} {how_many}"
        for how_many, titles in _by_number(most).items()
    ]
    return "; ".join(told)


def _by_number(most: pd.DataFrame) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows_of(most):
        found.setdefault(_number_held(row), []).append(row["title"])
    return found


def _number_held(row: dict[str, Any]) -> str:
    """`at least 5,000 connections`, `1,000 connections (not 5,000)`, `fewer than 100 connections`;
    nothing is said of numbers that cannot be judged."""
    most, missed = row["most"], row["missed"]
    silent = f" if {row['missed_silent']:,.0f} of them never send a request"
    silent *= row["missed_silent"] > 0
    if not isfinite(missed):
        return (
            f"at least {counted(most, 'connection')}"
            if most
            else "an unknown number of connections"
        )
    if not most:
        return f"fewer than {counted(int(missed), 'connection')}{silent}"
    return f"{counted(most, 'connection')} (not {missed:,.0f}{silent})"


def migration(costs: pd.DataFrame, ratios: pd.DataFrame, invalid: int) -> Words:
    """Of `migration_costs` and `migration_ratios`: how many times the CPU time of the framework
    that is left a request costs, in the scenario that most of these stacks were measured in."""
    cpu = ratios[ratios["metric"] == "cpu"]
    most = str(cpu.groupby("scenario", sort=False)["stack"].nunique().idxmax())
    here = costs[costs["scenario"] == most]
    told = [
        _against_what_is_left(rows_of(way), rows_of(cpu[cpu["scenario"] == most]))
        for _, way in here.groupby("way", sort=False)
    ]
    said = "; ".join(filter(None, told)) or "no two stacks can be compared"
    title = f"CPU time of a request for {spoken(most)}: {said}{one_block_note(here)}"
    alt = "CPU-milliseconds of the service per request. " + per_cell(
        costs.drop_duplicates(["scenario", "load", "stack"]),
        lambda row: f"{row['title']} {number(row['value'])}{within(row)}",
    )
    caption = (
        "CPU-milliseconds of the service per request, on a log scale: from the framework that is"
        " left, by what serves with both, to the one that is reached. Filled: stacks as deployed."
        f" {interval_note(costs)}" + ring_note(costs["suspect_blocks"]) + left_out_note(invalid)
    )
    return Words(title, alt, caption)


def _against_what_is_left(way: list[dict[str, Any]], ratios: list[dict[str, Any]]) -> str:
    """`Django with FastAPI 0.31 times that of Django`; what is not decided is named."""
    left, *others = way
    over_left = {row["stack"]: row for row in ratios if row["baseline"] == left["stack"]}
    rows = [(row["title"], over_left[row["stack"]]) for row in others if row["stack"] in over_left]
    told = [
        f"{title} {times(row['ratio'], row['low'], row['high'])} times"
        for title, row in rows
        if row["verdict"] in DECIDED or row["blocks"] <= 1
    ]
    open_ = [title for title, row in rows if row["verdict"] not in DECIDED and row["blocks"] > 1]
    said = [f"{listed(told)} that of {left['title']}"] if told else []
    if open_:
        said.append(f"{'; '.join(open_)} and {left['title']} are not shown to differ")
    return ", ".join(said)
