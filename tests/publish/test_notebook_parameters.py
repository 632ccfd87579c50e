"""Parameters of a notebook: which names count, and how runs are found."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.synthetic_run import Truth, synthetic_run
from webtrial.errors import ParameterError, RunError
from webtrial.publish.notebook_parameters import find_run, parameter_names

DEFAULTS = "# defaults\nseed = 1\nblocks = 3"


def test_parameters_are_defaults_and_injected_ones() -> None:
    cells = ["x = 1", "# Parameters\nold = 1", DEFAULTS, "# Parameters\nseed = 7\nnew = 2"]
    assert parameter_names(cells) == ["seed", "blocks", "new"]


def test_only_the_last_run_of_the_defaults_counts() -> None:
    assert parameter_names([DEFAULTS, "# Parameters\nold = 1", DEFAULTS]) == ["seed", "blocks"]


def test_names_in_other_cells_are_no_parameters() -> None:
    cells = [DEFAULTS, "x = 1", "import webtrial as wt\nrun = wt.run_given()\nratios = 2"]
    assert parameter_names(cells) == ["seed", "blocks"]


def test_tuples_and_loops_assign_too_and_broken_cells_nothing() -> None:
    cells = [DEFAULTS, "# Parameters\na, (b, c) = 1, (2, 3)\nfor d in []: pass"]
    assert set(parameter_names(cells)) == {"seed", "blocks", "a", "b", "c", "d"}
    assert parameter_names([DEFAULTS, "# Parameters\nseed = = 7"]) == ["seed", "blocks"]


def test_without_a_defaults_cell_there_are_no_parameters() -> None:
    with pytest.raises(ParameterError, match="# defaults"):
        parameter_names(["seed = 1"])


def test_a_run_must_be_text() -> None:
    with pytest.raises(ParameterError, match="run = 7"):
        find_run(7)


def test_a_missing_run_is_reported() -> None:
    with pytest.raises(RunError, match=r"nowhere is not a run directory: it has no manifest\.json"):
        find_run("nowhere")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A session as a notebook's kernel has one, whose newest finished run is a synthetic one."""
    monkeypatch.setattr("webtrial.publish.notebook_parameters.RUNS", tmp_path)
    synthetic_run(tmp_path, Truth({"flask": 20.0}), blocks=1, window_s=0.5)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    session = InteractiveShell.instance()
    monkeypatch.setattr("webtrial.publish.notebook_parameters.get_ipython", lambda: session)
    monkeypatch.setattr(
        "webtrial.publish.notebook_parameters.latest_run",
        lambda: find_run(str(tmp_path / "synthetic")),
    )
    yield session
    InteractiveShell.clear_instance()


OPEN_RUN = (
    "from webtrial.publish.notebook_parameters import run_given\nrun = run_given()\nratios = 2"
)
READ_PARAMETERS = (
    "from webtrial.publish.notebook_parameters import parameters_given\n"
    "parameters = parameters_given()"
)


def _execute(shell: InteractiveShell, cells: list[str]) -> None:
    for cell in cells:
        shell.run_cell(cell, store_history=True).raise_error()


def test_the_cell_that_opens_a_run_can_be_executed_again_and_others_before_it(
    shell: InteractiveShell,
) -> None:
    _execute(shell, ["# defaults\nrun = None", "x = 1", OPEN_RUN, "y = 2", OPEN_RUN])
    assert shell.user_ns["run"].manifest.id == "synthetic"


def test_the_cell_that_reads_the_parameters_can_be_executed_again(shell: InteractiveShell) -> None:
    measured = "run = find_run('synthetic')"
    imported = "from webtrial.publish.notebook_parameters import find_run"
    _execute(
        shell,
        ["# defaults\nrun = None\nseed = 3", READ_PARAMETERS, imported, measured, READ_PARAMETERS],
    )
    assert shell.user_ns["parameters"].duration_s == 0.5


@pytest.mark.parametrize(("cell", "name"), [("sed = 7", "sed"), ("wt = 3", "wt")])
def test_an_unknown_parameter_is_rejected(shell: InteractiveShell, cell: str, name: str) -> None:
    cells = ["# defaults\nrun = None", f"# Parameters\n{cell}"]
    with pytest.raises(ParameterError, match=f"unknown parameter '{name}'"):
        _execute(shell, [*cells, OPEN_RUN])
