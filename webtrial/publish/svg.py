"""Prepare the figures of executed notebooks so that many of them can share one page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from matplotlib.colors import to_hex, to_rgb

from webtrial.results.base.figure_style import FAINT, GREY, HUES, INK, MUTED, SPARE_HUES, darkened

SVG = "image/svg+xml"

_BEFORE = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_ROOT = re.compile(r"<svg\b([^>]*)>")
_REPLACED = re.compile(r'\s(?:id|role|aria-label|width|height|xmlns:\w+|version)="[^"]*"')
_ID = re.compile(r'(\bid="|\bhref="#|url\(#)([^")]+)')
_UNNAMED = re.compile(r'<g id="[^"]*">')
_COORDINATES = re.compile(r'(\s(?:d|x|y|points)=")([^"]*)')
_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_FONT = re.compile(r"font-family: [^;\"]*;? ?")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as SVG, with its title, caption, alternative text and its data as CSV."""

    svg: str
    title: str
    caption: str
    alternative: str
    data: str


def figure_of(output: Any) -> Figure:
    """Return the figure in a cell's output. Missing texts are empty."""
    metadata = output.get("metadata", {}).get(SVG, {})
    texts = (metadata.get(name, "") for name in ("title", "caption", "alt", "data"))
    return Figure("".join(output["data"][SVG]), *texts)


def standalone(svg: str) -> str:
    """Return the SVG for a file of its own, without the metadata on its creator."""
    return _METADATA.sub("", svg)


def inline(svg: str, prefix: str, alternative: str) -> str:
    """Return the SVG as an element of an HTML page.

    It has no prolog and no metadata, its ids start with `prefix`, its coordinates are rounded to a
    tenth of a point, and `alternative` is its label. The style sheet sets its size, its font and
    the colours of `colours_of_themes`.
    """
    text = _UNNAMED.sub("<g>", _METADATA.sub("", _BEFORE.sub("", svg)))
    text = _ID.sub(lambda match: f"{match[1]}{prefix}-{match[2]}", text)
    text = _COORDINATES.sub(lambda match: match[1] + _rounded(match[2]), text)
    text = _COLOUR.sub(lambda match: _variable(match[0]), text)
    text = _FONT.sub("", text.replace("xlink:href", "href"))
    start = f'<svg role="img" aria-label="{escape(alternative)}"'
    return _ROOT.sub(lambda match: f"{start}{_REPLACED.sub('', match[1])}>", text, count=1)


def colours_of_themes() -> str:
    """Return CSS declarations: a variable with a light and a dark variant for each themed colour.

    Themed are the colours of the figures that would be hard to see on a dark background.
    """
    pairs = (
        f"--c{on_white[1:]}: light-dark({on_white}, {on_black})" for on_white, on_black in _PAIRS
    )
    return "; ".join(pairs)


def _pairs() -> Iterator[tuple[str, str]]:
    yield from ((INK, "#e3e6ea"), (MUTED, "#b4bcc6"), (GREY, "#8f97a2"), (FAINT, "#30363f"))
    yield "#ffffff", "#15181c"
    for hue in dict.fromkeys((*HUES.values(), *SPARE_HUES)):
        yield to_hex(darkened(hue)), to_hex(_lightened(hue))


def _lightened(hue: str) -> tuple[float, float, float]:
    red, green, blue = (0.6 * part + 0.4 for part in to_rgb(hue))
    return red, green, blue


_PAIRS = tuple(_pairs())
_THEMED = frozenset(on_white for on_white, _ in _PAIRS)


def _variable(colour: str) -> str:
    return f"var(--c{colour[1:]})" if colour in _THEMED else colour


def _rounded(coordinates: str) -> str:
    return _NUMBER.sub(lambda match: f"{float(match[0]):.1f}".removesuffix(".0"), coordinates)
