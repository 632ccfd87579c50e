"""Execute notebooks with papermill so that the same run produces the same bytes."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from webtrial import errors
from webtrial.errors import PublishError
from webtrial.publish.kernels import ENGINE, new_kernel
from webtrial.system.environment import kernel_environment
from webtrial.system.folders import REPOSITORY

NOTEBOOKS = REPOSITORY / "notebooks"

_START_S = 600  # limit for a kernel to answer; one that dies is detected at once
_EXECUTION_METADATA = (
    "papermill",
    "execution",
    "widgets",
)  # metadata that differs at each execution
_INJECTED = "injected-parameters"  # papermill's tag for the cell that it adds


def execute(
    name: str,
    into: Path,
    parameters: Mapping[str, Any],
    environment: Mapping[str, str] | None = None,
    kernel: AsyncKernelManager | None = None,
) -> Path:
    """Execute `notebooks/<name>.ipynb`, save it in the folder `into` and return its path.

    `kernel` is one that has not been started. `environment` is added to the kernel's environment,
    which holds no user settings. Raises PublishError if a cell fails, with the error's own message,
    or if the kernel dies. The notebook is saved as far as it was executed.
    """
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{name}.ipynb"
    try:
        with TemporaryDirectory(prefix="webtrial-kernel-", ignore_cleanup_errors=True) as settings:
            papermill.execute_notebook(
                _escape_braces(NOTEBOOKS / f"{name}.ipynb"),
                _escape_braces(path),
                parameters=dict(parameters),
                progress_bar=False,
                start_timeout=_START_S,
                engine_name=ENGINE,
                kernel=kernel or new_kernel(),
                environment=_environment(settings) | dict(environment or {}),
                folder=str(NOTEBOOKS),
            )
    except PapermillExecutionError as error:
        raise PublishError(_error_text(name, error)) from None
    except DeadKernelError:
        raise PublishError(
            f"the kernel of {name}.ipynb died: it was killed or ran out of memory. The partly"
            f" executed notebook is in {into}"
        ) from None
    _remove_execution_metadata(path)
    return path


def _escape_braces(path: Path) -> str:
    """Double the braces in `path`, because papermill formats paths with `str.format`."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _environment(settings: str) -> dict[str, str]:
    """Return the environment of a kernel whose settings are in the folder `settings`."""
    return {"PYDEVD_DISABLE_FILE_VALIDATION": "1"} | kernel_environment(Path(settings))


def _error_text(name: str, error: PapermillExecutionError) -> str:
    if error.ename in vars(errors):
        return str(error.evalue)
    return f"{name}.ipynb, cell {error.cell_index}: {error.ename}: {error.evalue}"


def _remove_execution_metadata(path: Path) -> None:
    """Remove when and where the notebook was executed: the same run produces the same bytes."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    for place in (notebook, *notebook.cells):
        for key in _EXECUTION_METADATA:
            place.metadata.pop(key, None)
    for cell in notebook.cells:
        if _INJECTED in cell.metadata.get("tags", []):
            cell.id = _INJECTED
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
