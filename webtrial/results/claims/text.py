"""Figure texts and sentences about claims and references."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import SERVED_PERCENT, FigureText
from webtrial.results.base.formatting import (
    counted,
    humanize,
    listed,
    number,
)
from webtrial.results.base.ratio_labels import ratio_text
from webtrial.results.base.result import Shows
from webtrial.results.claims.case import Limits
from webtrial.results.claims.evaluate import Verification
from webtrial.results.claims.facts import Count, counts_of, facts_of
from webtrial.results.claims.in_flight import requests_in_flight
from webtrial.results.claims.levels import ARTICLE_CORES
from webtrial.results.claims.references import furthest_first
from webtrial.results.claims.verdicts import ABOUT, INCONCLUSIVE
from webtrial.results.claims.written import measured_text
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import MINIMUM_BLOCKS
from webtrial.stats.pairs import title_of


def about(frame: pd.DataFrame, beginnings: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a table of claims whose ids start with one of `beginnings`."""
    return frame[frame["id"].str.startswith(tuple(beginnings))]


def claims_counted(count: Count) -> str:
    """Return the count of one kind of claim.

    Example: `**Measured performance** (19 statements, 11 independent facts): **1** supported, …`.
    """
    told = listed([f"**{number}** {verdict}" for verdict, number in count.reached.items()])
    return f"**{count.label.capitalize()}** ({count.size}): {told}."


def claims_figure_text(parts: pd.DataFrame) -> FigureText:
    """Return the figure text of the drawn rows of `Verification.parts`."""
    one = len(parts) == 1
    title = str(parts["reason"].iloc[0]) if one else f"{len(parts)} comparisons: {_outcomes(parts)}"
    alt = "Claimed and measured. " + "; ".join(parts["reason"]) + "."
    caption = (
        f"Grey bars: what is claimed (*about* is within a factor of {ABOUT:g}; what has no end runs"
        " out of the picture). Marks: measured, filled where the comparison is decided, hollow"
        " where it is not. Lines: 95 % intervals, or the ends between which a number lies."
    )
    return FigureText(title, alt, caption)


def _outcomes(parts: pd.DataFrame) -> str:
    """Return how many comparisons have which outcome."""
    direction, size = parts["direction"], parts["size"]
    which = {
        "as claimed": direction.eq(True) & size.eq(True),
        "in direction alone": direction.eq(True) & size.eq(False),
        "against the claim": direction.eq(False),
        "undecided": direction.isna() | (direction.eq(True) & size.isna()),
    }
    return ", ".join(f"{int(rows.sum())} {how}" for how, rows in which.items() if rows.any())


def references_figure_text(table: pd.DataFrame) -> FigureText:
    """Return the figure text of the rows of `reference_table` for which this run has a ratio."""
    decided = table[table["agrees"].notna()]
    title = f"{counted(len(table), 'published ratio')} beside ours"
    if len(decided):
        agreeing = int(decided["agrees"].eq(True).sum())
        title = f"{title}: {agreeing} of {len(decided)} within the interval of ours"
    alt = "Ratios of requests per second, published and ours. " + "; ".join(
        f"{row['title']} over {row['baseline_title']}: {row['source']} {row['date']}"
        f" {number(row['published'])}, ours {ratio_text(row)}"
        for row in rows_of(table)
    )
    caption = (
        "Ratios of requests per second on a log scale. Line and band: ours with its 95 % interval,"
        " at the main closed load of the scenario that comes nearest. Diamonds: published, without"
        " intervals."
    )
    return FigureText(title, f"{alt}.", caption)


TOLD = 3
"""The number of published ratios with a sentence each: those furthest from ours."""


def claims_text(run: Run, judged: Verification) -> Prose:
    """Return how many of the article's claims have which verdict, separately for each kind.

    For a run of one block, it says why none of the claims that depend on it is decided.
    """
    kinds = "\n".join(f"- {claims_counted(count)}" for count in counts_of(judged.table))
    alone = (
        "\n\nThis run has one block: no interval, and no verdict on anything that rests on it. What"
        " is decided rests on probes of the frameworks."
    )
    single = run.manifest.parameters.blocks == 1
    return Prose(f"What the article claims, by how it can be judged:\n\n{kinds}{alone * single}")


def disagreeing_text(judged: Verification) -> Prose:
    """Return which statements have a different verdict than the fact that they repeat."""
    facts = facts_of(judged.table)
    apart = facts[facts["differing"].map(len) > 0]
    if apart.empty:
        return Prose("All statements of a fact have the verdict of the fact.")
    verdicts = judged.table.set_index("id")["verdict"]
    told = [
        f"{row['fact']} is {row['verdict']}, but "
        + listed([f"{name} is {verdicts[name]}" for name in row["differing"]])
        for row in rows_of(apart)
    ]
    return Prose(f"Statements that differ from their fact: {'; '.join(told)}.")


