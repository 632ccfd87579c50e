"""Write each executed notebook as an HTML page with prose, code and outputs.

A page loads nothing from the network.
"""

import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.filters import Highlight2HTML

from webtrial.publish.chapters import Chapter, plain_text
from webtrial.publish.page import TEMPLATES, TemplateHTMLExporter, prose_of
from webtrial.publish.svg import colours_of_themes, figure_of, inline

_TO_NOTEBOOK = re.compile(r'(<a href="\d-[\w-]+)\.ipynb(?=#)')  # link between notebooks
_SLUG_PREFIX = "chapter-"  # the start of a chapter's slug


def write_notebook_pages(chapters: Sequence[Chapter], folder: Path) -> None:
    """Write `<name>.html` for each chapter to `folder`, which holds the notebooks."""
    notebooks = [(_name(chapter), chapter.title) for chapter in chapters]
    rules = (TEMPLATES / "notebook" / "notebook.css").read_text(encoding="utf-8")
    style = f":root {{ {colours_of_themes()}; }}\n{rules}"
    for chapter in chapters:
        data = {
            "name": _name(chapter),
            "title": chapter.title,
            "notebooks": notebooks,
            "style": style,
        }
        text, _ = _exporter().from_notebook_node(chapter.notebook, {"webtrial": data})
        (folder / f"{_name(chapter)}.html").write_text(
            _TO_NOTEBOOK.sub(r"\1.html", text), encoding="utf-8"
        )


def _name(chapter: Chapter) -> str:
    return chapter.slug.removeprefix(_SLUG_PREFIX)


def _exporter() -> TemplateHTMLExporter:
    numbers = count(1)
    return TemplateHTMLExporter(
        template_name="notebook",
        extra_template_basedirs=[str(TEMPLATES)],
        filters={
            "shown": lambda output: _rendered(output, numbers),
            "highlight_code": Highlight2HTML(pygments_lexer="python"),  # type: ignore[no-untyped-call]
        },
    )


def _rendered(output: Any, numbers: "count[int]") -> str:
    """Return an output of a cell in the richest form that a page can show."""
    match output:
        case {"data": {"image/svg+xml": _}}:
            return _figure(output, next(numbers))
        case {"data": {"text/html": html}}:
            return Markup('<div class="table" tabindex="0">{}</div>').format(Markup(html))
        case {"data": {"text/markdown": markdown}}:
            return prose_of(iter(()), _page_address)(markdown)
    return Markup('<pre class="text-output">{}</pre>').format(plain_text(output))


def _page_address(address: str) -> str:
    """Return the address of the page for a link to a notebook; other addresses are unchanged."""
    return re.sub(r"^(\d-[\w-]+)\.ipynb\b", r"\1.html", address)


def _figure(output: Any, number: int) -> str:
    figure = figure_of(output)
    drawing = inline(figure.svg, f"figure-{number}", figure.alternative)
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(
        Markup(drawing), figure.caption
    )
