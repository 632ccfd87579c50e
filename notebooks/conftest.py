"""`pytest --nbval notebooks`: the chapters as they were executed on the sample run, executed again.

Tables and sentences are compared; a figure is by its title and what it shows in words. As when a
report is published, kernels are forked from a process that has read the run.
"""

from pathlib import Path
from typing import Any

import nbval.kernel
import pytest
from jupyter_client.manager import KernelManager
from nbval.kernel import RunningKernel

from webtrial.publish.warm_kernels import ForkingProvisioner, start_fork_server, stop_fork_server
from webtrial.run.store import SAMPLE

HERE = Path(__file__).parent
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


def forked_kernel(**options: Any) -> KernelManager:
    """A kernel that is started by forking."""
    kernel = KernelManager(**options)
    assert kernel.kernel_spec is not None
    kernel.kernel_spec.argv.append("--IPKernelApp.log_level=50")  # it warns of each start
    kernel.provisioner = ForkingProvisioner(kernel_spec=kernel.kernel_spec, parent=kernel)
    return kernel


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Before the first cell, have kernels forked from a process that has read the sample."""
    RunningKernel.execute_cell_input = execute_as_jupyter_does
    nbval.kernel.KernelManager = forked_kernel
    start_fork_server(SAMPLE)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """After the last cell, end that process: other tests start one with other contents."""
    if nextitem is None or HERE not in nextitem.path.parents:
        stop_fork_server()
