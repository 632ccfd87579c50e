"""How figures look: panels, hues, markers, labels; and tables and prose beside them."""

import pandas as pd
import pytest

from webtrial.results.base import figure_style as style
from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import FigureText
from webtrial.results.throughput import figure as throughput
from webtrial.stats import estimates

pytestmark = pytest.mark.filterwarnings("error:constrained_layout not applied")


def test_a_row_of_bars_is_equally_high_in_every_panel():
    figure, axes = style.packed_panels([3, 8, 3, 2], "Title")
    figure.draw_without_rendering()
    heights = [each.get_position().height for each in axes]

    assert heights[1] == max(heights)
    assert len({round(each.get_position().x0, 2) for each in axes}) == 2


def test_a_panel_with_more_rows_than_all_others_leaves_them_no_column_of_their_own():
    figure, axes = style.packed_panels([27, 7], "Title")
    figure.draw_without_rendering()

    assert len({round(each.get_position().x0, 2) for each in axes}) == 1


def test_a_block_of_a_stack_that_is_not_drawn_does_not_stretch_the_scale(run):
    table = estimates.at_main_load(estimates.throughput_table(run))
    slow = table[table["stack"] == "django"]
    drawing = throughput.draw(
        slow, estimates.block_values(run, "throughput_per_s"), FigureText("a", "b", "c")
    )

    assert drawing.figure.axes[0].get_xlim()[1] < 2 * slow["high"].max()


def test_stacks_of_a_framework_share_a_hue_and_differ_in_marker_and_line(run):
    look = style.looks(estimates.throughput_table(run))

    assert look["flask"].hue == look["flask-raw"].hue == "#0072B2"
    assert look["flask"].marker != look["flask-raw"].marker
    assert look["flask"].line != look["flask-raw"].line
    assert look["flask"].filled
    assert not look["flask-raw"].filled
    assert len({each.hue for each in look.values()}) == 3


def test_stacks_as_deployed_are_told_apart_without_colour(run):
    look = style.looks(estimates.throughput_table(run))
    deployed = [look[name] for name in ("django", "flask", "fastapi")]

    assert len({each.marker for each in deployed}) == len({each.dashes for each in deployed}) == 3
    assert all(each.filled for each in deployed)


def test_a_variant_looks_the_same_without_its_framework_as_deployed(run):
    table = estimates.throughput_table(run)
    alone = table[table["stack"] == "flask-raw"]

    assert style.looks(alone)["flask-raw"] == style.looks(table)["flask-raw"]


def test_labels_that_meet_are_pushed_apart_in_order():
    placed = style.space_labels([0.50, 0.51, 0.1], 0.1)

    assert placed[1] - placed[0] == pytest.approx(0.1, rel=0.01)
    assert placed[2] == 0.1


def test_a_table_escapes_what_it_is_given_and_formats_its_numbers():
    frame = pd.DataFrame(
        {"name": ["<b>|x_y", "plain"], "rate_per_s": [1234.567, float("nan")], "n": [10_000, 2]}
    )
    table = Table(frame, "A & B", columns={"name": "stack", "rate_per_s": "requests/s", "n": "n"})

    assert "&lt;b&gt;|x_y" in table.html()
    assert "<caption>A &amp; B</caption>" in table.html()
    assert '<td class="number">1,230</td>' in table.html()
    assert "| \\<b>\\|x\\_y | 1,230 | 10,000 |" in table.markdown()
    assert table.cells()[1] == ["plain", "–", "2"]
    assert table.markdown().endswith("\n: A & B")


def test_a_table_in_a_terminal_is_in_line_with_numbers_at_the_right():
    frame = pd.DataFrame({"name": ["a", "bcd"], "rate": [1000, 5]})

    assert Table(frame, "Rates").text() == "Rates\nname   rate\na     1,000\nbcd       5"


def test_a_table_shows_the_columns_it_is_told_in_its_own_formats():
    frame = pd.DataFrame({"a": [0.5], "b": ["hidden"]})
    table = Table(frame, columns={"a": "share"}, formats={"a": lambda share: f"{share:.0%}"})

    assert table.cells() == [["50%"]]
    assert "hidden" not in table.html()


def test_prose_is_markdown():
    assert Prose("**3** blocks")._repr_mimebundle_()[0]["text/markdown"] == "**3** blocks"
