"""Throughput and response times against users as figures."""

import pandas as pd

from webtrial.results.base.display import Shown, absent
from webtrial.results.capacity import figure as capacity
from webtrial.results.capacity.estimate import sweep
from webtrial.results.capacity.text import capacity_figure_text
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run
from webtrial.stats.trials import trials_table


def draw_capacity(run: Run) -> list[Shown]:
    """Throughput and response times against users, a figure for each scenario with several closed
    loads."""
    sweeps = [sweep(run, scenario) for scenario in run.manifest.parameters.all_scenarios]
    drawn: list[Shown] = [_capacity(run, found) for found in sweeps if len(found)]
    return drawn or [absent("no scenario with more than one closed load")]


def _capacity(run: Run, found: pd.DataFrame) -> Shown:
    trials = trials_table(run)
    here = (trials["scenario"] == found["scenario"].iloc[0]) & (trials["load_kind"] == "closed")
    return capacity.draw(found, capacity_figure_text(found, left_out(trials[here])))
