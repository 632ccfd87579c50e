"""`webtrial lab`: open the notebooks in JupyterLab."""

import os
import subprocess
import sys


def lab() -> int:
    """Open the notebooks in JupyterLab."""
    from webtrial.publish.execute import NOTEBOOKS

    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    own = "--ServerApp.kernel_spec_manager_class=webtrial.publish.kernelspecs.OwnKernelSpecs"
    command = [sys.executable, "-m", "jupyterlab", "--notebook-dir", str(NOTEBOOKS), own, *as_root]
    if os.name == "posix":
        os.execve(sys.executable, command, os.environ)  # noqa: S606 - no shell is needed
    # On Windows execve returns to the terminal at once.
    return subprocess.call(command, env=os.environ)
