"""Claims and references as figures."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.claims import figure as claims
from webtrial.results.claims import references_figure as references
from webtrial.results.claims.evaluate import Verification
from webtrial.results.claims.text import about, claims_figure_text, references_figure_text


def draw_claims(judged: Verification, *beginnings: str) -> Shown:
    """What is claimed beside what was measured: the comparisons behind those claims whose ids begin
    so, all in one unit."""
    parts = about(judged.parts, beginnings)
    shown = parts[parts["value"].notna() | parts["high"].notna()]
    if shown.empty:
        return absent("measured nothing that these claims are about")
    return claims.draw(shown, claims_figure_text(shown))


def draw_references(table: pd.DataFrame) -> Shown:
    """`reference_table`."""
    shown = table.dropna(subset=["ratio"])
    if shown.empty:
        return absent("no pair of stacks that somebody else has published")
    return references.draw(shown, references_figure_text(shown))
