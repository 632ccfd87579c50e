"""Notebooks executed in the process of the tests: what they show, without a kernel of their own.

A kernel imports for seconds and reads a run that the tests have read already. That chapters run in
kernels is tested where a report is published.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook
from traitlets.config import Config

from webtrial.publish import notebook_parameters
from webtrial.publish.execute import NOTEBOOKS
from webtrial.run.store import Run

Data = dict[str, Any]


def outputs_of(name: str, runs: Mapping[str, Run], **parameters: Any) -> list[Data]:
    """What the cells of `notebooks/<name>.ipynb` show, by MIME type, of runs that are open, each
    given as the parameter of its name, and with other parameters. Raises what a cell raises."""
    notebook = load_notebook_node(str(NOTEBOOKS / f"{name}.ipynb"))
    paths = {parameter: str(run.path) for parameter, run in runs.items()}
    told = parameterize_notebook(notebook, paths | parameters)
    with _shell() as shell, _opened(runs.values()):
        return [
            data
            for cell in told.cells
            if cell.cell_type == "code"
            for data in _shown_by(shell, cell.source)
        ]


def words_and_figures(outputs: list[Data]) -> tuple[str, int]:
    """What outputs say, and how many figures are among them."""
    texts = [data.get("text/markdown", data["text/plain"]) for data in outputs]
    return "\n".join(texts), sum("image/svg+xml" in data for data in outputs)


def _shown_by(shell: InteractiveShell, source: str) -> list[Data]:
    with capture_output() as captured:
        shell.display_trap.hook = sys.displayhook  # which a cell would put its own in place of
        result = shell.run_cell(source, store_history=True)
    result.raise_error()
    return [output.data for output in captured.outputs]


@contextmanager
def _shell() -> Iterator[InteractiveShell]:
    """IPython as a kernel has it, for as long as a notebook is executed."""
    quiet = Config(
        {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    )
    shell = InteractiveShell.instance(config=quiet)
    try:
        yield shell
    finally:
        InteractiveShell.clear_instance()
        plt.close("all")


@contextmanager
def _opened(runs: Any) -> Iterator[None]:
    """The notebook finds these runs open, with all that is known of them."""
    mine = {run.path.resolve(): run for run in runs}
    before = dict(notebook_parameters._OPEN_RUNS)
    notebook_parameters._OPEN_RUNS.update(mine)
    try:
        yield
    finally:
        notebook_parameters._OPEN_RUNS.clear()
        notebook_parameters._OPEN_RUNS.update(before)
