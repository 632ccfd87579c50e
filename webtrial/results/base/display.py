"""Objects that notebooks display: figures, tables and prose, rendered for both HTML and PDF.

Every object provides its own MIME bundle, so the same cell output serves JupyterLab, the page and
the PDF. A figure's title, caption and alternative text are stored in the metadata of the output.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

import pandas as pd
import tabulate

from webtrial.results.base.formatting import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FONTS_DRAWN = "'Inter', 'DejaVu Sans'"
_FONTS_OF_PAGE = "'Inter', 'Helvetica Neue', 'Arial', sans-serif"

tabulate.MIN_PADDING = 0  # two more spaces in each column would make wide tables wider

Bundle = tuple[dict[str, str], dict[str, Any]]
Format = Callable[[Any], str]


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A figure with the frame from which it was drawn.

    `title` is its finding, `alt` describes what it shows, `caption` how to read it.
    """

    figure: "Figure"
    title: str
    alt: str
    caption: str
    data: pd.DataFrame

    def __post_init__(self) -> None:
        """Compute the layout once and freeze it.

        Each computation moves the layout slightly, and the last digits of its solver vary at
        random.
        """
        if (layout := self.figure.get_layout_engine()) is not None:
            layout.execute(self.figure)
        with _drawing_from_defaults({}):  # a user's settings may lay out all figures
            self.figure.set_layout_engine(None)
        for axes in self.figure.axes:
            left, bottom, width, height = axes.get_position().bounds
            position = (round(left, 5), round(bottom, 5), round(width, 5), round(height, 5))
            axes.set_position(position)

    def svg(self) -> str:
        """Return the figure as SVG, with the same bytes each time.

        Letters are searchable text; if their font is missing, other fonts replace it. Identifiers
        differ between drawings because a page contains many.
        """
        salt = hashlib.sha256(f"{self.title}\n{self.alt}".encode()).hexdigest()
        buffer = StringIO()
        with _drawing_from_defaults({"svg.hashsalt": salt, "svg.fonttype": "none"}):
            self.figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        return _minified(buffer.getvalue()).replace(_FONTS_DRAWN, _FONTS_OF_PAGE)

    def csv(self) -> str:
        """Return the data of the figure, with numbers to six significant digits."""
        return as_csv(self.data)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        metadata = {
            "title": self.title,
            "alt": self.alt,
            "caption": self.caption,
            "data": self.csv(),
        }
        return (
            {"image/svg+xml": self.svg(), "text/plain": f"{self.title}\n{self.alt}"},
            {"image/svg+xml": metadata},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A frame formatted for reading.

    `columns` selects and renames columns (all if empty). Numbers have three significant digits
    unless `formats`, keyed by the frame's own column names, says otherwise.
    """

    frame: pd.DataFrame
    caption: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, Format] = field(default_factory=dict)

    def html(self) -> str:
        """Return an HTML table; all values from the frame are escaped."""
        caption = f"<caption>{escape(self.caption)}</caption>" if self.caption else ""
        classes = [' class="number"' if numeric else "" for numeric in self._numeric()]
        head = "".join(
            f'<th scope="col"{style}>{escape(name)}</th>'
            for name, style in zip(self.names(), classes, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(
                f"<td{style}>{escape(cell)}</td>" for cell, style in zip(row, classes, strict=True)
            )
            + "</tr>"
            for row in self.cells()
        )
        return (
            f'<table class="webtrial">{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )

    def markdown(self) -> str:
        """Return a pipe table with pandoc's caption line; markup in cells is escaped."""
        rule = ["--:" if numeric else ":--" for numeric in self._numeric()]
        rows = [[_escaped(cell) for cell in row] for row in [self.names(), *self.cells()]]
        lines = [f"| {' | '.join(row)} |" for row in [rows[0], rule, *rows[1:]]]
        return "\n".join([*lines, *([f"\n: {_escaped(self.caption)}"] if self.caption else [])])

    def text(self) -> str:
        """Return aligned columns below the caption, for a terminal."""
        sides = ["right" if numeric else "left" for numeric in self._numeric()]
        lines = tabulate.tabulate(
            self.cells(), self.names(), "plain", disable_numparse=True, colalign=sides
        ).splitlines()
        return "\n".join([*([self.caption] if self.caption else []), *map(str.rstrip, lines)])

    def cells(self) -> list[list[str]]:
        """Return the texts of the body, row by row."""
        formatted = [self._column_text(name) for name in self._keys()]
        return [list(row) for row in zip(*formatted, strict=True)]

    def _keys(self) -> list[str]:
        return list(self.columns) or [str(name) for name in self.frame.columns]

    def names(self) -> list[str]:
        """Return the column headings."""
        return [self.columns.get(key, key.replace("_", " ")) for key in self._keys()]

    def _numeric(self) -> list[bool]:
        is_number = pd.api.types.is_numeric_dtype
        is_bool = pd.api.types.is_bool_dtype
        return [is_number(self.frame[key]) and not is_bool(self.frame[key]) for key in self._keys()]

    def _column_text(self, key: str) -> list[str]:
        cell_text = self.formats.get(key, _cell_text)
        return [cell_text(value) for value in self.frame[key].tolist()]

    def _repr_html_(self) -> str:
        return self.html()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        data = {
            "text/html": self.html(),
            "text/markdown": self.markdown(),
            "text/plain": self.markdown(),
        }
        return data, {"text/html": {"caption": self.caption}}


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown with computed numbers."""

    text: str

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Bundle:
        return {"text/markdown": self.text, "text/plain": self.text}, {}


@dataclass(frozen=True, slots=True, eq=False)
class Drawings:
    """Several figures, displayed below one another; empty if the run has nothing to draw."""

    drawings: Sequence[Drawing | Prose]

    def _ipython_display_(self) -> None:
        from IPython.display import display  # noqa: PLC0415 - in notebooks alone

        display(*self.drawings)  # type: ignore[no-untyped-call]


def as_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV, with numbers to six significant digits."""
    return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")


def _drawing_from_defaults(settings: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Import `figure_defaults`, which loads matplotlib, only where a figure is drawn."""
    from webtrial.results.base import figure_defaults  # noqa: PLC0415

    return figure_defaults.drawing_from_defaults(settings)


def concat_frames(**frames: pd.DataFrame) -> pd.DataFrame:
    """Concatenate the frames behind one figure; the column `drawn` names the source of each row."""
    return pd.concat(frames, names=["drawn"]).reset_index("drawn").reset_index(drop=True)


def _minified(svg: str) -> str:
    """Return the same SVG in two thirds of the bytes.

    Removes the prologue, comments and rotations by 0°, and rounds numbers within tags to hundredths
    of a point. Numbers that begin with 0 are kept because scales are among them.
    """
    svg = re.sub(r"<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", svg)
    svg = re.sub(r"<[^>]+>", lambda tag: _LONG_NUMBER.sub(r"\1", tag[0]), svg)
    return re.sub(r"\s*\n\s*", "\n", svg)


_LONG_NUMBER = re.compile(r"(?<![\w.#])(-?[1-9]\d*\.\d\d)\d+")


def _cell_text(value: Any) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return number(value, 3) if isinstance(value, float) else str(value)


def _escaped(text: str) -> str:
    for mark in ("\\", "|", "`", "*", "_", "<", "$", "["):
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", " ")


FigureOrNote = Drawing | Prose


def nothing_to_draw(missing: str) -> Prose:
    """Return the note that replaces a figure; `missing` begins with "no"."""
    return Prose(f"*Nothing to draw: this run has {missing}.*")
