"""`pytest --nbval notebooks`: the chapters as they were executed on the sample run, executed again.

Tables and sentences are compared; a figure is by its title and what it shows in words.
"""

import pytest
from nbval.kernel import RunningKernel

collect_ignore = ["1-measure.ipynb", "compare.ipynb", "explore.ipynb"]


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Leave out the drawings themselves."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("image/svg+xml",)


def execute_as_jupyter_does(
    kernel: RunningKernel, source: str, allow_stdin: bool | None = None
) -> str:
    """With a history, in which a chapter looks up what its cells assigned: nbval keeps none."""
    return str(kernel.kc.execute(source, allow_stdin=allow_stdin, stop_on_error=False))


RunningKernel.execute_cell_input = execute_as_jupyter_does
