"""Sources asked in turn and at once as a figure."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.fan_out import figure as fan_out
from webtrial.results.fan_out.estimate import fan_out_ratios, pairs_in_turn
from webtrial.results.fan_out.text import figure_text
from webtrial.run.store import Run


def draw_fan_out(run: Run, table: pd.DataFrame) -> Shown:
    """`fan_out`."""
    if table.empty:
        return absent("no fan-out over several sources")
    ratios = fan_out_ratios(run, pairs_in_turn(run))
    return fan_out.draw(table, figure_text(table, ratios))
