"""The dashboard as a figure."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.base.main_loads import trials_of
from webtrial.results.dashboard import figure as dashboard
from webtrial.results.dashboard.text import dashboard_figure_text
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run


def draw_dashboard(run: Run, parts: pd.DataFrame) -> Shown:
    """`dashboard_parts`."""
    if parts.empty:
        return absent("no dashboard that counts")
    invalid = left_out(trials_of(run, "dashboard"))
    return dashboard.draw(parts, dashboard_figure_text(parts, invalid))
