"""The figures on choosing and on two runs: drawn, worded, the same bytes each time."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.results.test_choosing import findings
from tests.results.test_figures import only
from tests.synthetic_run import Truth, synthetic_run
from webtrial.results.base.display import Drawing, FigureOrNote, Prose
from webtrial.results.choosing.criteria import criteria
from webtrial.results.choosing.estimate import recommended
from webtrial.results.choosing.figure import scores_figure
from webtrial.results.comparison.changes import changes
from webtrial.results.comparison.figure import changes_figure, replication_figure
from webtrial.results.comparison.replication import replication
from webtrial.run.store import Run


def _choosing(run: Run) -> FigureOrNote:
    found = criteria(run, findings=findings())
    return scores_figure(found, recommended(run, measured=found))


FIGURES: dict[str, Callable[[Run], FigureOrNote]] = {
    "choosing": _choosing,
    "replication": lambda run: replication_figure(run, replication(run, run)),
    "changes": lambda run: changes_figure(changes(run, run)),
}


@pytest.fixture(scope="module")
def drawings(run: Run) -> dict[str, FigureOrNote]:
    return {name: draw(run) for name, draw in FIGURES.items()}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_well_formed(drawings: dict[str, FigureOrNote], name: str) -> None:
    drawing = drawings[name]
    assert isinstance(drawing, Drawing)

    assert ElementTree.fromstring(drawing.svg()).tag.endswith("svg")
    for text in (drawing.title, drawing.alt, drawing.caption):
        assert text
        assert "nan" not in text


@pytest.mark.parametrize("name", only(FIGURES, "choosing"))
def test_a_figure_is_the_same_each_time(
    run: Run, drawings: dict[str, FigureOrNote], name: str
) -> None:
    again, before = FIGURES[name](run), drawings[name]
    assert isinstance(again, Drawing) and isinstance(before, Drawing)

    assert again.svg() == before.svg()


@pytest.mark.parametrize("name", FIGURES)
def test_one_block_is_drawn_without_a_verdict(one_block: Run, name: str) -> None:
    drawn = FIGURES[name](one_block)
    assert isinstance(drawn, Drawing)

    assert "nan" not in f"{drawn.title} {drawn.alt} {drawn.caption}"
    titles = {
        "choosing": "one block",
        "replication": "0 of 0 settled",
        "changes": "No change in requests per second",
    }
    assert titles[name] in drawn.title


def test_missing_data_gives_a_note_instead_of_a_figure(tmp_path: Path) -> None:
    run = synthetic_run(tmp_path, Truth({"flask-raw": 30.0}), blocks=1, window_s=0.5)

    assert isinstance(_choosing(run), Prose)
    assert isinstance(replication_figure(run, replication(run, run)), Prose)
