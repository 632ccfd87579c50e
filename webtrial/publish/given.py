"""What a notebook was told, checked before it starts anything.

A notebook's first code cell sets defaults and opens with the comment `# defaults`; papermill puts
its own cell after it, which opens with `# Parameters`. Whatever those two assign is a parameter,
and an unknown one is refused: papermill itself would only warn. What a reader assigns in other
cells is their own affair, so any cell can be executed again.
"""

import ast
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

from webtrial.errors import ParameterError
from webtrial.results.base.formatting import listed
from webtrial.run.parameters import PRIVATE, Parameters, read_parameters
from webtrial.run.store import RUNS, SAMPLE, Run, latest_run, latest_runs, open_run

DEFAULTS = "# defaults"
PAPERMILLS = "# Parameters"
PAPERMILLS_OWN = frozenset({"PAPERMILL_INPUT_PATH", "PAPERMILL_OUTPUT_PATH"})
"""What papermill's `--inject-paths` and the like add to the parameters."""


def parameters_given() -> Parameters:
    """The parameters of the cells above, `DATABASE_URL` of the environment among them.

    Where `run` names an earlier run, its parameters and no others; where `resume` names one, its
    parameters with those that a run does not keep. Raises ParameterError where one is unknown, of
    the wrong type or out of range.
    """
    given = _given()
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
    """The parameters of `run`, with those of `given` that say where something is. ParameterError
    where they do not go together."""
    private = {name: given[name] for name in PRIVATE if given.get(name) is not None}
    return read_parameters(run.manifest.parameters.model_dump(exclude=set(PRIVATE)) | private)


def run_given(*own: str) -> Run:
    """The run that the cells above name: a folder, or the name of one in `data/runs/`.

    The newest finished one where they say None. `own` are the notebook's other parameters. Raises
    ParameterError for anything else.
    """
    given = _given()
    run = given.pop("run", None)
    _refuse_others(given, ("run",), own)
    return latest_run() if run is None else find_run(run)


def runs_given(*own: str) -> tuple[Run, Run]:
    """The two runs that the cells above name as `before` and `after`, each as `run_given` has one.

    Where they say None of both, the two newest finished runs. Raises ParameterError for anything
    else, RunError where there are no two.
    """
    given = _given()
    names = [given.pop("before", None), given.pop("after", None)]
    _refuse_others(given, ("before", "after"), own)
    if names == [None, None]:
        after, before = latest_runs(2)
        return before, after
    if None in names:
        raise ParameterError(
            f"before = {names[0]!r}, after = {names[1]!r}: name both runs, or none"
        )
    return find_run(names[0]), find_run(names[1])


def _refuse_others(given: Iterable[str], runs: Sequence[str], own: Sequence[str]) -> None:
    if unknown := [name for name in given if name not in own]:
        known = listed([f"`{name}`" for name in runs])
        takes = f"{known} and {', '.join(own)}" if own else f"{known} alone"
        raise ParameterError(f"{', '.join(unknown)}: unknown; this notebook takes {takes}")


def find_run(name: Any) -> Run:
    """The run in the folder `name`, or of that name in `data/runs/`, or the one of that name that
    comes with the project (`sample`); a run that is open already is itself, since cells that open
    one are executed again."""
    if isinstance(name, Run):
        return name
    if not isinstance(name, str):
        raise ParameterError(f"run = {name!r}: give a folder, or the name of one in data/runs/")
    if name == SAMPLE.name and not (RUNS / name).is_dir():
        return _opened(SAMPLE)
    return _opened(RUNS / name if (RUNS / name).is_dir() else Path(name))


def read_beforehand(path: Path) -> Run:
    """Open the run in that folder for all who ask for it in this process or one forked from it."""
    _READ[path.resolve()] = open_run(path)
    return _READ[path.resolve()]


_READ: dict[Path, Run] = {}


def _opened(path: Path) -> Run:
    return _READ.get(path.resolve()) or open_run(path)


def _given() -> dict[str, Any]:
    shell = get_ipython()
    if shell is None or shell.history_manager is None:
        raise ParameterError("parameters are given to a notebook: open or execute one")
    cells = shell.history_manager.input_hist_raw[:-1]
    names = [name for name in names_given(cells) if name not in PAPERMILLS_OWN]
    return {name: shell.user_ns[name] for name in names}


def names_given(cells: Sequence[str]) -> list[str]:
    """What the last of `cells` to open with `# defaults`, and papermill's after it, assign."""
    starts = [i for i, cell in enumerate(cells) if cell.lstrip().startswith(DEFAULTS)]
    if not starts:
        raise ParameterError(f"run the cell that opens with `{DEFAULTS}` first")
    defaults, *later = cells[starts[-1] :]
    injected = [cell for cell in later if cell.lstrip().startswith(PAPERMILLS)]
    return list(dict.fromkeys(_assigned([defaults, *injected])))


def _assigned(cells: Iterable[str]) -> Iterator[str]:
    for cell in cells:
        for node in ast.walk(_parsed(cell)):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _parsed(cell: str) -> ast.AST:
    try:
        return ast.parse(cell)
    except SyntaxError:  # such a cell assigned nothing
        return ast.Module([], [])
