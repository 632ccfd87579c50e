"""What the figures of claims and references say: title, alternative text, caption."""

import pandas as pd

from webtrial.results.base.figure_text import Words
from webtrial.results.base.formatting import counted, interval, number
from webtrial.results.claims.verdicts import ABOUT
from webtrial.stats.frames import rows_of


def claims(parts: pd.DataFrame) -> Words:
    """Of the rows of `Verification.parts` that are drawn."""
    one = len(parts) == 1
    title = str(parts["reason"].iloc[0]) if one else f"{len(parts)} comparisons: {_outcomes(parts)}"
    alt = "Claimed and measured. " + "; ".join(parts["reason"]) + "."
    caption = (
        f"Grey bars: what is claimed (*about* is within a factor of {ABOUT:g}; what has no end runs"
        " out of the picture). Marks: measured, filled where the comparison is decided, hollow"
        " where it is not. Lines: 95 % intervals, or the ends between which a number lies."
    )
    return Words(title, alt, caption)


def _outcomes(parts: pd.DataFrame) -> str:
    """How many comparisons came out in which way."""
    direction, size = parts["direction"], parts["size"]
    which = {
        "as claimed": direction.eq(True) & size.eq(True),
        "in direction alone": direction.eq(True) & size.eq(False),
        "against the claim": direction.eq(False),
        "undecided": direction.isna() | (direction.eq(True) & size.isna()),
    }
    return ", ".join(f"{int(rows.sum())} {how}" for how, rows in which.items() if rows.any())


def references(table: pd.DataFrame) -> Words:
    """Of the rows of `reference_table` that have a ratio of ours."""
    decided = table[table["agrees"].notna()]
    title = f"{counted(len(table), 'published ratio')} beside ours"
    if len(decided):
        agreeing = int(decided["agrees"].eq(True).sum())
        title = f"{title}: {agreeing} of {len(decided)} within the interval of ours"
    alt = "Ratios of requests per second, published and ours. " + "; ".join(
        f"{row['title']} over {row['baseline_title']}: {row['source']} {row['date']}"
        f" {number(row['published'])}, ours {number(row['ratio'])}{_span(row['low'], row['high'])}"
        for row in rows_of(table)
    )
    caption = (
        "Ratios of requests per second on a log scale. Line and band: ours with its 95 % interval,"
        " at the main closed load of the scenario that comes nearest. Diamonds: published, without"
        " intervals."
    )
    return Words(title, f"{alt}.", caption)


def _span(low: float, high: float) -> str:
    return f" ({interval(low, high)})" if pd.notna(low) and pd.notna(high) else ""
