"""Notebooks executed through papermill, what is left of them the same each time."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from webtrial import errors
from webtrial.errors import PublishError
from webtrial.publish.warm import is_warm
from webtrial.system.environment import kernel_environment
from webtrial.system.folders import REPOSITORY

NOTEBOOKS = REPOSITORY / "notebooks"

_START_S = 600  # until a kernel answers; one that dies is noticed at once
_KERNELS = "webtrial.publish.kernels.CleanKernelManager"
_WARM_KERNELS = "webtrial.publish.warm.WarmKernelManager"
_OF_THE_RUNNER = ("papermill", "execution", "widgets")  # metadata that differs each time
_INJECTED = "injected-parameters"  # papermill's tag for a cell of its own


def execute(
    name: str,
    into: Path,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
) -> Path:
    """Execute `notebooks/<name>.ipynb` and keep it in the folder `into`; returns its path.

    `environment` is added to the kernel's, which holds no settings of a user's. Raises PublishError
    with the notebook's own words when a cell fails; the notebook is kept up to there.
    """
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{name}.ipynb"
    try:
        with TemporaryDirectory(prefix="webtrial-kernel-", ignore_cleanup_errors=True) as settings:
            papermill.execute_notebook(
                _braced(NOTEBOOKS / f"{name}.ipynb"),
                _braced(path),
                parameters=dict(parameters),
                progress_bar=False,
                start_timeout=_START_S,
                config=_config(kernel_environment(Path(settings)) | dict(environment or {})),
            )
    except PapermillExecutionError as error:
        raise PublishError(_explained(name, error)) from None
    except DeadKernelError:
        raise PublishError(
            f"the kernel of {name}.ipynb died: it was killed, or there was no memory left for it."
            f" As far as it came the notebook is in {into}"
        ) from None
    _settle(path)
    return path


def _braced(path: Path) -> str:
    """papermill formats paths with `str.format`: braces are doubled."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _config(environment: Mapping[str, str]) -> Config:
    """How papermill's client starts a kernel."""
    told = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"} | dict(environment)
    return Config(
        {
            # What kernel and runner tell each other is nobody else's business on a shared machine.
            "KernelManager": {"transport_encryption": "auto"},
            "CleanKernelManager": {"environment": told, "folder": str(NOTEBOOKS)},
            "NotebookClient": {
                "kernel_manager_class": _WARM_KERNELS if is_warm() else _KERNELS,
                # Below critical, its log says that it was interrupted each time it is shut down.
                "extra_arguments": ["--IPKernelApp.log_level=50"],
            },
        }
    )


def _explained(name: str, error: PapermillExecutionError) -> str:
    if error.ename in vars(errors):
        return str(error.evalue)
    return f"{name}.ipynb, cell {error.cell_index}: {error.ename}: {error.evalue}"


def _settle(path: Path) -> None:
    """Leave out when and where it was executed: the same run makes the same bytes."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for place in (notebook, *notebook.cells):
        for key in _OF_THE_RUNNER:
            place.metadata.pop(key, None)
    for cell in notebook.cells:
        if _INJECTED in cell.metadata.get("tags", []):
            cell.id = _INJECTED
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
