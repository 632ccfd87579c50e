"""Which names count as given to a notebook."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from tests.synthetic_run import Truth, synthetic_run
from webtrial.errors import ParameterError, RunError
from webtrial.publish.given import find_run, names_given

DEFAULTS = "# defaults\nseed = 1\nblocks = 3"


def test_defaults_and_what_papermill_puts_after_them_are_given() -> None:
    cells = ["x = 1", "# Parameters\nold = 1", DEFAULTS, "# Parameters\nseed = 7\nnew = 2"]
    assert names_given(cells) == ["seed", "blocks", "new"]


def test_only_the_last_run_of_the_defaults_counts() -> None:
    assert names_given([DEFAULTS, "# Parameters\nold = 1", DEFAULTS]) == ["seed", "blocks"]


def test_what_other_cells_assign_is_not_given() -> None:
    cells = [DEFAULTS, "x = 1", "import webtrial as wt\nrun = wt.run_given()\nratios = 2"]
    assert names_given(cells) == ["seed", "blocks"]


def test_tuples_and_loops_assign_too_and_broken_cells_nothing() -> None:
    cells = [DEFAULTS, "# Parameters\na, (b, c) = 1, (2, 3)\nfor d in []: pass"]
    assert set(names_given(cells)) == {"seed", "blocks", "a", "b", "c", "d"}
    assert names_given([DEFAULTS, "# Parameters\nseed = = 7"]) == ["seed", "blocks"]


def test_without_defaults_nothing_can_be_told() -> None:
    with pytest.raises(ParameterError, match="# defaults"):
        names_given(["seed = 1"])


def test_a_run_is_named_in_words() -> None:
    with pytest.raises(ParameterError, match="run = 7"):
        find_run(7)


def test_a_run_that_is_not_there_is_said_to_be_none() -> None:
    with pytest.raises(RunError, match=r"nowhere is not a run: it has no manifest\.json"):
        find_run("nowhere")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A session as a notebook's kernel has one, whose newest finished run is a synthetic one."""
    monkeypatch.setattr("webtrial.publish.given.RUNS", tmp_path)
    synthetic_run(tmp_path, Truth({"flask": 20.0}), blocks=1, window_s=0.5)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    InteractiveShell.clear_instance()
    session = InteractiveShell.instance()
    monkeypatch.setattr("webtrial.publish.given.get_ipython", lambda: session)
    monkeypatch.setattr(
        "webtrial.publish.given.latest_run", lambda: find_run(str(tmp_path / "synthetic"))
    )
    yield session
    InteractiveShell.clear_instance()


OPENS = "from webtrial.publish.given import run_given\nrun = run_given()\nratios = 2"
TELLS = "from webtrial.publish.given import parameters_given\nparameters = parameters_given()"


def _execute(shell: InteractiveShell, cells: list[str]) -> None:
    for cell in cells:
        shell.run_cell(cell, store_history=True).raise_error()


def test_the_cell_that_opens_a_run_can_be_executed_again_and_others_before_it(
    shell: InteractiveShell,
) -> None:
    _execute(shell, ["# defaults\nrun = None", "x = 1", OPENS, "y = 2", OPENS])
    assert shell.user_ns["run"].manifest.id == "synthetic"


def test_the_cell_that_tells_the_parameters_can_be_executed_again(shell: InteractiveShell) -> None:
    measured = "run = find_run('synthetic')"
    imported = "from webtrial.publish.given import find_run"
    _execute(shell, ["# defaults\nrun = None\nseed = 3", TELLS, imported, measured, TELLS])
    assert shell.user_ns["parameters"].duration_s == 0.5


@pytest.mark.parametrize(("cell", "name"), [("sed = 7", "sed"), ("wt = 3", "wt")])
def test_what_papermill_was_told_and_is_unknown_is_refused(
    shell: InteractiveShell, cell: str, name: str
) -> None:
    told = ["# defaults\nrun = None", f"# Parameters\n{cell}"]
    with pytest.raises(ParameterError, match=f"{name}: unknown"):
        _execute(shell, [*told, OPENS])
