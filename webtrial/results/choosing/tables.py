"""Tables of scores, moves and costs."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import SERVED_PERCENT
from webtrial.results.base.formatting import (
    HUMANIZED,
    likelihood,
    number,
    percent,
    with_interval,
)
from webtrial.results.base.result import Renderers
from webtrial.results.choosing.criteria import Criteria
from webtrial.results.choosing.money import MILLION
from webtrial.results.choosing.projects import CRITERIA, Weights, weights_of
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of


def weights_table(weights: Weights | None = None) -> Table:
    """Return the weights of every project: a row per criterion with weight in any of them."""
    chosen = weights_of(weights)
    names = [name for name in CRITERIA if any(each.get(name) for each in chosen.values())]
    rows = [
        {"criterion": name} | {project: each.get(name, 0) for project, each in chosen.items()}
        for name in names
    ]
    shown = dict.fromkeys(chosen, _weight)
    return Table(pd.DataFrame(rows), "Weight of each criterion.", {}, shown)


def _weight(value: float) -> str:
    return f"{value:g}" if value else ""


def money_table(costs: pd.DataFrame, price_per_core_hour: float) -> Table | Prose:
    """Return `million_requests` at each scenario's main closed load."""
    rows = at_main_load(costs)
    if rows.empty:
        return Prose("*This run did not observe CPU time at a closed load.*")
    frame = rows.assign(
        hours=[_interval_text(row, "total_h", "low", "high") for row in rows_of(rows)],
        price=[_interval_text(row, "price", "price_low", "price_high") for row in rows_of(rows)],
    )
    columns = {"scenario": "scenario", "load": "load", "title": "stack", "service_h": "service"}
    columns |= {"database_h": "PostgreSQL", "upstreams_h": "upstreams", "hours": "total"}
    return Table(
        frame,
        f"CPU-hours of {MILLION:,} requests by process, and their price at"
        f" {number(price_per_core_hour)} per core-hour (95 % interval; –: not observed).",
        columns | {"price": "price"},
        HUMANIZED,
    )


def _interval_text(row: dict[str, Any], value: str, low: str, high: str) -> str:
    return with_interval(row[value], row[low], row[high])


def cores_table(cores: pd.DataFrame, rate_per_s: float, p99_limit_ms: float) -> Table | Prose:
    """Return `cores_needed`: copies and cores for a given load."""
    rows = cores[cores["judged"] > 0]
    if rows.empty:
        return Prose(
            "*This run has no open load with enough requests to decide which rates are served"
            f" within {number(p99_limit_ms)} ms.*"
        )
    frame = rows.assign(
        served=[_range(row["per_s"], row["missed_per_s"], "under ") for row in rows_of(rows)],
        cores=[_range(row["cores_low"], row["cores_high"]) for row in rows_of(rows)],
    )
    columns = {"scenario": "scenario", "title": "stack", "served": "capacity of one copy (1/s)"}
    columns |= {"cores": "cores for the service", "busy_cores": "busy cores at least"}
    columns |= {"database_cores": "busy in PostgreSQL", "upstreams_cores": "busy in upstreams"}
    return Table(
        frame,
        f"Cores for {number(rate_per_s)} requests per second with {SERVED_PERCENT} of them answered"
        f" within {number(p99_limit_ms)} ms. One copy served the first rate and did not serve the"
        " second. Fewer cores than the first number are therefore too few, and the second number"
        " is enough. ≥, under, ≤: the other end was not measured.",
        columns,
        HUMANIZED | dict.fromkeys(("busy_cores", "database_cores", "upstreams_cores"), number),
    )


def _range(low: float, high: float, below: str = "≤ ") -> str:
    """Format a range: `200–414`, `7`, or the one end that is known."""
    ends = [f"{end:,.0f}" for end in (low, high) if isfinite(end)]
    if len(ends) == 2:
        return "–".join(dict.fromkeys(ends))
    return f"≥ {ends[0]}" if isfinite(low) else f"{below}{ends[0]}"


