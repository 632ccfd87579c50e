"""Figures of an executed notebook, made fit to stand beside each other on one page."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

SVG = "image/svg+xml"

_BEFORE = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_ROOT = re.compile(r"<svg\b([^>]*)>")
_OWN = re.compile(r'\s(?:id|role|aria-label|width|height|xmlns:\w+|version)="[^"]*"')
_ID = re.compile(r'(\bid="|\bhref="#|url\(#)([^")]+)')
_COORDINATES = re.compile(r'(\s(?:d|x|y|points)=")([^"]*)')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with the words that belong to it."""

    svg: str
    title: str
    caption: str
    alternative: str


def figure_of(output: Any) -> Figure:
    """The figure in an output that carries one; words that it lacks are empty."""
    words = output.get("metadata", {}).get(SVG, {})
    svg = output["data"][SVG]
    return Figure(
        "".join(svg),
        words.get("title", ""),
        words.get("caption", ""),
        words.get("alt", ""),
    )


def standing_alone(svg: str) -> str:
    """The drawing as a file of its own, without the note on who drew it."""
    return _METADATA.sub("", svg)


def inline(svg: str, prefix: str, alternative: str) -> str:
    """The drawing as an element of a page: no prolog, no metadata, its ids its own, coordinates
    to a hundredth of a point, its size left to the style sheet, named by its alternative text."""
    text = _METADATA.sub("", _BEFORE.sub("", svg))
    text = _ID.sub(lambda found: f"{found[1]}{prefix}-{found[2]}", text)
    text = _COORDINATES.sub(lambda found: found[1] + _rounded(found[2]), text)
    text = text.replace("xlink:href", "href")
    named = f'<svg role="img" aria-label="{escape(alternative)}"'
    return _ROOT.sub(lambda found: f"{named}{_OWN.sub('', found[1])}>", text, count=1)


def _rounded(coordinates: str) -> str:
    return _NUMBER.sub(lambda found: f"{float(found[0]):.2f}", coordinates)
