"""Adjustable weights: sliders in JupyterLab, a table elsewhere."""

import os
from functools import partial
from typing import Any

from ipywidgets import HTML, Dropdown, FloatSlider, VBox

from webtrial.errors import ParameterError
from webtrial.results.base.display import Table
from webtrial.results.base.formatting import likelihood
from webtrial.results.choosing.criteria import Criteria
from webtrial.results.choosing.estimate import moves, totals
from webtrial.results.choosing.projects import CRITERIA, Weights, weights_of
from webtrial.results.choosing.tables import weights_table
from webtrial.results.choosing.text import moves_text

NOTEBOOK_SESSION = "JPY_SESSION_NAME"
"""Environment variable that Jupyter's server sets for the kernel of an open notebook."""

MOST = 5.0  # maximum of a slider, unless a weight is larger


def weights_view(measured: Criteria, weights: Weights | None = None) -> Any:
    """Return sliders for the weights of each project, with the outcome below.

    Without an open notebook, return the table of the weights.
    """
    return sliders(measured, weights) if NOTEBOOK_SESSION in os.environ else weights_table(weights)


def sliders(measured: Criteria, weights: Weights | None = None) -> VBox:
    """Return a menu of the projects, a slider for each measured criterion, and the outcome."""
    chosen = weights_of(weights)
    menu = Dropdown(options=list(chosen), description="project")
    most = max([MOST, *(weight for each in chosen.values() for weight in each.values())])
    by_name = {
        name: FloatSlider(
            0.0,
            min=0.0,
            max=most,
            step=0.5,
            description=name,
            continuous_update=False,
            style={"description_width": "11em"},
        )
        for name in CRITERIA
        if name not in measured.unmeasured
    }
    outcome = HTML()

    def show() -> None:
        outcome.value = _outcome(measured, menu.value, chosen)

    def change_project(_: Any = None) -> None:
        for name, slider in by_name.items():
            slider.value = chosen[menu.value].get(name, 0.0)
        show()

    def change_weight(name: str, change: Any) -> None:
        if change.new != chosen[menu.value].get(name, 0.0):
            chosen[menu.value][name] = change.new
            show()

    for name, slider in by_name.items():
        slider.observe(partial(change_weight, name), "value")
    menu.observe(change_project, "value")
    change_project()
    return VBox([menu, *by_name.values(), outcome])


def _outcome(measured: Criteria, project: str, weights: Weights) -> str:
    """Return the project's totals as a table, and the weights that change the first place."""
    try:
        rows = totals(measured, {project: weights[project]})
        changes = moves(measured, {project: weights[project]})
    except ParameterError as error:
        return str(error)
    columns = {"framework": "framework", "total": "total", "probability": "first in draws"}
    table = Table(rows[rows["project"] == project], "", columns, {"probability": likelihood})
    return table.html() + f"<p>{moves_text(changes[changes['project'] == project]).text}</p>"
