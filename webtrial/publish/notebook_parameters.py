"""Read and check the parameters of a notebook before it starts anything.

A notebook's first code cell sets the defaults and starts with the comment `# defaults`. papermill
inserts its own cell after it, which starts with `# Parameters`. Every name that these two cells
assign is a parameter. Unknown parameters are refused, where papermill itself would only warn.
Assignments in other cells are ignored, so any cell can be executed again.
"""

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

from webtrial.errors import ParameterError
from webtrial.run.parameters import PRIVATE, Parameters, read_parameters
from webtrial.run.store import RUNS, SAMPLE, Run, latest_run, latest_runs, open_run

DEFAULTS = "# defaults"
INJECTED = "# Parameters"
PAPERMILL_PARAMETERS = frozenset({"PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH"})
"""Parameters that papermill adds itself, for example with `--inject-paths`."""


def parameters_given() -> Parameters:
    """Return the parameters from the cells above and `DATABASE_URL` from the environment.

    If `run` names an earlier run, return only the parameters of that run. If `resume` names one,
    return its parameters, plus those given that a run does not store. Raises ParameterError
    if a parameter is unknown, of the wrong type or out of range.
    """
    given = _parameters()
    run, resume = given.pop("run", None), given.pop("resume", None)
    if run is not None:
        return find_run(run).manifest.parameters
    if resume is not None:
        parameters = resumed_parameters(find_run(resume), given)
    else:
        parameters = read_parameters(given)
    url = parameters.database_url or os.environ.get("DATABASE_URL") or None
    return parameters.model_copy(update={"database_url": url})


def resumed_parameters(run: Run, given: Mapping[str, Any]) -> Parameters:
    """Return the parameters of `run`, plus those in `given` that a run does not store (PRIVATE).

    Raises ParameterError if they are not valid together.
    """
    private = {name: given[name] for name in PRIVATE if given.get(name) is not None}
    return read_parameters(run.manifest.parameters.model_dump(exclude=set(PRIVATE)) | private)


def run_given(*own: str) -> Run:
    """Return the run that the cells above name: a folder, or the name of one in `data/runs/`.

    If `run` is None, return the newest finished run. `own` names the notebook's other parameters.
    Raises ParameterError for any other parameter.
    """
    given = _parameters()
    run = given.pop("run", None)
    _reject_unknown(given, ("run",), own)
    return latest_run() if run is None else find_run(run)


def runs_given(*own: str) -> tuple[Run, Run]:
    """Return the two runs that the cells above name as `before` and `after`, as in `run_given`.

    If both are None, return the two newest finished runs. `own` names the notebook's other
    parameters. Raises ParameterError for any other parameter or if only one run is named, and
    RunError if there are no two finished runs.
    """
    given = _parameters()
    names = [given.pop("before", None), given.pop("after", None)]
    _reject_unknown(given, ("before", "after"), own)
    if names == [None, None]:
        after, before = latest_runs(2)
        return before, after
    if None in names:
        raise ParameterError(
            f"before = {names[0]!r}, after = {names[1]!r}; name both runs or neither"
        )
    return find_run(names[0]), find_run(names[1])


def _reject_unknown(given: Iterable[str], runs: Sequence[str], own: Sequence[str]) -> None:
    if unknown := [name for name in given if name not in own]:
        names = ", ".join(map(repr, unknown))
        raise ParameterError(f"unknown parameter {names}; known: {', '.join([*runs, *own])}")


def find_run(name: Any) -> Run:
    """Return the run `name`: one in `data/runs/`, the sample (`sample`), or a folder.

    A run that is already open is returned as it is, because cells that open one are executed again.
    Raises ParameterError if `name` is neither a run nor text.
    """
    if isinstance(name, Run):
        return name
    if not isinstance(name, str):
        raise ParameterError(f"run = {name!r}; use a folder or the name of a run in data/runs/")
    if name == SAMPLE.name and not (RUNS / name).is_dir():
        return _open(SAMPLE)
    return _open(RUNS / name if (RUNS / name).is_dir() else Path(name))


def preload_run(path: Path) -> Run:
    """Open the run at `path` once for this process and the processes forked from it."""
    _OPEN_RUNS[path.resolve()] = open_run(path)
    return _OPEN_RUNS[path.resolve()]


_OPEN_RUNS: dict[Path, Run] = {}


def _open(path: Path) -> Run:
    return _OPEN_RUNS.get(path.resolve()) or open_run(path)


def _parameters() -> dict[str, Any]:
    shell = get_ipython()
    if shell is None or shell.history_manager is None:
        raise ParameterError("there is no notebook session; call this in a notebook")
    cells = shell.history_manager.input_hist_raw[:-1]
    names = [name for name in parameter_names(cells) if name not in PAPERMILL_PARAMETERS]
    return {name: shell.user_ns[name] for name in names}


def parameter_names(cells: Sequence[str]) -> list[str]:
    """Return the names assigned by the last cell that starts with `# defaults` and by papermill's
    cells after it.

    Raises ParameterError if no cell starts with `# defaults`.
    """
    starts = [i for i, cell in enumerate(cells) if cell.lstrip().startswith(DEFAULTS)]
    if not starts:
        raise ParameterError(f"first execute the cell that starts with `{DEFAULTS}`")
    defaults, *later = cells[starts[-1] :]
    injected = [cell for cell in later if cell.lstrip().startswith(INJECTED)]
    return list(dict.fromkeys(_assigned([defaults, *injected])))


def _assigned(cells: Iterable[str]) -> Iterator[str]:
    for cell in cells:
        for node in ast.walk(_parsed(cell)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _parsed(cell: str) -> ast.AST:
    try:
        return ast.parse(cell)
    except SyntaxError:  # a cell that cannot be parsed assigned nothing
        return ast.Module([], [])
