"""Figure texts and sentences about claims and references."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import SERVED_PERCENT, FigureText
from webtrial.results.base.formatting import (
    humanize,
    listed,
    number,
    pluralize,
)
from webtrial.results.base.ratio_labels import ratio_text
from webtrial.results.base.result import Renderers
from webtrial.results.claims.context import Limits
from webtrial.results.claims.evaluate import Verification
from webtrial.results.claims.export import measured_text
from webtrial.results.claims.facts import Count, counts_of, facts_of
from webtrial.results.claims.in_flight import requests_in_flight
from webtrial.results.claims.levels import ARTICLE_CORES
from webtrial.results.claims.references import furthest_first
from webtrial.results.claims.verdicts import ABOUT, INCONCLUSIVE
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import MINIMUM_BLOCKS
from webtrial.stats.pairs import title_of


def with_prefix(frame: pd.DataFrame, prefixes: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a table of claims whose ids start with one of `prefixes`."""
    return frame[frame["id"].str.startswith(tuple(prefixes))]


def count_text(count: Count) -> str:
    """Return the count of one kind of claim.

    Example: `**Measured performance** (19 statements, 11 independent facts): **1** supported, …`.
    """
    verdicts = listed([f"**{number}** {verdict}" for verdict, number in count.nonzero.items()])
    return f"**{count.label.capitalize()}** ({count.size}): {verdicts}."


def claims_figure_text(parts: pd.DataFrame) -> FigureText:
    """Return the figure text of the drawn rows of `Verification.parts`."""
    title = f"{len(parts)} comparisons: {_outcomes(parts)}"
    if len(parts) == 1:
        title = str(parts["reason"].iloc[0])
    alt = "Claimed and measured values. " + "; ".join(parts["reason"]) + "."
    caption = (
        f"Grey bars: claimed range (*about* means within a factor of {ABOUT:g}; a range without a"
        " limit extends to the edge). Marks: measured value, filled if the comparison is decided,"
        " hollow if not. Lines: 95 % intervals; for numbers of connections or users, lower to upper"
        " bound."
    )
    return FigureText(title, alt, caption)


def _outcomes(parts: pd.DataFrame) -> str:
    """Return how many comparisons have which outcome."""
    direction, size = parts["direction"], parts["size"]
    outcomes = {
        "as claimed": direction.eq(True) & size.eq(True),
        "right in direction only": direction.eq(True) & size.eq(False),
        "against the claim": direction.eq(False),
        "undecided": direction.isna() | (direction.eq(True) & size.isna()),
    }
    return ", ".join(f"{int(rows.sum())} {name}" for name, rows in outcomes.items() if rows.any())


def references_figure_text(table: pd.DataFrame) -> FigureText:
    """Return the figure text of the rows of `reference_table` for which this run has a ratio."""
    decided = table[table["agrees"].notna()]
    title = f"{pluralize(len(table), 'published ratio')} compared with ours"
    if len(decided):
        agreeing = int(decided["agrees"].eq(True).sum())
        title = f"{title}: {agreeing} of {len(decided)} lie within our interval"
    alt = "Ratios of requests per second, published and ours. " + "; ".join(
        f"{row['title']} over {row['baseline_title']}: {row['source']} {row['date']}"
        f" {number(row['published'])}, ours {ratio_text(row)}"
        for row in rows_of(table)
    )
    caption = (
        "Ratios of requests per second on a log scale. Line and band: our ratio with its 95 %"
        " interval, at the main closed load of the most similar scenario. Diamonds: published"
        " ratios, without intervals."
    )
    return FigureText(title, f"{alt}.", caption)


LISTED = 3
"""The number of published ratios with a sentence each: those furthest from ours."""


def claims_text(run: Run, judged: Verification) -> Prose:
    """Return how many of the article's claims have which verdict, separately for each kind.

    For a run of one block, it says why none of the claims that depend on it is decided.
    """
    kinds = "\n".join(f"- {count_text(count)}" for count in counts_of(judged.table))
    note = (
        "\n\nThis run has one block, which gives no interval, so no claim about its measurements is"
        " decided. Every decided claim is based on probes of the frameworks."
    )
    is_single = run.manifest.parameters.blocks == 1
    return Prose(f"The article's claims, by how they can be judged:\n\n{kinds}{note * is_single}")


