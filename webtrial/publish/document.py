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
from webtrial.publish.svg import figure_of, standalone
from webtrial.results.base.figure_style import FONTS
from webtrial.results.claims.references_text import sources_text
from webtrial.system.environment import base_environment

# Parsed as JupyterLab does: dollar signs, tildes and at signs in prose are literal.
MARKDOWN = (
    "markdown-tex_math_dollars-citations-subscript-superscript-smart-yaml_metadata_block"
    "-raw_tex-raw_html-raw_attribute-fancy_lists-example_lists-definition_lists+lists_without_preceding_blankline"
)
_FILTERS = ("figures.lua", "tables.lua", "chapters.lua")
_MAX_HEIGHT = 1.2  # height of a figure over the text width: its caption needs room below
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
            yield _with_internal_links(with_anchors(cell.source, headings))
        for output in cell.get("outputs", []):
            yield _rendered(output, folder, numbers)


def _rendered(output: Any, folder: Path, numbers: "count[int]") -> str:
    match output:
        case {"data": {"image/svg+xml": _}}:
            return _figure(output, folder, next(numbers))
        case {"data": {"text/markdown": markdown}}:
            return _with_internal_links(str(markdown))
    return _fenced(plain_text(output))


def _fenced(text: str) -> str:
    """Return `text` as a fenced block, with a fence longer than any run of backticks in it."""
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def _with_internal_links(markdown: str) -> str:
    """Return the Markdown with links between notebooks turned into links within the document."""

    def internal(match: re.Match[str]) -> str:
        anchor = anchor_within(match[1])
        return f"](#{anchor})" if anchor else match[0]

    return _LINK.sub(internal, markdown)


def _figure(output: Any, folder: Path, number: int) -> str:
    figure = figure_of(output)
    name = f"figure-{number}.svg"
    (folder / name).write_text(standalone(figure.svg), encoding="utf-8")
    alternative = figure.alternative.replace("\\", "\\\\").replace('"', '\\"')
    return (
        f'![{figure.caption}]({name}){{alt="{alternative}" width="{_width_share(figure.svg):.1%}"}}'
    )


def _width_share(svg: str) -> float:
    """Return the figure's share of the text width: 1, or less if it would be too tall."""
    size = _SIZE.search(svg)
    return min(1.0, _MAX_HEIGHT * float(size[1]) / float(size[2])) if size else 1.0


def _typst(markdown: str, front: Front, folder: Path) -> str:
    metadata = folder / "front.yaml"
    values = front.template_data() | {"sources": sources_text()}
    metadata.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    templates = TEMPLATES / "document"
    arguments = ["--template", str(templates / "report.typ"), "--metadata-file", str(metadata)]
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
        raise PublishError(f"typst could not compile the report: {error}") from None
