"""Searches as figures."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.base.main_loads import everywhere, left_out_of, trials_of, with_more
from webtrial.results.search import figure as search
from webtrial.results.search.text import search_figure_text
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load


def draw_search(run: Run, by_kind: pd.DataFrame) -> Shown:
    """`search_by_selectivity` of the stacks that every scenario has, at every load."""
    invalid = left_out(everywhere(run, trials_of(run, "product_search")))
    return _search(everywhere(run, by_kind), invalid)


def draw_search_of_all(run: Run, by_kind: pd.DataFrame) -> list[Shown]:
    """The same of all stacks at the main closed load, where there are many more of them."""
    shown = with_more(run, at_main_load(by_kind))
    return [_search(rows, left_out_of(run, rows)) for rows in shown]


def _search(table: pd.DataFrame, invalid: int) -> Shown:
    if table["latency_ms"].notna().sum() == 0:
        return absent("no search that counts")
    return search.draw(table, search_figure_text(table, invalid))
