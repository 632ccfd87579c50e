"""The drawings that tell where differences come from: as `test_figures` has the others."""

from xml.etree import ElementTree

import pytest

import webtrial as wt
from tests.results.test_attribution import FROM_DJANGO, FROM_FLASK, added
from tests.results.test_figures import MOST_BYTES, only
from tests.synthetic_run import CLOSED, HELD, LATE, STOLEN, Truth, synthetic_run
from webtrial.results.attribution.estimate import WHOLE, decomposition, waterfall
from webtrial.results.attribution.figure import waterfall_figure
from webtrial.results.attribution.text import (
    attribution_sentence,
    attribution_text,
    corners_table,
    parts_table,
    waterfall_figure_text,
)
from webtrial.results.capacity import figure as capacity_figure
from webtrial.results.capacity.estimate import sweep
from webtrial.results.capacity.text import capacity_figure_text
from webtrial.results.connections.estimate import connections
from webtrial.results.connections.figure import held_figure
from webtrial.results.cost.request_time import request_time
from webtrial.results.cost.request_time_figure import request_time_figure
from webtrial.results.fan_out import fan_out
from webtrial.results.fan_out import figure as fan_out_figure
from webtrial.results.fan_out.estimate import median_ratios, pairs_in_turn, response_times
from webtrial.results.fan_out.text import figure_text
from webtrial.run.records import Load

pytestmark = pytest.mark.filterwarnings("error:constrained_layout not applied")

ASKING = ("django-fan-out", "flask-fan-out", "fastapi-in-turn", "fastapi-aiohttp")
MOVING = ("django-with-fastapi", "flask-to-fastapi-half", "flask-to-fastapi-end")
STACKS = tuple(dict.fromkeys([*FROM_DJANGO, *FROM_FLASK, *ASKING]))
EXTRA_STACKS = {
    "user_detail": (*FROM_DJANGO, *FROM_FLASK, *MOVING),
    "dashboard": ASKING,
    "fan_out": ASKING,
}
SCENARIOS = ("user_detail", "dashboard", "fan_out")
LOADS = (CLOSED, Load("closed", users=10), HELD)


def crossed(
    folder,
    noise=0.02,
    extra=EXTRA_STACKS["user_detail"],
    scenarios=SCENARIOS,
    loads=LOADS,
    **truth,
):
    stacks = dict.fromkeys([*STACKS, *extra])
    cpu_ms = {name: added(name) for name in stacks if name not in MOVING}
    cpu_ms |= dict.fromkeys(MOVING, 2.0)
    medians = {name: 5 * cost_ms for name, cost_ms in cpu_ms.items()}
    drawn = Truth(medians, noise=noise, cpu_ms=cpu_ms, **truth)
    places = {**EXTRA_STACKS, "user_detail": extra}
    return synthetic_run(folder, drawn, scenarios=scenarios, loads=loads, extra_stacks=places)


@pytest.fixture(scope="module")
def crossed_run(tmp_path_factory):
    return crossed(tmp_path_factory.mktemp("crossed"))


@pytest.fixture(scope="module")
def with_threads(tmp_path_factory):
    """A run in which FastAPI is measured with threads as well."""
    extra = [*EXTRA_STACKS["user_detail"], "fastapi-threads-plain"]
    folder = tmp_path_factory.mktemp("with_threads")
    return crossed(folder, extra=extra, scenarios=("user_detail",), loads=(CLOSED,))


FIGURES = {
    "from_django": lambda run: waterfall_figure(run, decomposition(run, "fastapi", "django")),
    "from_flask": lambda run: waterfall_figure(run, decomposition(run, "fastapi", "flask")),
    "request_time": lambda run: request_time_figure(run, request_time(run)),
    "fan_out": lambda run: fan_out(run).figure(),
    "capacity": lambda run: wt.capacity(run).figure().drawings[0],
    "connections": lambda run: held_figure(run, connections(run), 100.0),
    "migration": lambda run: wt.migration(run).figure(),
}


@pytest.fixture(scope="module")
def drawings(crossed_run):
    return {name: draw(crossed_run) for name, draw in FIGURES.items()}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_small_well_formed_and_carries_its_words(drawings, name):
    data, metadata = drawings[name]._repr_mimebundle_()
    picture = data["image/svg+xml"]

    assert len(picture) < MOST_BYTES
    assert picture.startswith("<svg")
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert "<text" in picture
    told = metadata["image/svg+xml"]
    assert all(len(text) > 20 for text in told.values())
    assert "nan" not in " ".join(told.values())


@pytest.mark.parametrize("name", only(FIGURES, "from_flask"))
def test_a_figure_is_the_same_each_time(crossed_run, drawings, name):
    assert FIGURES[name](crossed_run).svg() == drawings[name].svg()


def test_a_figure_is_drawn_for_each_scenario_with_a_sweep(crossed_run, run):
    assert len(wt.capacity(crossed_run).figure().drawings) == 2
    (absent,) = wt.capacity(run).figure().drawings
    assert (
        absent.text == "*Nothing to draw: this run has no scenario with more than one closed load.*"
    )


