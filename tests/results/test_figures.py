"""Drawings and tables: the same bytes each time, words beside them, nothing computed or lost."""

import re
from html import unescape
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import nbformat
import numpy as np
import pandas as pd
import pytest
from matplotlib.ft2font import FT2Font

import webtrial as wt
from tests.synthetic_run import CLOSED, LATE, OPEN, STOLEN, Truth, synthetic_run
from webtrial.results.base import figure_style as style
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.ratio_labels import labelled_ratios
from webtrial.results.cost import estimate as work
from webtrial.results.cost import figure as cost
from webtrial.results.cost.text import cost_figure_text
from webtrial.results.dashboard import figure as dashboard
from webtrial.results.dashboard.estimate import dashboard_parts
from webtrial.results.dashboard.text import dashboard_figure_text
from webtrial.results.latency import estimate as latency
from webtrial.results.latency import figure as latency_figures
from webtrial.results.latency import over_time as over_times
from webtrial.results.latency import over_time_figure, timeline_figure
from webtrial.results.latency import text as words_of_latency
from webtrial.results.latency import timeline as timelines
from webtrial.results.latency.text import (
    against_load_figure_text,
    distribution_figure_text,
    over_time_figure_text,
    tail_figure_text,
    timeline_figure_text,
)
from webtrial.results.search import figure as search
from webtrial.results.search.text import search_figure_text
from webtrial.results.throughput import figure as throughput
from webtrial.results.throughput import ratios_figure as ratios
from webtrial.results.throughput.text import ratios_figure_text, throughput_figure_text
from webtrial.results.validity import figure as validity
from webtrial.results.validity import gates
from webtrial.results.validity.text import machine_figure_text, reasons_figure_text
from webtrial.stats import estimates
from webtrial.stats import ratios as compare
from webtrial.stats import trials as summary

pytestmark = pytest.mark.filterwarnings("error:constrained_layout not applied")

MOST_BYTES = 150_000
NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
SVG = "{http://www.w3.org/2000/svg}"


RATIOS = {}


def _ratio_table(run):
    """`ratio_table` of a run, computed once for all figures."""
    if run.path not in RATIOS:
        RATIOS[run.path] = compare.ratio_table(run)
    return RATIOS[run.path]


def _throughput(run):
    table = estimates.at_main_load(estimates.throughput_table(run))
    spoken = throughput_figure_text(table, _ratio_table(run))
    return throughput.draw(table, estimates.block_values(run, "throughput_per_s"), spoken)


def _ratios(run):
    chosen = estimates.at_main_load(_ratio_table(run))
    table = labelled_ratios(run, chosen, "throughput")
    return ratios.draw(table, ratios_figure_text(table, 0))


def _against_load(run):
    table = latency.latency_against_load(run)
    return latency_figures.draw_against_load(table, against_load_figure_text(table, 0))


def _distribution(run):
    table = latency.distribution(run, "100 users")
    return latency_figures.draw_distribution(table, distribution_figure_text(table, 0))


def _tail(run):
    table = latency.distribution(run, "100 users")
    percentiles = latency.latency_against_load(run, load="100 users")
    spoken = tail_figure_text(table, percentiles, 0)
    return latency_figures.draw_tail(table, percentiles, spoken)


def _over_time(run):
    stacks = run.manifest.parameters.stacks
    found = over_times.over_time(run, "user_detail", "100 users", stacks)
    return over_time_figure.draw(found, over_time_figure_text(found))


def _cost(run):
    table = estimates.at_main_load(work.cost_table(run))
    return cost.draw(table, cost_figure_text(table, 0))


def _timeline(run):
    moments = timelines.timeline(run, *timelines.typical_trial(run, "user_detail", "flask"))
    return timeline_figure.draw(moments, timeline_figure_text(moments, "Flask"))


def _search(run):
    table = latency.search_by_selectivity(run)
    return search.draw(table, search_figure_text(table, 0))


