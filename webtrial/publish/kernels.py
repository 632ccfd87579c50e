"""Kernels for notebooks that are published: this interpreter in a controlled environment.

Jupyter would start whatever kernel a user has installed under the name that a notebook gives, and
pass on its own whole environment.
"""

import os
from collections.abc import Mapping
from typing import Any

from jupyter_client.kernelspec import NATIVE_KERNEL_NAME
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from webtrial.publish.kernelspecs import OwnKernelSpecs
from webtrial.publish.warm_kernels import ForkingProvisioner, is_warm

ENGINE = "webtrial"
"""Name of the papermill engine that executes a notebook in a given kernel."""

# Below critical, the kernel logs an interruption at every shutdown.
_QUIET = "--IPKernelApp.log_level=50"


def new_kernel() -> AsyncKernelManager:
    """Return a kernel of this interpreter that has not been started yet."""
    kernel = AsyncKernelManager(
        kernel_name=NATIVE_KERNEL_NAME,
        kernel_spec_manager=OwnKernelSpecs(),
        # On a shared machine, others must not read the traffic between kernel and runner.
        transport_encryption="auto",
    )
    if is_warm():
        kernel.provisioner = ForkingProvisioner(kernel_spec=kernel.kernel_spec, parent=kernel)
    return kernel


def signal_kernel(kernel: AsyncKernelManager, number: int) -> None:
    """Send a signal to the process of `kernel`, if it is running, and not to those it started."""
    if kernel.has_kernel and (pid := getattr(kernel.provisioner, "pid", None)):
        os.kill(pid, number)


class _KernelEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Executes a notebook in a given kernel, which it starts and stops."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        kernel: AsyncKernelManager,
        environment: Mapping[str, str],
        folder: str,
        start_timeout: int,
        **_: Any,
    ) -> NotebookNode:
        """Execute the notebook of `nb_man` in `folder`, with `environment` and nothing else."""
        client = PapermillNotebookClient(
            nb_man, km=kernel, startup_timeout=start_timeout, extra_arguments=[_QUIET]
        )
        executed: NotebookNode = client.execute(env=dict(environment), cwd=folder, cleanup_kc=True)
        return executed


papermill_engines.register(ENGINE, _KernelEngine)
