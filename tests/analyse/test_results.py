"""What every Result has in common, on runs with everything and with nothing."""

import pytest

import webtrial as wt
from tests.synthetic_run import Truth, synthetic_run
from webtrial.errors import ParameterError
from webtrial.results.base.display import Drawing, Prose, Table

QUESTIONS = ("fan_out",)
"""The questions of `webtrial.results`, by the name of their function."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A run in which fan-out was measured."""
    truth = Truth({"fastapi": 10.0, "fastapi-in-turn": 10.0, "flask": 10.0}, noise=0.001)
    folder = tmp_path_factory.mktemp("asked")
    return synthetic_run(folder, truth, scenarios=("fan_out", "user_detail"), window_s=4)


@pytest.mark.parametrize("question", QUESTIONS)
def test_everything_that_a_result_names_is_shown(asked, question):
    found = getattr(wt, question)(asked)

    assert found.figures or found.tables
    assert all(isinstance(found.figure(name), Drawing) for name in found.figures)
    assert all(isinstance(found.table(name), Table) for name in found.tables)
    assert all(found.text(name).text for name in found.texts)
    assert found.limitations == ()


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_run_lacks_is_said_once_and_is_no_error(one_block, question):
    found = getattr(wt, question)(one_block)

    assert found.data.empty
    assert found.limitations[0].startswith("This run has no ")
    assert "this run has no " in found.figure().text
    assert all(found.table(name) == Prose("") for name in found.tables)
    assert all(found.text(name) == Prose("") for name in found.texts)


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_a_result_does_not_have_is_refused_with_what_it_has(asked, question):
    found = getattr(wt, question)(asked)

    with pytest.raises(ParameterError, match=r"has no figure 'nothing'; there are \w+"):
        found.figure("nothing")


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_result_gives_its_data_and_says_what_there_is(asked, question):
    found = getattr(wt, question)(asked)

    assert len(found.to_csv().splitlines()) == len(found.data) + 1
    assert all(name in repr(found) for name in (*found.figures, *found.tables, *found.texts))


def test_a_result_shows_itself_in_a_notebook(asked, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *parts: shown.extend(parts))
    wt.fan_out(asked)._ipython_display_()

    assert [type(part) for part in shown] == [Prose, Drawing, Table]
