"""One page of all chapters: one file that loads nothing from the network."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import mistune
from markupsafe import Markup
from nbconvert import HTMLExporter

from webtrial.publish.chapters import Chapter, Heading, plain_text
from webtrial.publish.front import Front
from webtrial.publish.svg import figure_of, inline

TEMPLATES = Path(__file__).parent.parent.parent / "report" / "templates"

Prose = Callable[[str], Markup]


def write_page(chapters: Sequence[Chapter], front: Front, path: Path) -> None:
    """Write the page of `chapters`, in this order, to `path`."""
    numbers = count(1)
    bodies = [_body(chapter, numbers) for chapter in chapters]
    page = _exporter({}).environment.get_template("page.html.j2")
    text = page.render(
        front=front,
        chapters=list(zip(chapters, map(Markup, bodies), strict=True)),
        style=Markup((TEMPLATES / "page" / "page.css").read_text()),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _body(chapter: Chapter, numbers: "count[int]") -> str:
    prose = _prose(iter(chapter.headings))
    filters = {"prose": prose, "shown": lambda output: _shown(output, prose, numbers)}
    text, _ = _exporter(filters).from_notebook_node(_code_below(chapter.notebook))
    return str(text)


def _code_below(notebook: Any) -> Any:
    """The notebook with the code of cells that show nothing moved to the next that does."""
    folded = deepcopy(notebook)
    folded.cells = []
    silent: list[str] = []
    for cell in deepcopy(notebook.cells):
        if cell.cell_type == "code" and not cell.outputs:
            silent.append(cell.source)
        elif cell.cell_type == "code":
            cell.source = "\n\n".join([*silent, cell.source])
            silent = []
            folded.cells.append(cell)
        else:
            folded.cells.append(cell)
    return folded


def _exporter(filters: dict[str, Callable[..., Any]]) -> HTMLExporter:
    return HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="page", extra_template_basedirs=[str(TEMPLATES)], filters=filters
    )


def _shown(output: Any, prose: Prose, numbers: "count[int]") -> Markup:
    """What a cell said, in the richest form that a page can show."""
    match output:
        case {"data": {"image/svg+xml": _}}:
            return _figure(output, next(numbers))
        case {"data": {"text/html": html}}:
            return Markup('<div class="table" tabindex="0">{}</div>').format(Markup(html))
        case {"data": {"text/markdown": markdown}}:
            return prose(markdown)
    return Markup('<pre class="said">{}</pre>').format(plain_text(output))


def _figure(output: Any, number: int) -> Markup:
    figure = figure_of(output)
    drawing = inline(figure.svg, f"figure-{number}", figure.alternative)
    return Markup(
        '<figure id="figure-{0}"><div class="drawing">{1}</div>'
        "<figcaption><b>Figure {0}.</b> {2}</figcaption></figure>"
    ).format(number, Markup(drawing), figure.caption)


def _prose(headings: Iterator[Heading]) -> Prose:
    """Markdown to HTML, headings a level lower: the page has a heading above them all."""
    markdown = mistune.create_markdown(
        renderer=_Renderer(headings), plugins=["table", "strikethrough"]
    )
    return lambda text: Markup(markdown(text))


class _Renderer(mistune.HTMLRenderer):
    """Gives headings the anchors that the contents point to, and tables room to scroll."""

    def __init__(self, headings: Iterator[Heading]) -> None:
        super().__init__(escape=True)
        self._headings = headings

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        heading = next(self._headings)
        return f'<h{level + 1} id="{heading.anchor}">{text}</h{level + 1}>\n'

    def table(self, text: str) -> str:
        return f'<div class="table" tabindex="0"><table>\n{text}</table></div>\n'
