"""Parameters on papermill's own command line."""

import subprocess
import sys
import typing
from pathlib import Path

import pytest
from papermill.inspection import inspect_notebook
from pydantic import TypeAdapter

from tests.waiting import LONG_S
from webtrial.publish.execute import NOTEBOOKS

MEASURES = str(NOTEBOOKS / "1-measure.ipynb")


def _papermill(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "papermill", *arguments]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", timeout=LONG_S, check=False
    )


@pytest.fixture(scope="module")
def refusal(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What papermill ends with, told its own paths and two values that are text to it."""
    into = str(tmp_path_factory.mktemp("executed") / "out.ipynb")
    wrong = ["-p", "stacks", "[flask]", "-r", "seed", "7"]
    done = _papermill(MEASURES, into, "--inject-paths", *wrong)
    assert done.returncode != 0
    return done.stderr.rpartition("ParameterError: ")[2]


def test_a_list_and_a_number_given_as_text_are_rejected_with_a_hint(refusal: str) -> None:
    assert "stacks = '[flask]': Input should be a valid list" in refusal
    assert "With papermill, use -y 'stacks: [flask]'" in refusal
    assert "seed = '7': Input should be a valid integer" in refusal
    assert "With papermill, use -y 'seed: 7'" in refusal


def test_papermills_own_names_are_tolerated(refusal: str) -> None:
    assert refusal.startswith("Invalid parameters:")
    assert "PAPERMILL_" not in refusal


def test_its_help_shows_types() -> None:
    done = _papermill(MEASURES, "--help-notebook")
    assert done.returncode == 0, done.stderr
    assert '  stacks: list[str] (default ["django", "flask", "fastapi"])\n' in done.stdout
    assert "  seed: int (default 1) " in done.stdout
    assert "  aa_stack: Optional[str] (default None)\n" in done.stdout


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_type_of_every_parameter_of_a_notebook_fits_its_default(path: Path) -> None:
    parameters = inspect_notebook(path)
    assert parameters
    for name, shown in parameters.items():
        kind, default = eval(shown["inferred_type_name"], vars(typing)), eval(shown["default"])
        assert TypeAdapter(kind).validate_python(default, strict=True) == default, name