def test_missing_data_is_reported_in_place_of_a_figure(disturbed):
    without = decomposition(disturbed, "fastapi", "django-async")

    assert waterfall_figure(disturbed, without).text == f"*{without.limitation}*"
    assert "no fan-out" in fan_out(disturbed).figure().text


@pytest.mark.parametrize("baseline", ["django", "flask"])
def test_a_waterfall_goes_from_the_baselines_cost_to_the_stacks(crossed_run, baseline):
    found = decomposition(crossed_run, "fastapi", baseline)
    steps = waterfall(found)
    whole = found.parts.set_index("part").loc[WHOLE, "ratio"]

    assert steps["start_ms"].iloc[0] == pytest.approx(found.baseline_ms)
    assert steps["end_ms"].iloc[-1] == pytest.approx(found.baseline_ms * whole)
    assert steps["start_ms"].tolist()[1:] == pytest.approx(steps["end_ms"].tolist()[:-1])
    assert (steps["low_ms"] <= steps["end_ms"]).all()
    assert (steps["end_ms"] <= steps["high_ms"]).all()


def test_a_waterfall_shows_every_part_with_its_factor(crossed_run):
    found = decomposition(crossed_run, "fastapi", "flask")
    figure = waterfall_figure(crossed_run, found).figure
    (axes,) = figure.axes
    rows = [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()]
    factors = [text.get_text() for text in axes.texts]

    assert rows == ["Flask", *found.parts["part"][:-1], "FastAPI"]
    assert sum("÷" in factor or "×" in factor for factor in factors) == len(rows) - 2


def test_the_title_of_an_attribution_names_what_is_decided_the_largest_first(tmp_path):
    names, costs = ("fastapi-orm", "fastapi-psycopg", "fastapi-orm-psycopg", "fastapi"), {}
    costs |= {"fastapi-orm": 4.0, "fastapi-orm-psycopg": 8.0}
    costs |= {"fastapi": 1.0, "fastapi-psycopg": 2.0}
    truth = Truth(dict.fromkeys(names, 30.0), noise=0.0, cpu_ms=costs)
    run = synthetic_run(tmp_path, truth, window_s=0.2)
    title = waterfall_figure_text(decomposition(run, "fastapi", "fastapi-orm-psycopg")).title

    assert title == (
        "A request takes 8.0 times as much CPU time with FastAPI, ORM, psycopg as with FastAPI:"
        " ×\N{NO-BREAK SPACE}4.0 from data access and ×\N{NO-BREAK SPACE}2.0 from driver"
    )
    inverted = waterfall_figure_text(decomposition(run, "fastapi-orm-psycopg", "fastapi")).title
    assert inverted == title


def test_a_part_in_the_opposite_direction_is_named_separately(tmp_path):
    names = ("fastapi-orm", "fastapi-psycopg", "fastapi-orm-psycopg", "fastapi")
    costs = dict(zip(names, (8.0, 1.0, 4.0, 2.0), strict=True))
    truth = Truth(dict.fromkeys(names, 30.0), noise=0.0, cpu_ms=costs)
    run = synthetic_run(tmp_path, truth, window_s=0.2)
    title = waterfall_figure_text(decomposition(run, "fastapi", "fastapi-orm-psycopg")).title

    assert title.endswith(
        "2.0 times as much CPU time with FastAPI, ORM, psycopg as with FastAPI:"
        " ×\N{NO-BREAK SPACE}4.0 from data access; in the opposite direction"
        " ÷\N{NO-BREAK SPACE}2.0 from driver"
    )


def test_the_title_says_that_the_framework_was_changed_at_one_corner(with_threads):
    from_django, from_flask = (
        decomposition(with_threads, "fastapi", name) for name in ("django", "flask")
    )
    title = waterfall_figure_text(from_django).title
    threads = from_django.corners.set_index("concurrency").loc["threads", "ratio"]

    assert " from framework via async Django" in title
    assert title.endswith(
        f"; with threads on both sides ×\N{NO-BREAK SPACE}{1 / threads:.1f} from framework + server"
    )
    assert "concurrency with its server (one step)" in waterfall_figure_text(from_flask).title
    both = waterfall_figure_text(from_django).alt
    assert "shared by all paths: Django, async, raw SQL → FastAPI, psycopg, plain" in both
    assert "FastAPI, threads, plain over Django, raw SQL" in both
    assert "not an average over independent paths" in waterfall_figure_text(from_django).caption


def test_the_finding_gives_every_factor_its_interval(with_threads):
    text = attribution_sentence(decomposition(with_threads, "fastapi", "django"))

    assert text.count("(") == text.count("×") + text.count("÷") + 1  # the whole
    assert text.endswith(" from framework + server.")