def scores_table(scored: pd.DataFrame, p99_limit_ms: float) -> Table | Prose:
    """Return `scores`: a row per criterion, a column per framework.

    `p99_limit_ms` is the limit of the criteria.
    """
    if scored.empty:
        return Prose("*This run has no stack as deployed, so there are no scores.*")
    labelled = scored.assign(text=[_score(row) for row in rows_of(scored)])
    wide = labelled.pivot_table("text", "criterion", "framework", aggfunc="first", sort=False)
    frameworks = list(dict.fromkeys(scored["framework"]))
    order = [name for name in CRITERIA if name in wide.index]
    return Table(
        wide.loc[order, frameworks].reset_index(),
        "Scores: 1 for the best, 0.5 for half as good (middle 95 % of draws from the run's"
        " intervals). Throughput within limit and connections held require that"
        f" {SERVED_PERCENT} of the requests are answered within {number(p99_limit_ms)} ms.",
        {"criterion": "criterion"} | {name: name for name in frameworks},
    )


def _score(row: dict[str, Any]) -> str:
    if not isfinite(row["low"]) or f"{row['low']:.2f}" == f"{row['high']:.2f}":
        return f"{row['score']:.2f}"
    return f"{row['score']:.2f} ({row['low']:.2f}–{row['high']:.2f})"


def recommended_table(chosen: pd.DataFrame) -> Table:
    """Return `recommended`: first places beside the article's."""
    rows = rows_of(chosen)
    frame = chosen.assign(
        first=[_place(row, "first", "total") for row in rows],
        second=[_place(row, "second", "second_total") for row in rows],
        certainty=[_certainty(row) for row in rows],
        lacking=chosen["lacking"].replace("", "–"),
    )
    columns = {"project": "kind of project", "first": "first", "certainty": "first in draws"}
    columns |= {"second": "second", "article": "article", "agrees": "agrees"}
    return Table(
        frame,
        "First places by weighted score, the share of draws from the run's intervals in which they"
        " stay first (–: one block, no interval; probes: no criterion measured in the run has"
        " weight), and the article's recommendation.",
        columns | {"lacking": "has weight but was not measured"},
    )


def _place(row: dict[str, Any], place: str, total: str) -> str:
    return f"{row[place]} ({row[total]:.2f})" if isfinite(row[total]) else "–"


def _certainty(row: dict[str, Any]) -> str:
    if isfinite(row["total"]) and not isfinite(row["blocks_untouched"]):
        return "probes"
    return likelihood(row["probability"])


def moves_table(moved: pd.DataFrame) -> Table:
    """Return `moves`: how far weights must move for a different first place."""
    frame = moved.assign(
        single=[_single(row) for row in rows_of(moved)],
        all=[_shift(row) for row in rows_of(moved)],
    )
    columns = {"project": "kind of project", "first": "first", "single": "change of one weight"}
    return Table(
        frame,
        "Smallest changes of weights after which another framework has the same score: of a single"
        " weight, and as a share of all weight moved between criteria.",
        columns | {"all": "share of all weight moved"},
    )


def _single(row: dict[str, Any]) -> str:
    if not isfinite(row["needed"]):
        return "impossible"
    return (
        f"{row['criterion']} from {number(row['weight'])} to {number(row['needed'])}:"
        f" {row['rival']}"
    )


def _shift(row: dict[str, Any]) -> str:
    if not isfinite(row["moved"]):
        return "impossible"
    if not row["moved"]:
        return f"none: {row['moved_rival']} has the same score"
    return (
        f"{percent(row['moved'])} from {row['moved_from']} to {row['moved_to']}:"
        f" {row['moved_rival']}"
    )


def unmeasured_table(measured: Criteria) -> Table | Prose:
    """Return the criteria that were not measured, each with its reason; empty prose if all were."""
    if not measured.unmeasured:
        return Prose("")
    frame = pd.DataFrame(measured.unmeasured.items(), columns=["criterion", "reason"])
    return Table(frame, "Excluded criteria.")


TABLES: Renderers = {
    "scores": lambda result: scores_table(result.data, result.p99_limit_ms),
    "unmeasured": lambda result: unmeasured_table(result.criteria),
    "weights": lambda result: weights_table(result.weights),
    "recommended": lambda result: recommended_table(result.recommended),
    "moves": lambda result: moves_table(result.moves),
    "money": lambda result, price_per_core_hour: money_table(
        result.million_requests(price_per_core_hour), price_per_core_hour
    ),
    "cores": lambda result, load_per_s: cores_table(
        result.cores_needed(load_per_s), load_per_s, result.p99_limit_ms
    ),
}