def _dashboard(run):
    table = dashboard_parts(run)
    return dashboard.draw(table, dashboard_figure_text(table, 0))


def _reasons(run):
    table = gates.validity_table(run)
    return validity.reasons(table, reasons_figure_text(gates.verdict_table(run), table))


def _machine(run):
    table = gates.machine_table(run)
    return validity.machine(table, machine_figure_text(table))


FIGURES = {
    draw.__name__[1:]: draw
    for draw in (
        *(_throughput, _ratios, _against_load, _distribution, _tail, _over_time, _cost),
        *(_timeline, _search, _dashboard, _reasons, _machine),
    )
}
ANYWHERE = [name for name in FIGURES if name not in ("search", "dashboard")]
FAMILIES = ("throughput", "ratios", "against_load", "tail", "search", "dashboard", "reasons")
OF_DISTURBED = ("over_time", "timeline", "reasons", "machine")  # others have tests of their own


def only(names, *chosen):
    """All the figures, of which the chosen tell of the others: these are drawn by the same means,
    and are for a change of them."""
    return [pytest.param(name, marks=() if name in chosen else pytest.mark.full) for name in names]


@pytest.fixture(scope="module")
def drawings(run, request):
    names = FIGURES if request.config.getoption("full") else FAMILIES
    return {name: FIGURES[name](run) for name in names}


@pytest.fixture(scope="module")
def bundles(drawings):
    """What a notebook shows of each drawing."""
    return {name: drawing._repr_mimebundle_() for name, drawing in drawings.items()}


@pytest.fixture(scope="module")
def pictures(bundles):
    """What each drawing looks like, as SVG."""
    return {name: data["image/svg+xml"] for name, (data, _) in bundles.items()}


@pytest.mark.full
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_same_each_time(run, drawings, pictures, name):
    assert FIGURES[name](run).svg() == drawings[name].svg() == pictures[name]


@pytest.mark.parametrize("name", only(FIGURES, *FAMILIES))
def test_a_figure_is_small_and_well_formed(pictures, name):
    assert len(pictures[name]) < MOST_BYTES
    assert ElementTree.fromstring(pictures[name]).tag.endswith("svg")
    assert "'Inter', 'Helvetica Neue', 'Arial', sans-serif" in pictures[name]