def test_the_text_of_an_attribution_gives_no_percentages(with_threads):
    subjects = {"django": "All of them", "flask": "All others"}
    for baseline, subject in subjects.items():
        found = decomposition(with_threads, "fastapi", baseline)
        said = attribution_text(found).text
        table = parts_table(found)

        assert "%" not in said + table.caption + waterfall_figure_text(found).title
        assert "share" not in table.columns
        assert f"{subject} change the framework in one step" in said
        assert "not an average over independent paths" in said


def test_a_single_bundle_is_reported_as_inseparable(tmp_path):
    run = synthetic_run(tmp_path, Truth({"django": 80.0, "fastapi": 10.0}), window_s=0.2)
    found = decomposition(run, "fastapi", "django")

    assert waterfall_figure_text(found).title.endswith(
        "times as much CPU time with Django as with FastAPI; these factors cannot be separated"
        " here: framework, driver, concurrency with its server, serialisation and data access"
    )
    assert "not a mean over paths" in waterfall_figure_text(found).caption


def test_no_factor_is_named_twice_where_stacks_are_few(tmp_path):
    costs = {"django": 9.0, "django-plain": 6.0, "fastapi": 2.0}
    truth = Truth(dict.fromkeys(costs, 30.0), noise=0.0, cpu_ms=costs)
    run = synthetic_run(tmp_path, truth, window_s=0.2)
    title = waterfall_figure_text(decomposition(run, "fastapi", "django")).title

    assert title.count("serialisation") == 1
    assert "these factors cannot be separated here" in title


def test_a_difference_in_one_factor_says_so(tmp_path):
    costs = {"fastapi-orm": 3.0, "fastapi": 1.0}
    truth = Truth(dict.fromkeys(costs, 30.0), noise=0.0, cpu_ms=costs)
    run = synthetic_run(tmp_path, truth, window_s=0.2)

    assert waterfall_figure_text(decomposition(run, "fastapi", "fastapi-orm")).title == (
        "A request takes 3.0 times as much CPU time with FastAPI, ORM as with FastAPI; they differ"
        " only in data access"
    )


def test_corners_are_a_table_that_says_what_differs(with_threads):
    table = corners_table(decomposition(with_threads, "fastapi", "django"))

    assert [row[:3] for row in table.cells()] == [
        ["FastAPI, psycopg, plain / Django, async, raw SQL", "async", "the framework"],
        [
            "FastAPI, threads, plain / Django, raw SQL",
            "threads",
            "the framework and the server",
        ],
    ]
    alone = decomposition(with_threads, "fastapi", "fastapi-plain")
    assert corners_table(alone).text == ""


def test_the_title_of_an_undecided_difference_says_no_more(tmp_path):
    truth = Truth({"fastapi-orm": 30.0, "fastapi": 30.0}, noise=0.1)
    run = synthetic_run(tmp_path, truth, window_s=0.2)
    title = waterfall_figure_text(decomposition(run, "fastapi", "fastapi-orm")).title

    assert title == (
        "FastAPI and FastAPI, ORM are not shown to differ in CPU time per request (the interval"
        " covers 1)"
    )


def test_the_caption_states_excluded_paths_and_suspect_trials(crossed_run, tmp_path):
    caption = waterfall_figure_text(decomposition(crossed_run, "fastapi", "flask")).caption
    suspect = {(block, "fastapi"): [STOLEN] for block in (1, 2)}
    unsure = crossed(tmp_path, scenarios=("user_detail",), loads=(CLOSED,), verdicts=suspect)

    assert "mean over 4 paths" in caption
    assert "Excluded: 2 paths on which factors change together" in caption
    assert "Suspect" not in caption
    found = decomposition(unsure, "fastapi", "flask")
    assert "Suspect trials are included." in waterfall_figure_text(found).caption


def test_captions_count_the_excluded_trials(tmp_path):
    late = {(1, "flask", "user_detail"): [LATE]}
    run = crossed(tmp_path, scenarios=("user_detail",), loads=LOADS[:2], verdicts=late)

    assert "1 invalid trial is excluded." in request_time_figure(run, request_time(run)).caption
    assert "2 invalid trials are excluded." in wt.capacity(run).figure().drawings[0].caption


def test_figures_are_drawn_of_the_tables_that_they_are_given(crossed_run):
    table = response_times(crossed_run)
    said = figure_text(table, median_ratios(crossed_run, pairs_in_turn(crossed_run)))
    panels = fan_out_figure.draw(table, said).figure.axes

    assert [axes.get_title(loc="left") for axes in panels] == [
        f"each source takes {delay} ms" for delay in (0, 10, 50, 100)
    ]
    found = sweep(crossed_run, "dashboard")
    left, _ = capacity_figure.draw(found, capacity_figure_text(found, 0)).figure.axes
    drawn = [line.get_ydata() for line in left.lines if len(line.get_xdata()) == 2]
    flask = found[found["stack"] == "flask"].sort_values("users")["throughput_per_s"]
    assert any(list(each) == flask.tolist() for each in drawn)
