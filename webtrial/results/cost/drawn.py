"""CPU time per request as figures."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.base.formatting import listed, spoken
from webtrial.results.base.main_loads import everywhere, left_out_everywhere, left_out_of, with_more
from webtrial.results.cost import figure as cost
from webtrial.results.cost import request_time_figure as request_time
from webtrial.results.cost.estimate import cost_table
from webtrial.results.cost.text import cost_figure_text, request_time_figure_text
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.trials import trials_table


def draw_cost(run: Run) -> Shown:
    """CPU time per request of the stacks that every scenario has, at its main closed load."""
    table = everywhere(run, at_main_load(cost_table(run)))
    return _cost(table, left_out_everywhere(run))


def draw_cost_of_all(run: Run) -> list[Shown]:
    """The same of all stacks in the scenario that has most of them, if that has many more."""
    shown = sorted(with_more(run, at_main_load(cost_table(run))), key=len)
    return [_cost(rows, left_out_of(run, rows)) for rows in shown[-1:]]


def _cost(table: pd.DataFrame, invalid: int) -> Shown:
    if not (table["total_ms"] > 0).any():
        return absent("no CPU time")
    return cost.draw(table, cost_figure_text(table, invalid))


ALONE_AND_WITH_OTHERS = ("user_detail", "dashboard")
"""The scenarios of which a request's time is drawn: without upstreams and with them."""


def draw_request_time(run: Run, table: pd.DataFrame) -> Shown:
    """`request_time` of a scenario without upstreams and of one with them."""
    shown = table[table["scenario"].isin(ALONE_AND_WITH_OTHERS)]
    if shown.empty:
        return absent(f"no closed load of {listed(list(map(spoken, ALONE_AND_WITH_OTHERS)))}")
    trials = at_main_load(trials_table(run))
    invalid = left_out(trials[trials["scenario"].isin(ALONE_AND_WITH_OTHERS)])
    return request_time.draw(shown, request_time_figure_text(shown, invalid))
