"""The sentences that tell where differences come from, every number computed from the run."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.attribution.estimate import FRAMEWORK, Attribution
from webtrial.results.attribution.text import differing
from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import one_block_note, within
from webtrial.results.base.formatting import (
    counted,
    listed,
    number,
    percent,
    rate,
    reach,
    spoken,
    times,
    whole_percent,
)
from webtrial.results.connections.estimate import most_held
from webtrial.results.connections.server_limits import keep_alive_exceptions_s
from webtrial.results.migration.estimate import connections_shared
from webtrial.results.overview.findings import DECIDED
from webtrial.results.search.estimate import TOGETHER
from webtrial.results.words_of_causes import holding
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import apart_in, framework_of, is_deployed, title_of
from webtrial.stats.thresholds import MINIMUM_REQUESTS, TOLERATED_SHARE

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
    """How many paths there are, which parts rest on one step, what pairs that differ in the
    framework show beside them, and what cannot be told apart."""
    if found.parts.empty:
        return Prose("")
    several = len(found.parts) > 2  # beside the whole
    said = [*(_paths_told(found) if several else []), *_corners_told(found), found.lacking]
    return Prose(" ".join(filter(None, said)))


def _paths_told(found: Attribution) -> Iterator[str]:
    stacks = len({*found.paths["start"], *found.paths["end"]})
    counts = found.paths.loc[found.paths["counts"], "path"].nunique()
    yield (
        f"{counted(counts, 'path')} through {counted(stacks, 'measured stack')}"
        f" {'leads' if counts == 1 else 'lead'} from {found.baseline_title} to"
        f" {found.stack_title}."
    )
    if over := found.crossing:
        way = f", with {over.way_over} as the way over" if over.way_over else ""
        yield (
            f"{'It changes' if counts == 1 else 'All of them change'} the framework in one step,"
            f" from {over.start_title} to {over.end_title}{way}: the factor is that of this step,"
            " no mean over different ways, and its interval does not cover what other ways would"
            " show."
        )
    alone = found.parts[~found.parts["independent"] & (found.parts["via"] != "")]
    others_alone = [row for row in rows_of(alone) if FRAMEWORK not in row["part"]]
    if others_alone and counts > 1:
        steps = [f"{row['part']} ({row['via']})" for row in others_alone]
        yield f"All of them also share a step that changes {listed(steps)}."
    if others := found.paths["path"].nunique() - counts:
        yield f"{counted(others, 'path')} more would bundle what these tell apart."


def _corners_told(found: Attribution) -> Iterator[str]:
    """`With threads on both sides FastAPI in threads took 0.56 (0.47–0.68) times the CPU time per
    request of Django, raw SQL; what differs is the framework and the server.`"""
    for row in rows_of(found.corners):
        where = row["concurrency"]
        where = f"From {where}" if " to " in where else f"With {where} on both sides"
        ratio = times(row["ratio"], row["low"], row["high"])
        yield (
            f"{where} {row['title']} took {ratio}{within(row)} times the CPU time per request of"
            f" {row['baseline_title']}{_unsure(row)}; what differs is {listed(differing(row))}."
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


def at_once_in_words(run: Run, ratios: pd.DataFrame) -> Prose:
    """Of `ratio_table`: what a pool of threads in each request costs a dashboard under load, and
    what asking at once on an event loop does, in stacks that differ in nothing else."""
    rows = at_main_load(ratios[ratios["scenario"] == DASHBOARD])
    stacks = run.manifest.stacks
    told: dict[str, list[str]] = {}
    for pair in apart_in(run, "sources"):
        of_pair = rows[(rows["stack"] == pair.stack) & (rows["baseline"] == pair.baseline)]
        if len(of_pair):
            way = str(stacks[pair.stack]["sources"])
            text = f"{framework_of(pair.stack, stacks)} {_worth_in_words(of_pair)}"
            told.setdefault(way, []).append(text)
    said = [f"{_AT_ONCE[way]}: {'; '.join(pairs)}." for way, pairs in told.items()]
    if not said:
        return Prose("")
    where = f"Dashboard at {rows['load'].iloc[0]}, asking at once over asking in turn"
    return Prose(f"{where}{one_block_note(rows)}. {' '.join(said)}")


DASHBOARD = "dashboard"
_AT_ONCE = {
    "threads": "By a pool of threads in each request",
    "gather": "By the event loop",
}
_WORTH = {
    "cpu": "CPU time of the service per request",
    "throughput": "requests per second",
    "p50": "median response time",
}


def _worth_in_words(pair: pd.DataFrame) -> str:
    """`1.2 times the CPU time of the service per request, 0.9 times the …`; what is not decided is
    marked."""
    rows = {row["metric"]: row for row in rows_of(pair) if isfinite(row["ratio"])}
    told = [
        f"{times(row['ratio'], row['low'], row['high'])} times the {what}{_unsure(row)}"
        for metric, what in _WORTH.items()
        if (row := rows.get(metric))
    ]
    return listed(told) or "nothing that counts"


def _unsure(row: dict[str, Any]) -> str:
    return "" if row["verdict"] in DECIDED or row["blocks"] <= 1 else f" ({row['reason']})"


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
    """Between which rates the capacity of each stack lies, scenario by scenario."""
    limit = f"{number(p99_limit_ms)} ms"
    if not table["judged"].any():
        return Prose(
            f"*Capacity within {limit} was not measured: this run has no open load with at least"
            f" {MINIMUM_REQUESTS} requests that tells.*"
        )
    told = [
        f"in {spoken(str(scenario))} " + ", ".join(_served(row) for row in rows_of(part))
        for scenario, part in table.groupby("scenario", sort=False)
    ]
    return Prose(
        f"Requests per second that were served within {limit}: {'; '.join(told)}. A rate is served"
        f" if at least {_IN_TIME} of its requests are answered within the limit; one that fails,"
        " times out or cannot be sent counts as late."
    )


_IN_TIME = whole_percent(1 - TOLERATED_SHARE)


def _served(row: dict[str, Any]) -> str:
    """`Django 200 (not 414)`, `Flask at least 631`, `FastAPI fewer than 50`, `Django not
    measured`."""
    if not row["judged"]:
        return f"{row['title']} not measured"
    served, missed = rate(row["rate_per_s"]), rate(row["missed_per_s"])
    if not isfinite(row["rate_per_s"]):
        return f"{row['title']} fewer than {missed}"
    if not isfinite(row["missed_per_s"]):
        return f"{row['title']} at least {served}"
    return f"{row['title']} {served} (not {missed})"


PROCESSES = (1, 2, 4)
"""Of a server, that are worth a run of their own where the cores allow."""


def processes_in_words(run: Run) -> Prose:
    """How many server processes each stack had, and how many the machine has cores for."""
    budgets = run.manifest.budgets
    if "service_cores" not in budgets:
        return Prose("")
    cores = len(budgets["service_cores"])
    beyond = [str(each) for each in PROCESSES if each > cores]
    are = "is" if len(beyond) == 1 else "are"
    refused = f", so {listed(beyond)} {are} refused" if beyond else ""
    return Prose(
        f"Server processes of each stack in this run: {budgets['server_processes']}. Other numbers"
        " are runs of their own (`server_processes`), with a core for each process: services have"
        f" {counted(cores, 'core')} on this machine{refused}."
    )


def connections_in_words(run: Run, table: pd.DataFrame, p99_limit_ms: float) -> Prose:
    """Of `connections`: how many each stack holds and what that means, beside the article; how many
    of them are idle, what each costs, how long the servers keep them."""
    asking = table[table["silent"] == 0]
    if asking.empty:
        return Prose("")
    most = most_held(table)
    return Prose(
        f"{holding(most)}{one_block_note(table)}. {_with_requests(asking, most)}Held: at most"
        f" {whole_percent(TOLERATED_SHARE)} of the connections were lost, and at least {_IN_TIME}"
        f" of the requests were answered within {number(p99_limit_ms)} ms; one that failed or could"
        f" not be sent counts as late. {_claimed(most)}{_idle(asking)}"
        f" {_each_in_words(most)}{_kept(run)}"
    )


def _with_requests(asking: pd.DataFrame, most: pd.DataFrame) -> str:
    """How many are held if each sends requests, where others that do not made it fewer."""
    if not (most["missed_silent"] > 0).any():
        return ""
    return f"With requests on every connection, {holding(most_held(asking))}. "


CLAIMED_CONNECTIONS = {"django": "500", "flask": "500", "fastapi": "5,000 or more"}
"""What the article says that each holds, by the stack that its framework's people deploy."""


