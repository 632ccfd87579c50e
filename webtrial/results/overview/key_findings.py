"""The key findings of a report: a few sentences, every number with its interval."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.attribution.estimate import WHOLE, Decomposition, decomposition
from webtrial.results.attribution.text import cause
from webtrial.results.base.formatting import also_differ_text, humanize, interval, listed, rounded
from webtrial.results.dashboard.finding import dashboard_finding
from webtrial.results.dashboard.ratios import DASHBOARD, dashboard_ratios
from webtrial.results.overview.findings import (
    deployed_text,
    failing,
    main_findings,
    named,
    unreplicated,
)
from webtrial.results.overview.matched_finding import matched_finding
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import Stacks


def key_findings(run: Run, ratios: pd.DataFrame) -> list[str]:
    """Return the findings as Markdown.

    These are `answers`, then the source of the largest difference in cost. `ratios` is
    `ratio_table`.
    """
    found = main_findings(run, ratios, ("throughput",))
    if found.empty:
        return ["No two stacks have trials that count in the same place."]
    return [*answers(run, ratios), *_cause(run, found[found["kind"] == "as deployed"])]


def answers(run: Run, ratios: pd.DataFrame) -> list[str]:
    """Return who serves how many requests, as Markdown.

    It covers all pairs as deployed, all matched pairs, and the dashboard with the choice that
    decides it; anything not measured is left out.
    """
    found = main_findings(run, ratios, ("throughput",))
    single = unreplicated(ratios)
    said = {
        "As deployed": _as_deployed(run, found[found["kind"] == "as deployed"], single),
        "Matched": matched_finding(run, ratios),
        "Dashboard": dashboard_finding(dashboard_ratios(run), run.manifest.stacks),
    }
    alone = " One block: no interval, no verdict." if single else ""
    return [f"**{name}.** {text}{alone}" for name, text in said.items() if text]


def _as_deployed(run: Run, found: pd.DataFrame, single: bool) -> str:
    """Return the pairs of frameworks as deployed; the dashboard has a finding of its own."""
    found = found[found["scenario"] != DASHBOARD]
    if found.empty:
        return ""
    pairs = [
        _pair_told(rows, run.manifest.stacks, single)
        for _, rows in found.groupby(["stack", "baseline"], sort=False)
    ]
    loads = listed(list(dict.fromkeys(found["load"])))
    stacks = run.manifest.stacks
    differ = also_differ_text(
        (f"{named(row['stack'], stacks)} / {named(row['baseline'], stacks)}", row["differs"])
        for row in rows_of(found)
    )
    return f"At {loads} ({deployed_text(run)}): {' '.join(pairs)}{differ}"


def _pair_told(rows: pd.DataFrame, stacks: Stacks, single: bool) -> str:
    """Return the finding about one pair.

    Example: `FastAPI served 2.3 times (1.8–3.1) the requests per second of Flask on user detail,
    …`.
    """
    first = rows.iloc[0]
    above, below = named(first["stack"], stacks), named(first["baseline"], stacks)
    known = rows[rows["ratio"].notna()]
    sure = known if single else known[known["verdict"].isin(DECIDED)]
    more, less = sure[sure["ratio"] > 1], sure[sure["ratio"] <= 1]
    said = [*_direction(more, above, below), *_direction(less, below, above)]
    rest = rows.drop(sure.index)
    equal = rest["verdict"] == "indistinguishable"
    said += _elsewhere(rest[equal], "no more apart than a stack from itself")
    said += _elsewhere(rest[~equal], "not decided")
    if len(said) and len(sure) == 0:
        said = [f"{above} against {below}: {'; '.join(said)}"]
    return f"{'; '.join(said)}.{''.join(failing(rows, stacks))}"


def _elsewhere(rows: pd.DataFrame, how: str) -> list[str]:
    """Return `on product search and dashboard not decided`; empty if everything is decided."""
    names = [humanize(name) for name in dict.fromkeys(rows["scenario"])]
    return [f"on {listed(names)} {how}"] if names else []


def _direction(rows: pd.DataFrame, winner: str, loser: str) -> Iterator[str]:
    """Yield how much more the winner served, by scenario; nothing if it never did."""
    if rows.empty:
        return
    (factor, where), *others = [_factor(row) for row in rows_of(rows)]
    first = f"**{winner}** served {factor} the requests per second of **{loser}** on {where}"
    yield listed([first, *(f"{factor} on {where}" for factor, where in others)])


def _factor(row: dict[str, Any]) -> tuple[str, str]:
    ratio, low, high = row["ratio"], row["low"], row["high"]
    if ratio <= 1:
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    span = f" ({interval(low, high)})" if isfinite(low) and isfinite(high) else ""
    return f"{rounded(ratio, low, high)} times{span}", humanize(row["scenario"])


def _cause(run: Run, deployed: pd.DataFrame) -> list[str]:
    """Return the source of the largest ratio of CPU time between two stacks as deployed."""
    pairs = dict.fromkeys(zip(deployed["stack"], deployed["baseline"], strict=True))
    found = [each for pair in pairs if len((each := decomposition(run, *pair)).parts)]
    if not found:
        return []
    return [cause(max(found, key=_factor_of))]


def _factor_of(found: Decomposition) -> float:
    """Return the factor of the whole difference, in whichever direction."""
    parts = found.parts
    ratio = float(parts.loc[parts["part"] == WHOLE, "ratio"].iloc[0])
    return max(ratio, 1 / ratio)
