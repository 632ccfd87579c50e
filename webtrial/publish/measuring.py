"""Measuring from a notebook: in a child process, with its progress in the cell's output."""

from webtrial.measure.child import measure
from webtrial.parameters import Parameters
from webtrial.publish.progress import on_notebook
from webtrial.runs import RUNS, Run, open_run


def measure_run(parameters: Parameters) -> Run:
    """Measure what `parameters` say and open the run. Raises WebtrialError."""
    with on_notebook() as view:
        path = measure(parameters, view, RUNS)
    return open_run(path)
