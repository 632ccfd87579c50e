"""The tables of claims and references, as `tables` has the others."""

import pandas as pd

from webtrial.analyse.claims.evaluate import Verification
from webtrial.analyse.claims.verdicts import VERDICTS
from webtrial.analyse.claims.written import claimed_text, measured_text
from webtrial.analyse.frames import rows_of
from webtrial.analyse.phrases import interval, number, spoken
from webtrial.analyse.show import Table
from webtrial.publish.sentences_of_claims import about


def claims_as_table(judged: Verification, *beginnings: str) -> Table:
    """Every claim, or those whose ids begin so: claimed, measured, verdict, reason."""
    rows = about(judged.table, beginnings) if beginnings else judged.table
    shown = rows.assign(
        claimed=[claimed_text(row) for row in rows_of(rows)],
        measured=[measured_text(row) for row in rows_of(rows)],
    )
    columns = {"statement": "the article", "claimed": "claimed", "measured": "measured"}
    columns |= {"verdict": "verdict", "reason": "because"}
    return Table(shown, "What the article claims and what was found.", columns)


def claim_counts_as_table(judged: Verification) -> Table:
    """How many claims of each topic came out in which way."""
    counts = pd.crosstab(judged.table["topic"], judged.table["verdict"])
    counts = counts.reindex(index=judged.table["topic"].unique(), columns=list(VERDICTS))
    counts = counts.fillna(0).astype(int)
    counts.loc["all"] = counts.sum()
    shown = counts.rename_axis("topic").rename_axis(None, axis=1).reset_index()
    return Table(shown, "Claims by topic and verdict.")


def references_as_table(table: pd.DataFrame) -> Table:
    """`reference_table` in columns; – where the run has no such pair."""
    shown = table.assign(
        who=[f"{row['source']}, {row['date']}" for row in rows_of(table)],
        pair=[f"{row['title']} / {row['baseline_title']}" for row in rows_of(table)],
        published=[number(value) for value in table["published"]],
        ours=[number(value) for value in table["ratio"]],
        span=[
            interval(row["low"], row["high"]) if pd.notna(row["low"]) else "–"
            for row in rows_of(table)
        ],
    )
    columns = {"who": "source", "hardware": "on", "test": "test", "pair": "comparison"}
    columns |= {"published": "published", "scenario": "our scenario", "ours": "ours"}
    columns |= {"span": "95 % interval", "differs": "what differs"}
    caption = "Ratios of requests per second that others published, beside ours."
    return Table(shown, caption, columns, {"scenario": spoken})