def _claimed(most: pd.DataFrame) -> str:
    told = [
        f"{row['title']} {CLAIMED_CONNECTIONS[row['stack']]}"
        for row in rows_of(most)
        if row["stack"] in CLAIMED_CONNECTIONS
    ]
    return f"The article's numbers: {', '.join(told)}. " if told else ""


def _idle(asking: pd.DataFrame) -> str:
    largest = asking[asking["connections"] == asking["connections"].max()]
    busy = reach(largest["in_progress"].tolist())
    size = counted(int(largest["connections"].iloc[0]), "connection")
    return f"Of {size}, {busy} had a request in progress on average: the others were idle."


def _each_in_words(most: pd.DataFrame) -> str:
    told = [f"{row['title']} {number(row['kib_each'])}" for row in rows_of(most)]
    known = most["kib_each"].notna().any()
    return (
        f"A connection takes at least, in KiB of the service's memory: {', '.join(told)}; what a"
        " process kept from fewer connections before is used again."
        if known
        else ""
    )


def _kept(run: Run) -> str:
    """How long idle connections are kept, and by whom for less."""
    asked_s = run.manifest.budgets.get("keep_alive_s")
    if asked_s is None:
        return ""
    holders = run.manifest.parameters.holders
    less = [
        f"{title_of(name, run.manifest.stacks)} keeps them for at most {kept_s:g} s"
        for name, kept_s in keep_alive_exceptions_s(run).items()
        if name in holders
    ]
    return f" Servers keep an idle connection for {asked_s:g} s{''.join(f', {x}' for x in less)}."


def silent_in_words(table: pd.DataFrame) -> Prose:
    """What connections that never ask do to those that do."""
    silent = table[table["silent"] > 0]
    told = [
        f"beside {size:,} silent ones {', '.join(_answered(row) for row in rows_of(part))}"
        for size, part in silent.groupby("silent", sort=False)
    ]
    return Prose(f"Of the requests of the others were answered: {'; '.join(told)}." if told else "")


def _answered(row: dict[str, Any]) -> str:
    return f"{row['title']} {percent(1 - row['failed_fraction'])}"


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