def in_flight_text(run: Run) -> Prose:
    """Return what the article's own figures imply about the load under which they were measured.

    This is no claim and no verdict, because connections may be idle.
    """
    figures = requests_in_flight()
    stacks = run.manifest.stacks
    told = [
        f"{title_of(row['stack'], stacks)} {row['throughput_per_s']:,.0f}/s ×"
        f" {row['latency_ms']:g} ms = {row['in_flight']:.0f}"
        for row in rows_of(figures)
    ]
    named = [f"{each:,.0f}" for each in figures["connections"].dropna()]
    beside = (
        f" The table also names {listed(named)} concurrent connections, which is no contradiction:"
        " a connection that idles has no request in flight."
    )
    return Prose(f"Requests in flight: {listed(told)}.{beside * bool(named)}")


def rules_text(limits: Limits) -> Prose:
    """Explain the verdicts, with the bounds that decide them."""
    return Prose(
        "**Supported**: direction and size hold. **Partly**: the direction holds, the size does"
        " not. **Refuted**: the direction does not hold. **Inconclusive**: fewer than"
        f" {MINIMUM_BLOCKS} blocks are untouched, or an interval reaches over what would decide."
        " **Not testable here**: something is needed that this run, or any run, does not have."
        " A feature is *partly* there where all but the whole of it was found. Statements that"
        " repeat one fact count once: with the weakest verdict of those that state it alone."
        f" A figure is *about* right within a factor of {ABOUT:g}, interval included."
        f" Users are served, and connections held, if at least {SERVED_PERCENT}"
        f" of their requests are answered within {number(limits.p99_limit_ms, 3)} ms. A user is"
        f" assumed to think for {number(limits.assumed_think_time_s)} s between two requests. The"
        f" article's machine had {ARTICLE_CORES} cores."
    )


def reasons_text(judged: Verification, *beginnings: str) -> Prose:
    """Return a paragraph for each claim whose id starts with `beginnings`.

    It gives the article's statement, the verdict and the reason.
    """
    return Prose("\n\n".join(map(_told, rows_of(about(judged.table, beginnings)))))


def _told(row: dict[str, Any]) -> str:
    measured = measured_text(row)
    seen = f" Measured: {measured}{_unit(row)}." if measured != "–" else ""
    return (
        f"*{row['statement']}.* **{row['verdict'].capitalize()}.**{seen} {_sentence(row['reason'])}"
    )


def _unit(row: dict[str, Any]) -> str:
    return f" {row['unit']}" if row["unit"] and not isinstance(row["measured"], str) else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def undecided_text(judged: Verification) -> Prose:
    """Return which claims are inconclusive and may be decided by a longer run."""
    names = judged.table.loc[judged.table["verdict"] == INCONCLUSIVE, "id"].tolist()
    if not names:
        return Prose("No claim is inconclusive.")
    return Prose(f"Inconclusive in this run: {listed(names)}.")


def references_text(table: pd.DataFrame) -> Prose:
    """Return how many published ratios lie within our interval.

    Also says where they differ most, and how those tests differ from ours.
    """
    ranked = furthest_first(table)
    if ranked.empty:
        return Prose("")
    decided = ranked[ranked["agrees"].notna()]
    agreeing = int(decided["agrees"].eq(True).sum())
    said = [f"{counted(len(ranked), 'published ratio')} can be set beside one of ours."]
    if len(decided):
        said.append(f"{agreeing} of {len(decided)} lie within our interval.")
    parting = decided[decided["agrees"].eq(False)] if len(decided) else ranked
    said += [_parting(row) for row in rows_of(parting.head(TOLD))]
    return Prose(" ".join(said))


def _parting(row: dict[str, Any]) -> str:
    return (
        f"{row['source']} ({row['date']}, {row['test']}) has {row['title']} at"
        f" {number(row['published'])} times {row['baseline_title']}, we have {ratio_text(row)} in"
        f" {humanize(row['scenario'])}: {row['differs']}."
    )


TEXTS: Shows = {
    "summary": lambda found: claims_text(found.run, found.judged),
    "disagreeing": lambda found: disagreeing_text(found.judged),
    "rules": lambda found: rules_text(found.limits),
    "reasons": lambda found, *beginnings: reasons_text(found.judged, *beginnings),
    "in_flight": lambda found: in_flight_text(found.run),
    "undecided": lambda found: undecided_text(found.judged),
    "references": lambda found: references_text(found.references),
}
