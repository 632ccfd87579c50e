"""The sentences that tell where differences come from, every number computed from the run."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.analyse.attribution import WHOLE, Attribution
from webtrial.analyse.frames import rows_of
from webtrial.analyse.migration import connections_shared
from webtrial.analyse.pairs import is_deployed, title_of
from webtrial.analyse.phrases import counted, listed, number, percent, reach, spoken
from webtrial.analyse.searches import TOGETHER
from webtrial.analyse.show import Prose
from webtrial.runs import Run

CLAIMED_SOURCES = 4
CLAIMED_RATIO = 4.0
"""What the article says of its dashboard: four sources asked in turn take four times as long."""


def floor_in_words(run: Run, table: pd.DataFrame) -> Prose:
    """Of `floor`: how far the floors of the stacks as deployed lie above the bare server's, and how
    much of a request with a database is floor."""
    if table.empty:
        return Prose("")
    frameworks = table[[is_deployed(name, run.manifest.stacks) for name in table["stack"]]]
    said = ""
    if frameworks["times_bare"].notna().any():
        factors = reach(frameworks["times_bare"].dropna().tolist())
        said += f"To answer a ping takes {factors} times the CPU time of the bare server. "
    shares = frameworks.dropna(subset=["floor_share"])
    if len(shares):
        told = [f"{row['title']} {percent(row['floor_share'])}" for row in rows_of(shares)]
        said += f"Of the CPU time of a user detail, a ping takes: {'; '.join(told)}."
    return Prose(said.strip())


def attribution_in_words(found: Attribution) -> Prose:
    """What each part makes of the whole, over how many paths, and what cannot be told apart."""
    if found.parts.empty:
        return Prose("")
    parts = found.parts[found.parts["part"] != WHOLE]
    if len(parts) == 1:
        return Prose(found.lacking)
    shares = [f"{row['part']} {row['share']:.0%}".replace("%", " %") for row in rows_of(parts)]
    stacks = len({*found.paths["start"], *found.paths["end"]})
    counts = found.paths.loc[found.paths["counts"], "path"].nunique()
    others = found.paths["path"].nunique() - counts
    left_out = (
        f" {counted(others, 'path')} more would bundle what these tell apart." if others else ""
    )
    return Prose(
        f"On the log scale, of the difference between {found.baseline_title} and"
        f" {found.stack_title}: {'; '.join(shares)}. That is the mean over"
        f" {counted(counts, 'path')} through {counted(stacks, 'stack')}.{left_out}"
        f" {found.lacking}".rstrip()
    )


def fan_out_in_words(ratios: pd.DataFrame) -> Prose:
    """Of `fan_out_ratios` against FastAPI as deployed: how near in turn comes to the article's
    factor, and how far asking at once narrows it."""
    rows = ratios[(ratios["count"] == CLAIMED_SOURCES) & (ratios["delay_ms"] > 0)]
    if rows.empty:
        return Prose("")
    against = str(rows["baseline_title"].iloc[0])
    told = [
        f"{title} {reach(part['ratio'].tolist())} times"
        for title, part in rows.groupby("title", sort=False)
    ]
    delays = reach(rows["delay_ms"].tolist())
    return Prose(
        f"The article: {CLAIMED_SOURCES} sources take {CLAIMED_RATIO:g} times as long asked in"
        f" turn. Measured with {CLAIMED_SOURCES} sources of {delays} ms, one request at a time,"
        f" as many times as long as {against}: {'; '.join(told)}."
    )


def search_spread_in_words(table: pd.DataFrame) -> Prose:
    """At which kinds of word the frameworks come together."""
    if table.empty:
        return Prose("")
    said = [
        f"with the trigram index {there}" if has_index else f"without it {there}"
        for has_index, part in table.groupby("index", sort=False)
        if (there := _together(part))
    ]
    return Prose(
        f"Within a factor of {TOGETHER:g} of each other the frameworks count as having come"
        f" together: {'; '.join(said)}."
    )


def _together(part: pd.DataFrame) -> str:
    near = part.loc[part["together"], "kind"].tolist()
    apart = [
        f"{number(row['ratio'])} times for {row['kind']} ones"
        for row in rows_of(part[~part["together"]])
    ]
    told = [f"they do for {listed(near)} words"] if near else []
    told += [f"they differ {listed(apart)}"] if apart else []
    return " and ".join(told)


def rates_in_time_in_words(table: pd.DataFrame, p99_limit_ms: float) -> Prose:
    """Which rate each stack serves in time, scenario by scenario."""
    known = table[table["rates"] > 0]
    if known.empty:
        return Prose("*This run has no open load with enough requests for a 99th percentile.*")
    told = [
        f"in {spoken(str(scenario))} " + ", ".join(_served(row) for row in rows_of(part))
        for scenario, part in known.groupby("scenario", sort=False)
    ]
    return Prose(
        f"With a 99th percentile of at most {number(p99_limit_ms)} ms, {'; '.join(told)}. At least"
        " means that no higher rate was measured."
    )


def _served(row: dict[str, Any]) -> str:
    if not isfinite(row["rate_per_s"]):
        return f"{row['title']} serves none of the measured rates"
    least = "" if isfinite(row["missed_per_s"]) else "at least "
    return f"{row['title']} serves {least}{number(row['rate_per_s'], 3)}/s"


def connections_in_words(run: Run) -> Prose:
    """How many connections were held at most by what this run measured."""
    most = max((trial.client.connections for trial in run.trials), default=0)
    return Prose(
        f"In the trials of this run at most {counted(most, 'connection')} were open at once."
    )


def migration_in_words(run: Run, ratios: pd.DataFrame) -> Prose:
    """Which routes have moved where some have, and how two pools share the connections of one."""
    stacks = {name: run.manifest.stacks[name] for name in ratios["stack"].unique()}
    moved = {name: stack.get("environment", {}).get("MOVED", "") for name, stack in stacks.items()}
    said = [
        f"{title_of(name, stacks)}: {listed(groups.split(', '))} have moved."
        for name, groups in moved.items()
        if groups not in ("", "none", "all")
    ]
    pools = [
        f"{title_of(name, stacks)} {listed(list(map(str, shares)))}"
        for name, shares in connections_shared(run).items()
        if name in stacks
    ]
    said += [f"Connections to the database, pool by pool: {'; '.join(pools)}."] if pools else []
    return Prose(" ".join(said))
