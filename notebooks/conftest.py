"""`pytest --nbval notebooks`: the chapters as they were executed on the sample run, executed again.

Tables and sentences are compared; a figure is by its title and what it shows in words.
"""

import pytest

collect_ignore = ["1-measure.ipynb", "compare.ipynb", "explore.ipynb"]


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Leave out the drawings themselves."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("image/svg+xml",)