def test_our_fonts_have_every_letter_that_the_report_draws(pictures):
    kept = [
        output["data"]["image/svg+xml"]
        for path in sorted(NOTEBOOKS.glob("[0-9]-*.ipynb"))
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(kept) > 20
    drawn = {
        letter
        for picture in [*pictures.values(), *kept]
        for text in re.findall(r"<(?:text|tspan)[^>]*>([^<]+)", picture)
        for letter in unescape(text).strip()
    }
    for name in ("Inter-Regular.ttf", "Inter-Bold.ttf"):
        assert drawn - {chr(code) for code in FT2Font(style.FONTS / name).get_charmap()} == set()


@pytest.mark.parametrize("name", only(FIGURES, *FAMILIES))
def test_a_figure_carries_its_words(drawings, bundles, pictures, name):
    drawing = drawings[name]
    _, metadata = bundles[name]

    assert pictures[name].startswith("<svg")
    told = metadata["image/svg+xml"]
    words = {"title": drawing.title, "alt": drawing.alt, "caption": drawing.caption}
    assert told == words | {"data": drawing.csv()}
    assert all(len(text) > 20 for text in told.values())
    assert "nan" not in " ".join(words.values())


@pytest.mark.parametrize("name", only(FIGURES, *FAMILIES))
def test_a_figure_brings_the_frame_that_it_was_drawn_from(drawings, name):
    drawn = drawings[name].data
    read = pd.read_csv(StringIO(drawings[name].csv()))
    assert list(read.columns) == list(drawn.columns)
    assert len(read) == len(drawn) > 0
    for column in drawn.select_dtypes("number"):
        np.testing.assert_allclose(read[column], drawn[column], rtol=1e-5)


def test_no_two_figures_of_a_page_share_a_clip_path(pictures):
    clips = [
        element.attrib["id"]
        for picture in pictures.values()
        for element in ElementTree.fromstring(picture).iter(f"{SVG}clipPath")
    ]

    assert len(clips) >= len(pictures)
    assert len(clips) == len(set(clips))


def test_shares_of_own_capacity_have_an_axis_of_their_own(drawings):
    panels = drawings["against_load"].figure.axes[-3:]  # the lowest row has the labels
    ticks = {
        axes.get_xlabel(): [tick.get_text() for tick in axes.get_xticklabels()] for axes in panels
    }

    assert ticks == {
        "users (closed loop)": ["100"],
        "arrivals/s (open)": ["200"],
        "% of the pilot's rate (open)": ["80"],
    }


@pytest.mark.parametrize("name", only(ANYWHERE, *FAMILIES))
def test_every_figure_can_be_drawn_of_one_block(one_block, name):
    assert FIGURES[name](one_block).svg()


@pytest.mark.parametrize("name", only(OF_DISTURBED, *FAMILIES))
def test_figures_can_be_drawn_of_a_disturbed_run(disturbed, name):
    assert FIGURES[name](disturbed).svg()


def test_a_figure_shows_every_value_of_its_table(run, drawings):
    drawing = drawings["throughput"]
    table = estimates.at_main_load(estimates.throughput_table(run))
    texts = {text.get_text() for axes in drawing.figure.axes for text in axes.texts}

    assert {f"{value:,.0f}" for value in table["value"]} <= texts


def test_an_invalid_block_is_a_grey_cross(disturbed):
    drawing = _throughput(disturbed)
    crosses = [
        line.get_color()
        for axes in drawing.figure.axes
        for line in axes.lines
        if line.get_marker() == "x"
    ]

    assert crosses == [style.GREY]


def _rings(drawing):
    return sum(
        len(line.get_xdata())
        for axes in drawing.figure.axes
        for line in axes.lines
        if line.get_markeredgecolor() == style.SUSPECT
    )


def of_two_stacks(folder, verdicts):
    truth = Truth({"django": 60.0, "flask": 40.0}, verdicts=verdicts)
    scenarios = ("product_search", "dashboard")
    return synthetic_run(folder, truth, scenarios=scenarios, loads=(CLOSED, OPEN))


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """Of Flask a suspect trial in each cell, of Django an invalid one."""
    verdicts = {(1, "flask"): (STOLEN,), (2, "django"): (LATE,)}
    return of_two_stacks(tmp_path_factory.mktemp("troubled"), verdicts)


@pytest.fixture(scope="module")
def untroubled(tmp_path_factory):
    return of_two_stacks(tmp_path_factory.mktemp("untroubled"), {})


DRAWN = {  # figure → its drawing, values of Flask in it, trials of what it shows that are invalid
    "ratios": (lambda run: wt.throughput(run).figure("ratios"), 2, 2),
    "latency": (lambda run: wt.latency(run).figure(), 4, 4),
    "cost": (lambda run: wt.cost(run).figure(), 2, 2),
    "search": (lambda run: wt.search(run).figure(), 6, 2),
    "dashboard": (lambda run: wt.dashboard(run).figure(), 2, 2),
}


@pytest.mark.parametrize(("draw", "rings", "invalid"), DRAWN.values(), ids=DRAWN)
def test_suspect_values_are_ringed_and_invalid_trials_are_excluded(
    troubled, untroubled, draw, rings, invalid
):
    drawing, undisturbed = draw(troubled), draw(untroubled)

    assert _rings(drawing) == rings
    assert "Ringed: includes suspect trials." in drawing.caption
    assert f"{invalid} invalid trials are excluded." in drawing.caption
    assert _rings(undisturbed) == 0
    assert not any(word in undisturbed.caption for word in ("Ringed", "excluded"))


@pytest.mark.parametrize("name", ["distribution", "tail"])
def test_captions_of_curves_name_stacks_with_suspect_trials(troubled, untroubled, name):
    drawing = wt.latency(troubled).figure(name, "closed")

    assert "Includes suspect trials: Flask." in drawing.caption
    assert "2 invalid trials are excluded." in drawing.caption
    assert "uspect" not in wt.latency(untroubled).figure(name, "closed").caption


def _lines(axes):
    """What is drawn in a panel as curves: a frame's worth of points for each."""
    return [line.get_xydata() for line in axes.lines if len(line.get_xdata()) > 10]


def test_a_distribution_rises_from_the_fastest_to_all_that_were_answered(run):
    curves = latency.distribution(run, "100 users", ["user_detail"], ["flask"])
    drawing = latency_figures.draw_distribution(curves, distribution_figure_text(curves, 0))
    (points,) = _lines(drawing.figure.axes[0])
    trials = summary.measured(summary.trials_table(run)).query(
        "scenario == 'user_detail' and load == '100 users' and stack == 'flask'"
    )
    took_ms = summary.latencies(run, trials)["latency_ms"]

    for latency_ms, percent in points[::20]:
        assert 100 * (took_ms <= latency_ms).mean() == pytest.approx(percent, abs=0.5)


def test_a_tail_is_the_same_curve_turned_from_its_median_on(run):
    curves = latency.distribution(run, "100 users", ["user_detail"], ["flask"])
    here = (["user_detail"], "100 users", ["flask"])
    percentiles = latency.latency_against_load(run, (50, 90), *here)
    drawing = latency_figures.draw_tail(curves, percentiles, FigureText("a", "b", "c"))
    (points,) = _lines(drawing.figure.axes[0])
    slow = curves[curves["share_slower"] <= 0.5]

    assert points[:, 0].tolist() == slow["share_slower"].tolist()
    assert points[:, 1].tolist() == slow["latency_ms"].tolist()


def test_titles_of_distributions_and_tails_are_their_findings(run):
    curves = latency.distribution(run, "100 users", ["user_detail"])
    tenth = words_of_latency.at_share(curves, 0.1).sort_values("latency_ms")
    title = wt.latency(run).figure("distribution", "closed").title

    assert title.startswith("90 % of requests complete within ")
    assert distribution_figure_text(curves, 0).title.count(tenth["title"].iloc[0]) >= 1
    assert (
        wt.latency(run)
        .figure("tail", "open")
        .title.startswith("The slowest 10 % of requests take at least")
    )


def test_the_noise_floor_is_a_stack_over_itself_in_every_scenario(run, one_block):
    drawing = wt.validity(run).figure("noise_floor")
    floors = estimates.at_main_load(compare.noise_floors(run)).query("metric == 'throughput'")
    furthest = max(max(ratio, 1 / ratio) for ratio in floors["ratio"])

    assert f"Flask differs in requests per second by a factor of up to {furthest:.3g}" in (
        drawing.title
    )
    assert len(drawing.figure.axes) == floors["scenario"].nunique() == 3
    assert "Nothing to draw" in wt.validity(one_block).figure("noise_floor").text


def test_stacks_beside_the_others_have_a_figure_of_their_own(tmp_path):
    beside = {"user_detail": ["django-plain", "flask-raw", "fastapi-orm"]}
    run = synthetic_run(tmp_path, scenarios=("user_detail", "crud"), extra_stacks=beside)
    (all_of_them,) = wt.throughput(run).figure("all_stacks").drawings
    (costs,) = wt.cost(run).figure("all_stacks").drawings

    assert "Flask, raw SQL" not in wt.throughput(run).figure().alt
    assert "Flask, raw SQL" not in wt.cost(run).figure().alt
    for drawing in (all_of_them, costs):
        assert "Flask, raw SQL" in drawing.alt
        assert "crud" not in drawing.alt


def test_drawing_leaves_a_readers_settings_alone(run):
    before = dict(mpl.rcParams)
    _cost(run).svg()

    assert dict(mpl.rcParams) == before
