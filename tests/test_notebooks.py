"""The notebooks as they are committed, and what they do with parameters."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.waiting import LONG_S
from webtrial.errors import PublishError
from webtrial.publish.execute import NOTEBOOKS, execute
from webtrial.publish.notebook_parameters import DEFAULTS
from webtrial.publish.report import MEASURES, chapter_names
from webtrial.results.choosing.projects import WEIGHTS
from webtrial.results.claims.context import ASSUMED_THINK_TIME_S
from webtrial.run.parameters import Parameters
from webtrial.run.store import RUNS_FOLDER
from webtrial.stats.histogram import MINIMUM_SAMPLES
from webtrial.stats.thresholds import P99_LIMIT_MS

NAMES = chapter_names()
NOT_CHAPTERS = ("compare", "explore")  # notebooks that are no chapters of the report
LINES_IN_A_CELL = 5


def _cells(name: str, kind: str | None = None) -> list[Any]:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    return [cell for cell in notebook.cells if kind in (None, cell.cell_type)]


def _is_parameters(cell: Any) -> bool:
    return "parameters" in cell.metadata.get("tags", [])


def test_the_chapters_are_there_in_their_order() -> None:
    assert NAMES[:6] == [
        "0-overview",
        "1-measure",
        "2-throughput-and-latency",
        "3-search-and-dashboard",
        "4-where-the-time-goes",
        "5-claims",
    ]
    assert NAMES[-2:] == ["6-choosing", "7-validity-and-method"]


@pytest.mark.parametrize("name", [*NAMES, *NOT_CHAPTERS])
class TestEveryNotebook:
    def test_is_of_a_length_that_can_be_read(self, name: str) -> None:
        assert 15 <= len(_cells(name)) <= 35

    def test_has_one_first_level_heading_and_it_comes_first(self, name: str) -> None:
        prose = [cell.source for cell in _cells(name, "markdown")]
        assert sum(len(re.findall(r"^# ", text, re.MULTILINE)) for text in prose) == 1
        assert _cells(name)[0].source.startswith("# ")

    def test_has_at_least_as_much_prose_as_code(self, name: str) -> None:
        prose = sum(len(cell.source.split()) for cell in _cells(name, "markdown"))
        code = [cell for cell in _cells(name, "code") if not _is_parameters(cell)]
        assert prose >= sum(len(cell.source.split()) for cell in code)

    def test_has_one_cell_of_parameters_before_all_other_code(self, name: str) -> None:
        code = _cells(name, "code")
        assert [_is_parameters(cell) for cell in code] == [True] + [False] * (len(code) - 1)
        assert code[0].source.startswith(DEFAULTS)

    def test_has_cells_of_a_few_lines_that_call_and_do_not_implement(self, name: str) -> None:
        for cell in _cells(name, "code"):
            tree = ast.parse(cell.source)
            implementing = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While)
            assert not any(isinstance(node, implementing) for node in ast.walk(tree))
            if not _is_parameters(cell):
                assert len(cell.source.splitlines()) <= LINES_IN_A_CELL

    def test_is_a_notebook_to_the_letter(self, name: str) -> None:
        nbformat.validate(nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4))

    def test_names_no_place_on_any_machine(self, name: str) -> None:
        text = (NOTEBOOKS / f"{name}.ipynb").read_text()
        assert not re.search(r"(?<![\w.])/(home|root|work|tmp|usr|Users)/", text)
        assert str(Path.home()) + "/" not in text

    def test_types_no_bound_that_the_analysis_applies(self, name: str) -> None:
        prose = " ".join(" ".join(cell.source.split()) for cell in _cells(name, "markdown"))
        needed = [f"{count:,}" for count in MINIMUM_SAMPLES.values() if count >= 1000]
        assert not [text for text in (*needed, "at least three", "hardly depends") if text in prose]

    def test_says_which_cell_is_which_for_good(self, name: str) -> None:
        identifiers = [cell.id for cell in _cells(name)]
        assert len(set(identifiers)) == len(identifiers)
        assert all(re.fullmatch(r"[\dce]-\d\d", each) for each in identifiers)


def test_the_parameters_cell_shows_every_parameter_with_its_default() -> None:
    assigned: dict[str, Any] = {}
    exec(_cells(MEASURES, "code")[0].source, {}, assigned)
    del assigned["__annotations__"]
    assert assigned.pop("run") is None
    assert assigned.pop("resume") is None
    expected = {name: field.default for name, field in Parameters.model_fields.items()}
    del expected["database_url"]  # comes from the environment, for it may hold a password
    assert assigned == expected


def test_the_weights_of_the_chapter_on_choosing_are_the_defaults() -> None:
    assigned: dict[str, Any] = {}
    exec(_cells("6-choosing", "code")[0].source, {}, assigned)
    assert assigned["weights"] == WEIGHTS


@pytest.mark.parametrize("name", ["4-where-the-time-goes", "5-claims", "6-choosing"])
def test_chapters_that_have_a_limit_have_the_same(name: str) -> None:
    assigned: dict[str, Any] = {}
    exec(_cells(name, "code")[0].source, {}, assigned)
    assert assigned["p99_limit_ms"] == P99_LIMIT_MS


def test_the_think_time_of_the_chapter_on_claims_is_the_default() -> None:
    assigned: dict[str, Any] = {}
    exec(_cells("5-claims", "code")[0].source, {}, assigned)
    assert assigned["assumed_think_time_s"] == ASSUMED_THINK_TIME_S


WRONG = {
    "unknown": ({"sed": 7}, "sed: unknown parameter; known: profile, seed"),
    "of the wrong type": ({"blocks": "three"}, "blocks = 'three'"),
    "shadowing what the notebook uses": ({"wt": 3}, "wt: unknown parameter"),
}


@pytest.mark.parametrize(("given", "said"), WRONG.values(), ids=WRONG)
def test_a_parameter_that_is_wrong_stops_before_anything_starts(
    given: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RUNS_FOLDER, str(tmp_path / "runs"))
    with pytest.raises(PublishError) as raised:
        execute(MEASURES, tmp_path, given)
    assert said in str(raised.value)
    assert "Traceback" not in str(raised.value)
    assert not (tmp_path / "runs").exists()


def test_papermill_itself_fails_from_any_folder_with_the_message(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papermill", str(NOTEBOOKS / f"{MEASURES}.ipynb"), "out.ipynb"]
    command += ["-f", str(NOTEBOOKS / "profiles" / "smoke.yaml"), "-p", "seed", "-7"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=LONG_S, check=False
    )
    assert done.returncode != 0
    assert "seed = -7: Input should be greater than or equal to 0" in done.stderr
    assert "File" not in done.stderr.split("Exception encountered")[-1]


def test_other_notebooks_take_a_run_and_nothing_else(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="unknown parameter 'seed'; known: run"):
        execute("0-overview", tmp_path, {"seed": 7})


def test_a_notebook_with_parameters_of_its_own_takes_these_beside_the_run(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="known: run, p99_limit_ms"):
        execute("4-where-the-time-goes", tmp_path, {"p99_limit": 50.0})
