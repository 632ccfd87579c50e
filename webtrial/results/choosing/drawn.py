"""Scores as a figure."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.choosing import figure as choosing
from webtrial.results.choosing.criteria import Criteria
from webtrial.results.choosing.estimate import SEED, totals
from webtrial.results.choosing.projects import Weights
from webtrial.results.choosing.text import choosing_figure_text


def draw_choosing(
    found: Criteria, chosen: pd.DataFrame, weights: Weights | None = None, seed: int = SEED
) -> Shown:
    """`totals` for each project, with the first places of `recommended`."""
    table = totals(found, weights, seed)
    table = table[table["total"].notna()]
    if table.empty:
        return absent("nothing that frameworks are chosen by")
    named = chosen[["project", "first", "article"]]
    drawn = table.assign(stack=table["framework"].str.lower()).merge(named, on="project")
    return choosing.draw(drawn, choosing_figure_text(table, chosen))
