"""The key findings of a report: a few sentences, every number with its interval."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.attribution.estimate import WHOLE, Decomposition, decomposition
from webtrial.results.attribution.text import attribution_sentence
from webtrial.results.base.figure_text import ONE_BLOCK
from webtrial.results.base.formatting import also_differ_text, humanize, interval, listed, rounded
from webtrial.results.dashboard.finding import dashboard_finding
from webtrial.results.dashboard.ratios import DASHBOARD, dashboard_ratios
from webtrial.results.overview.findings import (
    NO_COMPARISON,
    deployed_text,
    failure_sentences,
    inline_title,
    main_findings,
    unreplicated,
)
from webtrial.results.overview.matched_finding import matched_finding
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import Stacks


def key_findings(run: Run, ratios: pd.DataFrame) -> list[str]:
    """Return the findings as Markdown.

    These are `ratio_findings`, then the source of the largest difference in cost. `ratios` is
    `ratio_table`.
    """
    findings = main_findings(run, ratios, ("throughput",))
    if findings.empty:
        return [NO_COMPARISON]
    deployed = findings[findings["kind"] == "as deployed"]
    return [*ratio_findings(run, ratios), *_cause(run, deployed)]


def ratio_findings(run: Run, ratios: pd.DataFrame) -> list[str]:
    """Return the ratios of requests per second, as Markdown.

    It covers all pairs as deployed, all matched pairs, and the dashboard with the choice that
    decides it; anything not measured is omitted.
    """
    findings = main_findings(run, ratios, ("throughput",))
    single = unreplicated(ratios)
    sections = {
        "As deployed": _as_deployed(run, findings[findings["kind"] == "as deployed"], single),
        "Matched": matched_finding(run, ratios),
        "Dashboard": dashboard_finding(dashboard_ratios(run), run.manifest.stacks),
    }
    note = f" {ONE_BLOCK}" if single else ""
    return [f"**{name}.** {text}{note}" for name, text in sections.items() if text]


def _as_deployed(run: Run, findings: pd.DataFrame, single: bool) -> str:
    """Return the pairs of frameworks as deployed; the dashboard has a finding of its own."""
    findings = findings[findings["scenario"] != DASHBOARD]
    if findings.empty:
        return ""
    stacks = run.manifest.stacks
    pairs = [
        _pair_text(rows, stacks, single)
        for _, rows in findings.groupby(["stack", "baseline"], sort=False)
    ]
    loads = listed(list(dict.fromkeys(findings["load"])))
    differ = also_differ_text(
        (
            f"{inline_title(row['stack'], stacks)} / {inline_title(row['baseline'], stacks)}",
            row["differs"],
        )
        for row in rows_of(findings)
    )
    return f"At {loads} ({deployed_text(run)}): {' '.join(pairs)}{differ}"


def _pair_text(rows: pd.DataFrame, stacks: Stacks, single: bool) -> str:
    """Return the finding about one pair.

    Example: `FastAPI served 2.3 times (1.8–3.1) the requests per second of Flask on user detail,
    …`.
    """
    first = rows.iloc[0]
    above, below = inline_title(first["stack"], stacks), inline_title(first["baseline"], stacks)
    with_ratio = rows[rows["ratio"].notna()]
    decided = with_ratio if single else with_ratio[with_ratio["verdict"].isin(DECIDED)]
    more, less = decided[decided["ratio"] > 1], decided[decided["ratio"] <= 1]
    parts = [*_direction(more, above, below), *_direction(less, below, above)]
    others = rows.drop(decided.index)
    equal = others["verdict"] == "indistinguishable"
    parts += _verdict_on(others[equal], "indistinguishable")
    parts += _verdict_on(others[~equal], "undecided")
    if len(parts) and len(decided) == 0:
        parts = [f"{above} and {below}: {'; '.join(parts)}"]
    return f"{'; '.join(parts)}.{''.join(failure_sentences(rows, stacks))}"


def _verdict_on(rows: pd.DataFrame, verdict: str) -> list[str]:
    """Return `undecided on product search and dashboard`; empty without rows."""
    names = [humanize(name) for name in dict.fromkeys(rows["scenario"])]
    return [f"{verdict} on {listed(names)}"] if names else []


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
    decompositions = [each for pair in pairs if len((each := decomposition(run, *pair)).parts)]
    if not decompositions:
        return []
    return [attribution_sentence(max(decompositions, key=_factor_of))]


def _factor_of(decomposed: Decomposition) -> float:
    """Return the factor of the whole difference, in whichever direction."""
    parts = decomposed.parts
    ratio = float(parts.loc[parts["part"] == WHOLE, "ratio"].iloc[0])
    return max(ratio, 1 / ratio)
