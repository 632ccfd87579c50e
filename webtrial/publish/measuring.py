"""Measure from a notebook: in a child process, with progress in the cell's output."""

from typing import Any

from webtrial.measure.runner import measure
from webtrial.publish.notebook_parameters import find_run
from webtrial.publish.progress import on_notebook
from webtrial.run.parameters import Parameters
from webtrial.run.store import RUNS, Run, open_run
from webtrial.system.linux import demand_linux


def measure_run(parameters: Parameters, resume: Any = None) -> Run:
    """Measure a run with `parameters` and open it.

    With `resume` (a name in `data/runs/` or a folder), measure what is missing from that run
    instead. Raises WebtrialError.
    """
    demand_linux()
    with on_notebook() as view:
        path = measure(parameters, view, RUNS, resume=find_run(resume).path if resume else None)
    return open_run(path)
