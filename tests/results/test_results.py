"""What every Result has in common, on a run with nearly everything and on one with little."""

import re

import pytest

import webtrial as wt
from tests.results.test_figures_of_causes import crossed
from webtrial.errors import ParameterError
from webtrial.results.base.display import Drawing, Drawings, Prose, Table
from webtrial.run.parameters import Parameters

OF_A_RUN = (
    *("overview", "throughput", "latency", "cost", "search", "dashboard", "connections"),
    *("capacity", "fan_out", "migration", "claims", "choosing", "validity"),
)
"""The questions that are asked of a run alone, by the name of their function."""

TOLD = {"trial": (1,), "audit": ("SIGPLAN",), "money": (0.05,), "cores": (100.0,)}
"""What is told beside the name of a figure, table or text, where something has to be."""


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A run of many stacks in three scenarios."""
    return crossed(tmp_path_factory.mktemp("full"))


def everything(found):
    """All figures, tables and texts of a result, each with its kind and its name."""
    for kind, names in (("figure", found.figures), ("table", found.tables), ("text", found.texts)):
        for name in names:
            yield kind, name, getattr(found, kind)(name, *TOLD.get(name, ()))


def test_every_question_has_a_line_in_the_help_and_no_name_is_without_one():
    lines = [line for line in wt.__doc__.splitlines() if line.startswith("    ")]
    told = {name for line in lines for name in re.split(r"[, ]+", line.split("   ")[1].strip())}

    assert set(wt.__all__) <= told
    assert len(wt.__all__) <= 45


@pytest.mark.parametrize("question", OF_A_RUN)
def test_every_named_part_of_a_result_can_be_rendered(full, question):
    shown = list(everything(getattr(wt, question)(full)))

    assert {kind for kind, *_ in shown} >= {"table", "text"}
    for kind, name, part in shown:
        kinds = {"figure": Drawing | Drawings | Prose, "table": Table | Prose, "text": Prose}
        assert isinstance(part, kinds[kind]), (question, kind, name)


@pytest.mark.parametrize("question", OF_A_RUN)
def test_missing_data_are_no_error(one_block, question):
    found = getattr(wt, question)(one_block)

    assert list(everything(found))
    if found.data.empty and found.MISSING_DATA:
        assert found.limitations == (f"This run has {found.MISSING_DATA}.",)


def test_a_run_without_fan_out_says_so_once(one_block):
    found = wt.fan_out(one_block)

    assert "no fan-out over several sources" in found.figure().text
    assert all(found.table(name) == Prose("") for name in found.tables)
    assert found.text() == Prose("")


def test_one_block_is_a_limitation(one_block):
    assert wt.throughput(one_block).limitations == ("One block: no interval, no verdict.",)


def test_an_unknown_figure_is_refused_with_the_known_names(full):
    with pytest.raises(ParameterError, match=r"FanOut has no figure 'curve'; known: medians"):
        wt.fan_out(full).figure("curve")


@pytest.mark.parametrize("question", ["throughput", "capabilities", "plan"])
def test_a_result_gives_its_data_and_says_what_there_is(full, question):
    given = {"capabilities": (), "plan": (Parameters(),)}.get(question, (full,))
    found = getattr(wt, question)(*given)

    assert len(found.to_csv().splitlines()) > len(found.data) > 0
    assert all(name in repr(found) for name in (*found.figures, *found.tables, *found.texts))


def test_a_result_shows_itself_in_a_notebook(full, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *parts: shown.extend(parts))
    wt.fan_out(full)._ipython_display_()

    assert [type(part) for part in shown] == [Prose, Drawing, Table]
