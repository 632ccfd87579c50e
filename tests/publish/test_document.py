"""The PDF: the same chapters, fonts inside, figures as vectors with alternative text."""

import re
import zlib
from pathlib import Path

import pytest

from webtrial.publish.chapters import Chapter, read_chapter
from webtrial.publish.document import write_document
from webtrial.publish.front import front_of
from webtrial.publish.page import write_page
from webtrial.publish.report import chapter_names
from webtrial.runs import open_run


@pytest.fixture(scope="module")
def content(published: Path) -> bytes:
    return _unpacked((published / "report.pdf").read_bytes())


@pytest.fixture(scope="module")
def chapters(published: Path) -> list[Chapter]:
    return [read_chapter(published / "notebooks" / f"{name}.ipynb") for name in chapter_names()]


def _unpacked(pdf: bytes) -> bytes:
    """The file with its compressed streams beside it in plain."""
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(parts)


def _as_written(text: str) -> tuple[bytes, bytes]:
    return text.encode(), text.encode("utf-16-be")


def test_it_has_the_headings_of_all_chapters(content: bytes, chapters: list[Chapter]) -> None:
    headings = [each.text for chapter in chapters for each in chapter.headings]
    assert len(headings) > 20
    missing = [
        text
        for text in headings
        if not any(form in content for form in _as_written(text.replace("*", "")))
    ]
    assert missing == []


def test_its_fonts_are_embedded(content: bytes) -> None:
    fonts = set(re.findall(rb"/FontName ?/([A-Z]{6}\+[\w-]+)", content))
    assert any(b"Libertinus" in name for name in fonts)
    described = len(re.findall(rb"/Type ?/FontDescriptor", content))
    assert described == len(re.findall(rb"/FontFile[23]? ", content)) > 0


def test_it_conforms_to_pdf_ua_and_its_figures_have_alternative_text(
    content: bytes, chapters: list[Chapter]
) -> None:
    assert b"pdfuaid:part" in content
    figures = sum(
        "image/svg+xml" in output.get("data", {})
        for chapter in chapters
        for cell in chapter.notebook.cells
        for output in cell.get("outputs", [])
    )
    assert figures > 8
    assert len(re.findall(rb"/Alt ?[(<]", content)) >= figures


def test_the_same_run_makes_the_same_bytes(
    run_path: Path, published: Path, chapters: list[Chapter], tmp_path: Path
) -> None:
    front = front_of(open_run(run_path))
    write_document(chapters, front, tmp_path / "report.pdf")
    write_page(chapters, front, tmp_path / "index.html")
    for name in ("report.pdf", "index.html"):
        assert (tmp_path / name).read_bytes() == (published / name).read_bytes()
