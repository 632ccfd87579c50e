"""Executed notebooks as the chapters of a report, in their order."""

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
    """A heading of a chapter: its level (1 is the chapter's own), words and anchor."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True)
class Chapter:
    """An executed notebook. `slug` starts every anchor in it: `2-throughput-and-latency`."""

    slug: str
    notebook: Any
    headings: tuple[Heading, ...]

    @property
    def title(self) -> str:
        """The words of its first heading."""
        return self.headings[0].text

    @property
    def sections(self) -> list[Heading]:
        """What a list of contents shows below the chapter."""
        return [heading for heading in self.headings if heading.level == 2]


def read_chapter(path: Path) -> Chapter:
    """The executed notebook at `path`; PublishError where it has no first-level heading."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    slug = f"chapter-{path.stem}"
    headings = tuple(_headings(slug, notebook.cells))
    if not headings or headings[0].level != 1:
        raise PublishError(f"{path.name}: its first heading must be of the first level")
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
    """The words of `text` as part of an anchor: small letters and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


_CHAPTER = re.compile(r"(?P<name>\d-[\w-]+)\.ipynb(?:#(?P<heading>\S+))?")


def anchor_within(address: str) -> str | None:
    """Where in the report a link from one notebook to another leads, `2-name.ipynb#A-heading`, or
    None for any other address."""
    found = _CHAPTER.fullmatch(address)
    if not found:
        return None
    heading = found["heading"]
    return f"chapter-{found['name']}" + (f"-{anchor_of(heading)}" if heading else "")


def with_anchors(source: str, headings: Iterator[Heading]) -> str:
    """Markdown whose headings are followed by their anchors, as pandoc reads them."""
    return _FENCE_OR_HEADING.sub(
        lambda found: f"{found[0]} {{#{next(headings).anchor}}}" if found[1] else found[0], source
    )


def plain_text(output: Any) -> str:
    """What a cell said, where it is neither figure nor table nor prose."""
    match output:
        case {"output_type": "error", "ename": name, "evalue": text}:
            return f"{name}: {text}"
        case {"output_type": "stream", "text": text} | {"data": {"text/plain": text}}:
            return str(text)
    raise PublishError(f"a report cannot show {output}")
