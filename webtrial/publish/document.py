"""Write all chapters as one PDF: notebooks to Markdown, pandoc to Typst, Typst to PDF."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pypandoc
import typst
import yaml

from webtrial.errors import PublishError
from webtrial.publish.chapters import Chapter, anchor_within, plain_text, with_anchors
from webtrial.publish.front import Front
from webtrial.publish.page import TEMPLATES
from webtrial.publish.svg import figure_of, standing_alone
from webtrial.results.base.figure_style import FONTS
from webtrial.results.claims.references_text import sources_text
from webtrial.system.environment import base_environment

# Parsed as JupyterLab does: dollar signs, tildes and at signs in prose are literal.
MARKDOWN = (
    "markdown-tex_math_dollars-citations-subscript-superscript-smart-yaml_metadata_block"
    "-raw_tex-raw_html-raw_attribute-fancy_lists-example_lists-definition_lists+lists_without_preceding_blankline"
)
_FILTERS = ("figures.lua", "tables.lua", "chapters.lua")
_TALLEST = 1.2  # height of a figure over the text width: its caption needs room below
_LINK = re.compile(r"\]\((\S+?)\)")
_SIZE = re.compile(r'viewBox="\S+ \S+ (\S+) (\S+)"')


def write_document(chapters: Sequence[Chapter], front: Front, path: Path) -> None:
    """Write the PDF of `chapters`, in this order, to `path`.

    Raises PublishError if pandoc or Typst fails.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "report.typ"
        source.write_text(_typst(markdown_of(chapters, folder), front, folder), encoding="utf-8")
        _compile(source, front.made_at, path)


def markdown_of(chapters: Sequence[Chapter], folder: Path) -> str:
    """Return the chapters as Markdown without their code, and write the figures to `folder`."""
    numbers = count(1)
    return "\n\n".join(part for chapter in chapters for part in _parts(chapter, folder, numbers))


def _parts(chapter: Chapter, folder: Path, numbers: "count[int]") -> Iterator[str]:
    headings = iter(chapter.headings)
    for cell in chapter.notebook.cells:
        if cell.cell_type == "markdown":
            yield _led_within(with_anchors(cell.source, headings))
        for output in cell.get("outputs", []):
            yield _shown(output, folder, numbers)


def _shown(output: Any, folder: Path, numbers: "count[int]") -> str:
    match output:
        case {"data": {"image/svg+xml": _}}:
            return _figure(output, folder, next(numbers))
        case {"data": {"text/markdown": markdown}}:
            return _led_within(str(markdown))
    return _fenced(plain_text(output))


def _fenced(text: str) -> str:
    """Return `text` as a fenced block, with a fence longer than any run of backticks in it."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _led_within(markdown: str) -> str:
    """Return the Markdown with links between notebooks turned into links within the document."""

    def led(found: re.Match[str]) -> str:
        within = anchor_within(found[1])
        return f"](#{within})" if within else found[0]

    return _LINK.sub(led, markdown)


def _figure(output: Any, folder: Path, number: int) -> str:
    figure = figure_of(output)
    name = f"figure-{number}.svg"
    (folder / name).write_text(standing_alone(figure.svg), encoding="utf-8")
    alternative = figure.alternative.replace("\\", "\\\\").replace('"', '\\"')
    return f'![{figure.caption}]({name}){{alt="{alternative}" width="{_share(figure.svg):.1%}"}}'


def _share(svg: str) -> float:
    """Return the figure's share of the text width: 1, or less if it would be too tall."""
    size = _SIZE.search(svg)
    return min(1.0, _TALLEST * float(size[1]) / float(size[2])) if size else 1.0


def _typst(markdown: str, front: Front, folder: Path) -> str:
    described = folder / "front.yaml"
    told = front.described() | {"sources": sources_text()}
    described.write_text(yaml.safe_dump(told, allow_unicode=True), encoding="utf-8")
    templates = TEMPLATES / "document"
    arguments = ["--template", str(templates / "report.typ"), "--metadata-file", str(described)]
    arguments += [f"--lua-filter={templates / name}" for name in _FILTERS]
    arguments += ["--wrap=none", "--columns=10000", "--from", MARKDOWN, "--to", "typst"]
    # Replaces the user's folder of defaults, templates and filters.
    return _pandoc([*arguments, "--data-dir", str(folder)], markdown)


def _pandoc(arguments: list[str], text: str) -> str:
    """Convert `text` with the pandoc from our requirements, whichever pandoc is on the PATH.

    Raises PublishError if pandoc fails.
    """
    pandoc = Path(pypandoc.__file__).parent / "files" / "pandoc"
    done = subprocess.run(
        [str(pandoc), *arguments],
        input=text,
        env=base_environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise PublishError(f"pandoc could not convert the chapters: {done.stderr.strip()}")
    return done.stdout


def _compile(source: Path, made_at: datetime, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        typst.compile(
            source,
            output=path,
            font_paths=[FONTS],
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=int(made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise PublishError(f"typst could not set the report: {error}") from None
