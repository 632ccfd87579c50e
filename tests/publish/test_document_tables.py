"""Tables of the PDF: no column beyond the page's edge, however many there are."""

import re

import pytest

from webtrial.publish.document import MARKDOWN, _pandoc
from webtrial.publish.page import TEMPLATES

PRINTED_PT, TURNED_PT = 453.6, 692.9  # A4 without its margins


def _converted(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    markdown = "\n".join(f"| {' | '.join(row)} |" for row in lines) + "\n\n: What it shows\n"
    filters = [f"--lua-filter={TEMPLATES / 'document' / 'tables.lua'}"]
    extra = [*filters, "--wrap=none", "--columns=10000", "--from", MARKDOWN, "--to", "typst"]
    return _pandoc(extra, markdown)


def _widths(typst: str) -> list[float]:
    found = re.search(r"sheet\([\d.]+pt, \(([^)]*)\)", typst)
    assert found
    return [float(width) for width in re.findall(r"([\d.]+)pt", found[1])]


@pytest.mark.parametrize("columns", [1, 5, 14, 25])
def test_columns_fit_what_is_printed(columns: int) -> None:
    text = _converted(["stack"] * columns, [["1,234.5"] * columns] * 3)
    assert len(_widths(text)) == columns
    assert sum(_widths(text)) <= (TURNED_PT if "#landscape-sheet" in text else PRINTED_PT)


def test_a_table_that_no_letters_make_fit_is_turned() -> None:
    narrow = _converted(["stack"] * 3, [["Flask, raw SQL"] * 3])
    wide = _converted(["requests"] * 14, [["3.2 (2.4–4.1)"] * 14])
    assert "#sheet" in narrow
    assert "#landscape-sheet" in wide


def test_long_texts_are_broken_and_short_ones_stay_whole() -> None:
    text = _converted(["pair", "because"], [["Flask / Django", "too few blocks are left " * 12]])
    short, long = _widths(text)
    assert 60 < short < 120 < long
    assert sum(_widths(text)) <= PRINTED_PT


def test_figures_stand_at_the_right_and_words_at_the_left() -> None:
    text = _converted(["stack", "ratio", "ms"], [["Flask", "0.92 (0.64–1.32)", "–"]])
    assert "(left, right, right,)" in text


def test_the_head_is_apart_from_the_rows_and_marks_mean_themselves() -> None:
    text = _converted(["a #1", 'b "two"'], [["*x*", "$5 \\_"]])
    assert r'("a #1", "b \"two\"",)' in text
    assert '([#emph[x]], "$5 _",)' in text
    assert "[What it shows]" in text
