"""Menus without a browser: what they are set to, and what comes of it."""

from html import unescape
from pathlib import Path

import pandas as pd
import pytest

import webtrial as wt
from tests.publish.executing import outputs_of, words_and_figures
from tests.synthetic_run import CLOSED, LATE, OPEN, Truth, synthetic_run
from webtrial.errors import ParameterError
from webtrial.results.base.display import Drawing, Prose
from webtrial.results.choosing.sliders import NOTEBOOK_SESSION
from webtrial.results.explorer.explorer import Explorer
from webtrial.results.explorer.figure import FIGURES
from webtrial.run.store import Run, open_run
from webtrial.stats.estimates import throughput_table


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Two scenarios at two loads, the variants in one of them; beside it a run of one block."""
    folder, drafts = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("drafts")
    one = synthetic_run(
        drafts / "one",
        scenarios=("user_detail", "crud"),
        loads=(CLOSED, OPEN),
        extra_stacks={"user_detail": ["flask-raw"]},
    )
    other = synthetic_run(drafts / "other", scenarios=("ping",), blocks=1)
    other.path.rename(folder / "other-run")
    return open_run(one.path.rename(folder / "one-run"))


@pytest.fixture
def explorer(run: Run) -> Explorer:
    return wt.explore(run)


def test_it_opens_with_the_first_scenario_at_its_main_load_as_deployed(explorer: Explorer) -> None:
    chosen = explorer.selection

    assert (chosen.scenario, chosen.load) == ("user_detail", "100 users")
    assert chosen.statistic == "requests per second"
    assert explorer.frame["stack"].tolist() == list(chosen.stacks)
    assert explorer.message == ""


def test_the_table_is_that_of_the_whole_run(run: Run, explorer: Explorer) -> None:
    whole = throughput_table(run).query("scenario == 'crud' and load == '100 users'")
    explorer.menus["scenario"].value = "crud"

    assert explorer.frame["throughput_per_s"].tolist() == whole["value"].tolist()
    assert [row[0] for row in explorer.table.cells()] == whole["title"].tolist()


def test_the_dataframe_has_units_in_the_names_of_its_columns(explorer: Explorer) -> None:
    explorer.menus["statistic"].value = "median response time (ms)"

    assert {"p50_ms", "p50_ms_low", "p50_ms_high", "error_fraction"} <= set(explorer.frame.columns)


def test_an_open_load_has_no_rate_to_choose(explorer: Explorer) -> None:
    explorer.menus["load"].value = "200/s"

    assert "requests per second" not in explorer.menus["statistic"].options
    assert explorer.selection.statistic == "median response time (ms)"
    assert explorer.frame["p50_ms"].notna().all()


def test_what_was_chosen_stays_where_it_can(explorer: Explorer) -> None:
    explorer.menus["load"].value = "200/s"
    explorer.menus["statistic"].value = "90th percentile (ms)"
    explorer.menus["scenario"].value = "crud"

    assert explorer.selection.load == "200/s"
    assert explorer.selection.statistic == "90th percentile (ms)"


def test_a_stack_that_was_not_measured_there_cannot_be_ticked(explorer: Explorer) -> None:
    explorer.stacks["flask-raw"].value = True
    assert "flask-raw" in explorer.selection.stacks

    explorer.menus["scenario"].value = "crud"
    assert explorer.stacks["flask-raw"].disabled
    assert "flask-raw" not in explorer.selection.stacks

    explorer.menus["scenario"].value = "user_detail"
    assert "flask-raw" in explorer.frame["stack"].tolist()


def test_without_a_stack_it_says_what_to_do(explorer: Explorer) -> None:
    for box in explorer.stacks.values():
        box.value = False

    assert explorer.frame.empty
    assert isinstance(explorer.drawing, Prose)
    assert explorer.drawing.text == "*Nothing to draw: tick a stack that was measured here.*"
    with pytest.raises(ParameterError, match="tick a stack"):
        explorer.save("figure.svg")


@pytest.mark.full
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_follows_the_selection(explorer: Explorer, name: str) -> None:
    explorer.menus["figure"].value = name
    before = explorer.drawing
    explorer.stacks["flask"].value = False

    assert isinstance(before, Drawing)
    assert isinstance(explorer.drawing, Drawing)
    assert "Flask" in before.alt
    assert "Flask" not in explorer.drawing.alt


def test_the_page_of_it_has_the_figure_with_its_alternative_text(explorer: Explorer) -> None:
    html = unescape(explorer._picture.value)

    assert isinstance(explorer.drawing, Drawing)
    assert f'aria-label="{explorer.drawing.alt}"' in html
    assert explorer.drawing.svg() in html


def test_another_run_brings_its_own_menus(run: Run, explorer: Explorer) -> None:
    explorer.menus["run"].value = "other-run"

    assert explorer.run.path == run.path.parent / "other-run"
    assert explorer.menus["scenario"].options == ("ping",)
    assert explorer.frame["scenario"].unique().tolist() == ["ping"]


def test_an_unreadable_run_is_reported_and_the_selection_stays(
    run: Run, explorer: Explorer
) -> None:
    broken = run.path.parent / "broken <b>"
    broken.mkdir()
    (broken / "manifest.json").write_text("{}")
    menu = wt.explore(run).menus["run"]
    assert "broken <b>" in menu.options
    explorer.menus["run"].options = menu.options
    frame = explorer.frame
    explorer.menus["run"].value = "broken <b>"

    assert "is not a manifest of format" in explorer.message
    assert "broken &lt;b&gt;" in explorer.message
    assert explorer.run is run
    assert explorer.frame is frame


def test_the_file_extension_sets_the_format(explorer: Explorer, tmp_path: Path) -> None:
    explorer.file.value = str(tmp_path / "figure.svg")
    explorer.save_button.click()

    assert (tmp_path / "figure.svg").read_text().startswith("<svg")
    assert "figure.svg" in explorer.message
    assert explorer.save(tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert explorer.save(tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


def test_an_unknown_file_extension_is_refused(explorer: Explorer, tmp_path: Path) -> None:
    explorer.file.value = str(tmp_path / "figure.docx")
    explorer.save_button.click()

    assert "unknown figure format &#x27;.docx&#x27;; known: .svg, .pdf, .png" in explorer.message
    assert not list(tmp_path.iterdir())


def test_outside_a_notebook_the_selection_cannot_be_sent(explorer: Explorer) -> None:
    explorer.send_button.click()
    assert "no notebook" in explorer.message


def test_the_selection_is_sent_to_the_notebook(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: dict[str, pd.DataFrame] = {}

    class Shell:
        user_ns = names

    monkeypatch.setattr("webtrial.results.explorer.explorer.get_ipython", Shell)
    explorer.send_button.click()

    assert names["selection"] is explorer.frame
    assert "3 rows" in explorer.message


def test_requests_are_those_of_the_selection(explorer: Explorer) -> None:
    requests = explorer.requests()

    assert set(requests["stack"]) == set(explorer.selection.stacks)
    assert set(requests["load"]) == {"100 users"}


def test_where_no_notebook_is_open_the_figure_stands_alone(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(NOTEBOOK_SESSION, raising=False)
    assert "image/svg+xml" in explorer._repr_mimebundle_()[0]

    monkeypatch.setenv(NOTEBOOK_SESSION, "explore.ipynb")
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()


@pytest.mark.full
def test_every_menu_is_timed(run: Run) -> None:
    times = wt.response_times(run)

    assert {"scenario", "load", "statistic", "figure", "run", "stacks"} == set(times["menu"])
    assert (times["seconds"] > 0).all()


def test_invalid_blocks_are_excluded(tmp_path: Path) -> None:
    truth = Truth({"django": 60.0, "flask": 40.0}, verdicts={(2, "django"): (LATE,)})
    explorer = wt.explore(synthetic_run(tmp_path, truth))

    assert isinstance(explorer.drawing, Drawing)
    assert "1 invalid trial is excluded." in explorer.drawing.caption
    assert explorer.frame.set_index("stack")["invalid_blocks"].to_dict() == {
        "django": 1,
        "flask": 0,
    }


def test_the_notebook_runs_over_any_run(run: Run) -> None:
    _, figures = words_and_figures(outputs_of("explore", {"run": run}))
    assert figures
