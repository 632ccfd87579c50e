"""Write all chapters as one HTML file that loads nothing from the network."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import mistune
from jinja2 import Environment
from markupsafe import Markup
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters import Highlight2HTML

from webtrial.publish.chapters import Chapter, Heading, anchor_within, plain_text
from webtrial.publish.front import CHECK, MATCHED, Front
from webtrial.publish.svg import Figure, colours_of_themes, figure_of, inline
from webtrial.results.base.figure_style import FONTS
from webtrial.system.folders import REPOSITORY

TEMPLATES = REPOSITORY / "report" / "templates"

Prose = Callable[[str], Markup]


def write_page(chapters: Sequence[Chapter], front: Front, path: Path) -> None:
    """Write the page of `chapters`, in this order, to `path`."""
    numbers = count(1)
    bodies = [_body(chapter, front, numbers) for chapter in chapters]
    page = environment().get_template("page.html.j2")
    text = page.render(
        front=front,
        check=CHECK,
        findings=[_finding(finding, front) for finding in front.findings],
        chapters=list(zip(chapters, bodies, strict=True)),
        values=Markup(json.dumps(front.values, ensure_ascii=False).replace("<", "\\u003c")),
        colours=Markup(colours_of_themes()),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _finding(finding: str, front: Front) -> Markup:
    """Return a finding as HTML. The finding about matched pairs becomes their table."""
    prose = prose_of(iter(()), _internal_address)
    if not finding.startswith(MATCHED) or not front.matched:
        return prose(finding)
    table = Markup('<div class="table" tabindex="0">{}</div>').format(
        Markup(replace(front.matched, caption="").html())
    )
    return prose(f"{MATCHED} {front.matched.caption}") + table


def environment() -> Environment:
    """Return the Jinja environment that finds the page's templates, style and script.

    It has the filters that they use.
    """
    jinja: Environment = _ChapterExporter({}).environment
    return jinja


class TemplateHTMLExporter(HTMLExporter):
    """Exports notebooks as HTML exactly as the template writes it.

    nbconvert would parse the HTML again to add alternative text to images. Ours already have it.
    """

    def from_notebook_node(self, nb: Any, resources: Any = None, **options: Any) -> Any:
        """Return the rendered notebook and the resources."""
        return TemplateExporter.from_notebook_node(self, nb, resources, **options)


class _ChapterExporter(TemplateHTMLExporter):
    """Exports notebooks as parts of the page."""

    def __init__(self, filters: dict[str, Callable[..., Any]]) -> None:
        highlighted = Highlight2HTML(pygments_lexer="python")  # type: ignore[no-untyped-call]
        all_filters = {"font": _font, "highlight_code": highlighted, **filters}
        super().__init__(  # type: ignore[no-untyped-call]
            template_name="page", extra_template_basedirs=[str(TEMPLATES)], filters=all_filters
        )

    def part(self, notebook: Any, front: Front) -> Markup:
        """Return the notebook's cells as HTML."""
        return Markup(self.from_notebook_node(notebook, {"front": front})[0])


def _font(name: str) -> Markup:
    """Return one of the project's fonts as a data URL."""
    kind = name.rsplit(".", 1)[1]
    return Markup(f"data:font/{kind};base64,{b64encode((FONTS / name).read_bytes()).decode()}")


def _body(chapter: Chapter, front: Front, numbers: "count[int]") -> Markup:
    prose = prose_of(iter(chapter.headings), _internal_address)
    filters = {"prose": prose, "shown": lambda output: _rendered(output, prose, numbers)}
    return _ChapterExporter(filters).part(_merge_silent_code(chapter.notebook), front)


def _merge_silent_code(notebook: Any) -> Any:
    """Return the notebook with the code of cells without output moved to the next with output."""
    folded = deepcopy(notebook)
    folded.cells = []
    pending: list[str] = []
    for cell in deepcopy(notebook.cells):
        if cell.cell_type == "code" and not cell.outputs:
            pending.append(cell.source)
        elif cell.cell_type == "code":
            cell.source = "\n\n".join([*pending, cell.source])
            pending = []
            folded.cells.append(cell)
        else:
            folded.cells.append(cell)
    return folded


def _rendered(output: Any, prose: Prose, numbers: "count[int]") -> Markup:
    """Return an output of a cell in the richest form that a page can show."""
    match output:
        case {"data": {"image/svg+xml": _}}:
            return _figure(figure_of(output), next(numbers))
        case {"data": {"text/html": html}}:
            return Markup('<div class="table" tabindex="0">{}</div>').format(Markup(html))
        case {"data": {"text/markdown": markdown}}:
            return prose(markdown)
    return Markup('<pre class="text-output">{}</pre>').format(plain_text(output))


def _figure(figure: Figure, number: int) -> Markup:
    name = f"figure-{number}"
    data = b64encode(figure.data.encode()).decode()
    return Markup(
        '<figure id="{0}"><div class="drawing" tabindex="0">{1}</div>'
        "<figcaption><b>Figure {2}.</b> {3}"
        ' <a class="data" download="{0}.csv" href="data:text/csv;base64,{4}">'
        "Data of figure {2} (CSV, {5} kB)</a></figcaption></figure>"
    ).format(
        name,
        Markup(inline(figure.svg, name, figure.alternative)),
        number,
        figure.caption,
        data,
        -(-len(figure.data) // 1000),
    )


def prose_of(headings: Iterator[Heading], map_address: Callable[[str], str]) -> Prose:
    """Return a function that converts Markdown to HTML and escapes raw HTML in it.

    Each heading gets its anchor from `headings` and moves one level down, because the page has a
    heading above all chapters. `map_address` maps the address of a link to the address on the page.
    """
    markdown = mistune.create_markdown(
        renderer=_Renderer(headings, map_address), plugins=["table", "strikethrough"]
    )
    return lambda text: Markup(markdown(text))


def _internal_address(address: str) -> str:
    """Return the place on the page for a link between notebooks; other addresses are unchanged."""
    anchor = anchor_within(address)
    return f"#{anchor}" if anchor else address


class _Renderer(mistune.HTMLRenderer):
    """Adds to headings the anchors that the table of contents links to, and lets tables scroll."""

    def __init__(self, headings: Iterator[Heading], map_address: Callable[[str], str]) -> None:
        super().__init__(escape=True)
        self._headings = headings
        self._map_address = map_address

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        heading = next(self._headings)
        return f'<h{level + 1} id="{heading.anchor}">{text}</h{level + 1}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, self._map_address(url), title)

    def table(self, text: str) -> str:
        return f'<div class="table" tabindex="0"><table>\n{text}</table></div>\n'
