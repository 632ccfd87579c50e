"""The PDF: the same chapters, fonts inside, figures as vectors with alternative text."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import Destination

from webtrial.publish.chapters import Chapter, read_chapter
from webtrial.publish.document import write_document
from webtrial.publish.front import Front
from webtrial.publish.page import write_page
from webtrial.publish.report import chapter_names
from webtrial.publish.svg import Figure, figure_of
from webtrial.results.claims.references_text import sources_text


@pytest.fixture(scope="module")
def document(published: Path) -> PdfReader:
    return PdfReader(published / "report.pdf")


@pytest.fixture(scope="module")
def chapters(published: Path) -> list[Chapter]:
    return [read_chapter(published / "notebooks" / f"{name}.ipynb") for name in chapter_names()]


@pytest.fixture(scope="module")
def elements(document: PdfReader) -> list[Any]:
    """The document's structure: every element that it is tagged with."""
    return list(_below(document.trailer["/Root"]["/StructTreeRoot"]))


def _below(element: Any) -> Iterator[Any]:
    kids = element.get("/K", [])
    kids = kids.get_object() if hasattr(kids, "get_object") else kids
    for kid in kids if isinstance(kids, list) else [kids]:
        child = kid.get_object()
        if isinstance(child, dict) and "/S" in child:
            yield child
            yield from _below(child)


def _figures(chapters: list[Chapter]) -> list[Figure]:
    outputs = [
        output
        for chapter in chapters
        for cell in chapter.notebook.cells
        for output in cell.get("outputs", [])
    ]
    return [figure_of(output) for output in outputs if "image/svg+xml" in output.get("data", {})]


def _letters(text: str) -> str:
    """What is left of `text` whichever way its lines are broken and its words set off."""
    return re.sub(r"[\s*\-‐\u00ad\u2060`\\]", "", text)


def _bookmarks(outline: list[Any], level: int = 1) -> Iterator[tuple[int, Destination]]:
    for entry in outline:
        if isinstance(entry, list):
            yield from _bookmarks(entry, level + 1)
        else:
            yield level, entry


def _without_number(title: str) -> str:
    return re.sub(r"^\d+ ", "", title.strip())


def test_its_bookmarks_are_the_headings_of_all_chapters(
    document: PdfReader, chapters: list[Chapter]
) -> None:
    headings = [
        (each.level, _letters(each.text)) for chapter in chapters for each in chapter.headings
    ]
    found = [
        (level, _letters(_without_number(str(entry.title))))
        for level, entry in _bookmarks(document.outline)
    ]
    assert len(headings) > 20
    assert [entry for entry in found if entry != (1, "References")] == headings
    assert found[-1] == (1, "References")


def test_each_chapter_opens_a_page(document: PdfReader) -> None:
    pages = [
        document.get_destination_page_number(entry)
        for level, entry in _bookmarks(document.outline)
        if level == 1
    ]
    assert pages == sorted(set(pages))
    assert pages[0] >= 2  # after the title page and the contents


def test_the_title_page_carries_the_findings_the_machine_and_the_day(
    document: PdfReader, published_front: Front
) -> None:
    page = _letters(document.pages[0].extract_text())
    front = published_front
    assert front.findings
    for part in (front.title, front.subtitle, *front.findings, *front.facts):
        assert _letters(part) in page


def test_the_contents_name_each_chapter_with_the_page_that_it_is_on(
    document: PdfReader, chapters: list[Chapter]
) -> None:
    first = document.get_destination_page_number(next(_bookmarks(document.outline))[1])
    listed = _letters("".join(document.pages[page].extract_text() for page in range(1, first)))
    shown = {
        _letters(_without_number(str(entry.title))): document.get_destination_page_number(entry)
        for level, entry in _bookmarks(document.outline)
        if level == 1
    }
    for chapter in chapters:
        title = _letters(chapter.title)
        assert f"{title}{shown[title] + 1}" in re.sub(r"\.{2,}", "", listed)


def test_the_references_are_numbered_and_complete(document: PdfReader) -> None:
    *_, (_, last) = _bookmarks(document.outline)
    start = document.get_destination_page_number(last)
    text = _letters("".join(page.extract_text() for page in document.pages[start:]))
    for number, source in enumerate(sources_text(), 1):
        assert f"{number}.{_letters(source).replace('<', '').replace('>', '')}" in text


def test_its_fonts_are_embedded(document: PdfReader) -> None:
    fonts = {}
    for page in document.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            described = font.get_object()["/DescendantFonts"][0].get_object()
            fonts[described["/BaseFont"]] = described["/FontDescriptor"].get_object()
    assert any("Libertinus" in name for name in fonts)
    assert all({"/FontFile2", "/FontFile3"} & set(font) for font in fonts.values())


def test_it_conforms_to_pdf_ua(document: PdfReader) -> None:
    root = document.trailer["/Root"]
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert root["/MarkInfo"]["/Marked"]
    assert str(root["/Lang"]).startswith("en")


def test_every_figure_has_its_alternative_text_and_its_caption(
    elements: list[Any], chapters: list[Chapter]
) -> None:
    expected = _figures(chapters)
    assert len(expected) > 8
    said = [str(each["/Alt"]) for each in elements if each["/S"] == "/Figure" and "/Alt" in each]
    assert [_letters(text) for text in said] == [_letters(each.alternative) for each in expected]
    captions = [each for each in elements if each["/S"] == "/Caption"]
    assert len(captions) >= len(expected)


@pytest.mark.full
def test_figures_are_drawn_save_for_maps_of_many_cells(
    document: PdfReader, chapters: list[Chapter]
) -> None:
    maps = sum(figure.svg.count("<image") for figure in _figures(chapters))
    assert sum(len(page.images) for page in document.pages) == maps < len(_figures(chapters))


def test_every_table_has_a_head(elements: list[Any]) -> None:
    tables = [each for each in elements if each["/S"] == "/Table"]
    assert len(tables) > 10
    assert all(any(part["/S"] == "/TH" for part in _below(table)) for table in tables)


@pytest.mark.full
def test_the_same_run_makes_the_same_bytes(
    published_front: Front, published: Path, chapters: list[Chapter], tmp_path: Path
) -> None:
    write_document(chapters, published_front, tmp_path / "report.pdf")
    write_page(chapters, published_front, tmp_path / "index.html")
    for name in ("report.pdf", "index.html"):
        assert (tmp_path / name).read_bytes() == (published / name).read_bytes()
