"""Measuring from a notebook: in a child process, with its progress in the cell's output."""

from typing import Any

from webtrial.measure.runner import measure
from webtrial.publish.given import find_run
from webtrial.publish.progress import on_notebook
from webtrial.run.parameters import Parameters
from webtrial.run.store import RUNS, Run, open_run
from webtrial.system.linux import demand_linux


def measure_run(parameters: Parameters, resume: Any = None) -> Run:
    """Measure what `parameters` say, or what is missing of the run `resume` (a name in
    `data/runs/` or a folder), and open the run. Raises WebtrialError."""
    demand_linux()
    with on_notebook() as view:
        path = measure(parameters, view, RUNS, resume=find_run(resume).path if resume else None)
    return open_run(path)
