"""Read executed notebooks as the chapters of a report."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from webtrial.errors import PublishError

_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_FENCE_OR_HEADING = re.compile(r"^```[\s\S]*?^```|^(#{1,6}) +.+?(?= *$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in a chapter: level (1 is the chapter title), text and anchor."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Chapter:
    """An executed notebook. Every anchor in it starts with `slug`, which is
    `chapter-2-throughput-and-latency` for `2-throughput-and-latency.ipynb`."""

    slug: str
    notebook: Any
    headings: tuple[Heading, ...]

    @property
    def title(self) -> str:
        """The text of the first heading."""
        return self.headings[0].text

    @property
    def sections(self) -> list[Heading]:
        """The second-level headings, which the table of contents lists below the chapter."""
        return [heading for heading in self.headings if heading.level == 2]


def read_chapter(path: Path) -> Chapter:
    """Read the executed notebook at `path`.

    Raises PublishError if its first heading is missing or not of the first level.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    slug = f"chapter-{path.stem}"
    headings = tuple(_headings(slug, notebook.cells))
    if not headings or headings[0].level != 1:
        raise PublishError(f"{path.name}: the first heading must be a level-1 heading")
    return Chapter(slug, notebook, headings)


def _headings(slug: str, cells: Iterable[Any]) -> Iterator[Heading]:
    seen: dict[str, int] = {}
    for cell in cells:
        if cell.cell_type == "markdown":
            for marks, text in _HEADING.findall(_FENCE.sub("", cell.source)):
                anchor = slug if len(marks) == 1 else f"{slug}-{anchor_of(text)}"
                seen[anchor] = seen.get(anchor, 0) + 1
                unique = anchor if seen[anchor] == 1 else f"{anchor}-{seen[anchor]}"
                yield Heading(len(marks), text, unique)


def anchor_of(text: str) -> str:
    """Return `text` as part of an anchor: lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


_CHAPTER = re.compile(r"(?P<name>\d-[\w-]+)\.ipynb(?:#(?P<heading>\S+))?")


def anchor_within(address: str) -> str | None:
    """Return the anchor in the report for a link between notebooks (`2-name.ipynb#A-heading`).

    None for any other address.
    """
    match = _CHAPTER.fullmatch(address)
    if not match:
        return None
    heading = match["heading"]
    return f"chapter-{match['name']}" + (f"-{anchor_of(heading)}" if heading else "")


def with_anchors(source: str, headings: Iterator[Heading]) -> str:
    """Return the Markdown with each heading followed by its anchor, in pandoc's syntax."""
    return _FENCE_OR_HEADING.sub(
        lambda match: f"{match[0]} {{#{next(headings).anchor}}}" if match[1] else match[0], source
    )


def plain_text(output: Any) -> str:
    """Return the text of an output that is neither a figure, a table nor prose.

    Raises PublishError if the output has no text.
    """
    match output:
        case {"output_type": "error", "ename": name, "evalue": text}:
            return f"{name}: {text}"
        case {"output_type": "stream", "text": text} | {"data": {"text/plain": text}}:
            return str(text)
    raise PublishError(f"a report cannot show this output, which has no text: {output}")