def disagreeing_text(judged: Verification) -> Prose:
    """Return the statements whose verdict differs from that of the fact that they state."""
    facts = facts_of(judged.table)
    differing = facts[facts["differing"].map(len) > 0]
    if differing.empty:
        return Prose("Every statement has the same verdict as the fact that it states.")
    verdicts = judged.table.set_index("id")["verdict"]
    sentences = [
        f"{row['fact']} is {row['verdict']}, but "
        + listed([f"{name} is {verdicts[name]}" for name in row["differing"]])
        for row in rows_of(differing)
    ]
    return Prose(
        f"Statements whose verdict differs from that of their fact: {'; '.join(sentences)}."
    )


def in_flight_text(run: Run) -> Prose:
    """Return what the article's own figures imply about the load under which they were measured.

    This is no claim and no verdict, because connections may be idle.
    """
    figures = requests_in_flight()
    stacks = run.manifest.stacks
    products = [
        f"{title_of(row['stack'], stacks)} {row['throughput_per_s']:,.0f}/s ×"
        f" {row['latency_ms']:g} ms = {row['in_flight']:.0f}"
        for row in rows_of(figures)
    ]
    connections = [f"{each:,.0f}" for each in figures["connections"].dropna()]
    note = (
        f" The article's table also gives {listed(connections)} concurrent connections. This is no"
        " contradiction, because an idle connection has no request in flight."
    )
    return Prose(f"Requests in flight: {listed(products)}.{note * bool(connections)}")


def rules_text(limits: Limits) -> Prose:
    """Explain the verdicts, with the bounds that decide them."""
    return Prose(
        "**Supported**: direction and size hold. **Partly**: the direction holds, the size does"
        " not. **Refuted**: the direction does not hold. **Inconclusive**: fewer than"
        f" {MINIMUM_BLOCKS} blocks are untouched, or an interval extends across the deciding bound."
        " **Not testable here**: the claim needs something that this run, or any run, does not"
        " have. A feature claim is *partly* supported if only conditions on its full extent are not"
        " met. Statements that repeat one fact count once, with the weakest verdict of the"
        " statements that state only this fact."
        f" A value is *about* a claimed figure if its whole interval lies within a factor of"
        f" {ABOUT:g} of it."
        f" Users are served, and connections are held, if at least {SERVED_PERCENT}"
        f" of their requests are answered within {number(limits.p99_limit_ms, 3)} ms. The assumed"
        f" think time of a user between two requests is {number(limits.assumed_think_time_s)} s."
        f" The article's machine had {ARTICLE_CORES} cores."
    )


def reasons_text(judged: Verification, *prefixes: str) -> Prose:
    """Return a paragraph for each claim whose id starts with one of `prefixes`.

    It gives the article's statement, the verdict and the reason.
    """
    return Prose("\n\n".join(map(_paragraph, rows_of(with_prefix(judged.table, prefixes)))))


def _paragraph(row: dict[str, Any]) -> str:
    value = measured_text(row)
    measured = f" Measured: {value}{_unit(row)}." if value != "–" else ""
    verdict = row["verdict"].capitalize()
    return f"*{row['statement']}.* **{verdict}.**{measured} {_sentence(row['reason'])}"


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
    sentences = [f"{pluralize(len(ranked), 'published ratio')} can be compared with one of ours."]
    if len(decided):
        sentences.append(f"{agreeing} of {len(decided)} lie within our interval.")
    differing = decided[decided["agrees"].eq(False)] if len(decided) else ranked
    sentences += [_difference(row) for row in rows_of(differing.head(LISTED))]
    return Prose(" ".join(sentences))


def _difference(row: dict[str, Any]) -> str:
    return (
        f"{row['source']} ({row['date']}, {row['test']}) measured {row['title']} at"
        f" {number(row['published'])} times {row['baseline_title']}; we measured {ratio_text(row)}"
        f" in {humanize(row['scenario'])}. Differences: {row['differs']}."
    )


TEXTS: Renderers = {
    "summary": lambda result: claims_text(result.run, result.judged),
    "disagreeing": lambda result: disagreeing_text(result.judged),
    "rules": lambda result: rules_text(result.limits),
    "reasons": lambda result, *prefixes: reasons_text(result.judged, *prefixes),
    "in_flight": lambda result: in_flight_text(result.run),
    "undecided": lambda result: undecided_text(result.judged),
    "references": lambda result: references_text(result.references),
}
