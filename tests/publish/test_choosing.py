"""The chapter on choosing: figures of a run with everything, and of one that has no interval."""

from pathlib import Path
from typing import Any

import pytest
from ipywidgets import HTML, Dropdown, FloatSlider

from tests.publish.executing import outputs_of, words_and_figures
from tests.results.test_choosing import findings
from tests.synthetic_run import CLOSED, OPEN, Truth, synthetic_run
from webtrial.errors import ParameterError
from webtrial.results.base.display import Table
from webtrial.results.choosing.criteria import Criteria, criteria
from webtrial.results.choosing.estimate import totals
from webtrial.results.choosing.projects import WEIGHTS
from webtrial.results.choosing.sliders import NOTEBOOK_SESSION, sliders, weights_view
from webtrial.run.store import Run

CHAPTER = "6-choosing"
MEDIANS = {"django": 80.0, "flask": 50.0, "fastapi": 10.0}


def shown(run: Run, **given: Any) -> tuple[str, int]:
    """What the executed chapter says, and how many figures it holds."""
    outputs = outputs_of(CHAPTER, {"run": run}, **given)
    assert not any("application/vnd.jupyter.widget-view+json" in data for data in outputs)
    return words_and_figures(outputs)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("full")
    run = synthetic_run(
        folder,
        Truth(MEDIANS),
        scenarios=("user_detail", "dashboard"),
        loads=(CLOSED, OPEN),
        window_s=2,
    )
    said, figures = shown(run, price_per_core_hour=7.5, load_per_s=4321.0)
    assert figures == 1
    return said


@pytest.mark.parametrize(
    "part",
    [
        "Scores: 1 for the best",
        "Excluded criteria",
        "Weight of each criterion",
        "First places by weighted score",
        "the framework in first place is the article's recommendation for",
        "Smallest changes of weights",
        "The smallest change of weights that changes a first place",
        "CPU-hours of 1,000,000 requests by process, and their price at 7.5",
        "a million requests cost",
        "Cores for 4,300 requests per second",
    ],
)
def test_a_run_with_everything_has_every_section(full: str, part: str) -> None:
    assert part in full


def test_a_run_of_one_block_gives_no_verdict(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path, Truth(MEDIANS), scenarios=("user_detail", "crud"), blocks=1)
    said, figures = shown(run)

    assert figures == 1
    assert "One block: no interval" in said
    assert "nan" not in said


def test_weights_are_parameters_and_wrong_ones_are_refused(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path, Truth(MEDIANS), blocks=1, window_s=0.5)
    weights = {"simple REST API": {"admin": 1}}
    said, _ = shown(run, weights=weights)

    assert "| simple REST API | Django (1.00)" in said
    with pytest.raises(ParameterError, match="unknown criterion 'speed'"):
        shown(run, weights={"microservices": {"speed": 1}})


# --- sliders


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Criteria:
    run = synthetic_run(tmp_path_factory.mktemp("moved"), Truth(MEDIANS))
    return criteria(run, findings=findings())


def parts(found: Criteria) -> tuple[Dropdown, dict[str, FloatSlider], HTML]:
    menu, *moving, outcome = sliders(found).children
    return menu, {slider.description: slider for slider in moving}, outcome


def test_without_an_open_notebook_the_weights_are_a_table(
    found: Criteria, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(NOTEBOOK_SESSION, raising=False)
    assert isinstance(weights_view(found), Table)

    monkeypatch.setenv(NOTEBOOK_SESSION, "6-choosing.ipynb")
    assert not isinstance(weights_view(found), Table)


def test_every_criterion_that_was_measured_has_a_slider_at_its_weight(found: Criteria) -> None:
    menu, moving, _ = parts(found)

    assert list(moving) == [name for name in moving if name not in found.unmeasured]
    assert set(moving) == set(found.table["criterion"])
    assert {name: slider.value for name, slider in moving.items() if slider.value} == {
        name: weight for name, weight in WEIGHTS[menu.value].items() if name in moving
    }


def test_a_slider_that_is_moved_changes_the_outcome(found: Criteria) -> None:
    menu, moving, outcome = parts(found)
    before = outcome.value
    moving["throughput"].value = 5.0
    weights = WEIGHTS[menu.value] | {"throughput": 5.0}
    table = totals(found, {menu.value: weights}).query(f"project == '{menu.value}'")

    assert outcome.value != before
    for total in table["total"]:
        assert f"{total:.3g}" in outcome.value


def test_another_project_brings_its_own_weights_and_keeps_what_was_moved(found: Criteria) -> None:
    menu, moving, _ = parts(found)
    first, second = menu.options[:2]
    moving["admin"].value = 5.0
    menu.value = second
    assert moving["admin"].value == WEIGHTS[second].get("admin", 0)

    menu.value = first
    assert moving["admin"].value == 5.0


def test_weights_that_are_all_zero_are_reported(found: Criteria) -> None:
    _, moving, outcome = parts(found)
    for slider in moving.values():
        slider.value = 0.0

    assert "are all 0" in outcome.value
