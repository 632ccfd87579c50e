"""Held connections as a figure."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.connections import figure as connections
from webtrial.results.connections.text import connections_figure_text
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run
from webtrial.stats.trials import trials_table


def draw_connections(run: Run, table: pd.DataFrame, p99_limit_ms: float) -> Shown:
    """`connections`, but for loads with silent ones."""
    asking = table[table["silent"] == 0]
    if asking.empty:
        return absent("no held connections that count")
    trials = trials_table(run)
    invalid = left_out(trials[trials["load_kind"] == "held"])
    said = connections_figure_text(asking, p99_limit_ms, invalid, len(asking) < len(table))
    return connections.draw(asking, p99_limit_ms, said)
