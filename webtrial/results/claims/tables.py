"""Tables of claims and references."""

import pandas as pd

from webtrial.results.base.display import Table
from webtrial.results.base.formatting import humanize, interval, number, rounded
from webtrial.results.base.result import Renderers
from webtrial.results.claims.evaluate import Verification
from webtrial.results.claims.export import claimed_text, measured_text
from webtrial.results.claims.facts import LABELS, counts_of, facts_of
from webtrial.results.claims.text import with_prefix
from webtrial.results.claims.verdicts import VERDICTS
from webtrial.stats.frames import rows_of


def claims_table(judged: Verification, *prefixes: str) -> Table:
    """Return every claim with its kind, or only those whose ids start with `prefixes`.

    Columns: claimed, measured, verdict, reason.
    """
    rows = with_prefix(judged.table, prefixes) if prefixes else judged.table
    shown = rows.assign(
        claimed=[claimed_text(row) for row in rows_of(rows)],
        measured=[measured_text(row) for row in rows_of(rows)],
        kind=rows["kind"].map(LABELS),
    )
    columns = {} if prefixes else {"kind": "kind"}
    columns |= {"statement": "statement", "claimed": "claimed", "measured": "measured"}
    columns |= {"verdict": "verdict", "reason": "reason"}
    return Table(shown, "Claims of the article, with the measured value and the verdict.", columns)


def counts_table(judged: Verification) -> Table:
    """Return how many facts of each kind have which verdict.

    The three kinds are not added up, because they are judged by different means.
    """
    rows = [
        {
            "kind": count.label,
            "statements": count.statements,
            "facts": count.facts,
            **count.verdicts,
        }
        for count in counts_of(judged.table)
    ]
    columns = ["kind", "statements", "facts", *VERDICTS]
    return Table(
        pd.DataFrame(rows, columns=columns),
        "Claims by kind: statements in the article, the number of independent facts that they"
        " state, and the verdicts on these facts.",
    )


def facts_table(judged: Verification) -> Table:
    """Return the facts of measured performance, with the statements that repeat each."""
    facts = facts_of(judged.table)
    facts = facts[facts["kind"] == "performance"]
    by_id = judged.table.set_index("id")["statement"].to_dict()
    shown = facts.assign(
        fact=[by_id.get(fact, fact) for fact in facts["fact"]],
        statements=facts["statements"].map(", ".join),
    )
    return Table(
        shown,
        "Independent facts in the statements on performance.",
        {"fact": "fact", "verdict": "verdict", "statements": "stated by"},
    )


def references_table(table: pd.DataFrame) -> Table:
    """Return `reference_table` in columns; – if the run has no such pair."""
    shown = table.assign(
        origin=[f"{row['source']}, {row['date']}" for row in rows_of(table)],
        pair=[f"{row['title']} / {row['baseline_title']}" for row in rows_of(table)],
        published=[number(value) for value in table["published"]],
        ours=[rounded(row["ratio"], row["low"], row["high"]) for row in rows_of(table)],
        span=[interval(row["low"], row["high"]) for row in rows_of(table)],
    )
    columns = {"origin": "source", "hardware": "hardware", "test": "test", "pair": "comparison"}
    columns |= {"published": "published", "scenario": "our scenario", "ours": "ours"}
    columns |= {"span": "95 % interval", "differs": "what differs"}
    caption = "Published ratios of requests per second and ours."
    return Table(shown, caption, columns, {"scenario": humanize})


TABLES: Renderers = {
    "counts": lambda result: counts_table(result.judged),
    "facts": lambda result: facts_table(result.judged),
    "claims": lambda result, *prefixes: claims_table(result.judged, *prefixes),
    "references": lambda result: references_table(result.references),
}
