"""Attribution as a figure."""

import pandas as pd

from webtrial.results.attribution import figure as waterfall
from webtrial.results.attribution.estimate import Attribution
from webtrial.results.attribution.estimate import waterfall as waterfall_of
from webtrial.results.attribution.text import waterfall_figure_text
from webtrial.results.base.display import Prose, Shown
from webtrial.run.store import Run
from webtrial.stats.estimates import labelled


def draw_attribution(run: Run, found: Attribution) -> Shown:
    """An `attribution` as a waterfall; what it lacks where there is none."""
    if found.parts.empty:
        return Prose(f"*{found.lacking}*")
    ends = labelled(run, pd.DataFrame({"stack": [found.baseline, found.stack]}))
    return waterfall.draw(found, waterfall_of(found), ends, waterfall_figure_text(found))
