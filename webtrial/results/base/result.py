"""The answer to one question about a run: its data, with figures, tables and sentences.

Each folder of `results/` answers one question. Its `__init__.py` has a subclass of Result and the
function that creates it from a run. The folder's modules list by name what the subclass shows:

    figure.py   FIGURES: name → function of the result that draws
    text.py     TABLES and TEXTS: name → function of the result (TABLES in tables.py if many)

They are imported on first use, so code that needs only the numbers does not load matplotlib.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pandas as pd

from webtrial.errors import ParameterError
from webtrial.results.base.display import Drawings, FigureOrNote, Prose, Table, as_csv
from webtrial.results.base.figure_text import ONE_BLOCK
from webtrial.run.store import Run

Renderers = Mapping[str, Callable[..., Any]]


class Result:
    """The answer to a question about a run.

    `data` is the main DataFrame; the question's function documents its columns. `figures`, `tables`
    and `texts` are the names of what can be shown, the main one first. `limitations` state why
    something is missing or undecided.
    """

    MISSING_DATA = ""
    """What is missing from a run whose `data` are empty, such as "no closed load"."""

    def __init__(self, run: Run) -> None:
        """Prepare the answer for `run`; values are computed on first use."""
        self.run = run

    @property
    def data(self) -> pd.DataFrame:
        """The main DataFrame."""
        raise NotImplementedError

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures."""
        return tuple(self._renderers("figure", "FIGURES"))

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables."""
        return tuple(self._table_renderers())

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of the texts."""
        return tuple(self._renderers("text", "TEXTS"))

    @property
    def limitations(self) -> tuple[str, ...]:
        """Why something is missing or undecided, one sentence each; empty if nothing is."""
        data = self.data
        if data.empty:
            return (f"This run has {self.MISSING_DATA}.",) if self.MISSING_DATA else ()
        if "blocks" in data and (data["blocks"] <= 1).all():
            return (ONE_BLOCK,)
        undecided = int((data["verdict"] == "inconclusive").sum()) if "verdict" in data else 0
        return (f"{undecided} of {len(data)} verdicts are inconclusive.",) if undecided else ()

    def figure(
        self, name: str | None = None, *args: Any, **options: Any
    ) -> FigureOrNote | Drawings:
        """Return a figure, by default the main one.

        If it cannot be drawn, return a note that says which data are missing.
        """
        render = self._renderer("figure", self._renderers("figure", "FIGURES"), name)
        figure: FigureOrNote | Drawings = render(self, *args, **options)
        return figure

    def table(self, name: str | None = None, *args: Any, **options: Any) -> Table | Prose:
        """Return a table, by default the main one; prose instead if the data are missing."""
        render = self._renderer("table", self._table_renderers(), name)
        table: Table | Prose = render(self, *args, **options)
        return table

    def text(self, name: str | None = None, *args: Any, **options: Any) -> Prose:
        """Return sentences, by default the main ones; empty if the data are missing."""
        render = self._renderer("text", self._renderers("text", "TEXTS"), name)
        text: Prose = render(self, *args, **options)
        return text

    def to_csv(self) -> str:
        """Return `data` as CSV, with numbers to six significant digits."""
        return as_csv(self.data)

    def __repr__(self) -> str:
        """List the names of the figures, tables and texts."""
        kinds = {"figures": self.figures, "tables": self.tables, "texts": self.texts}
        listing = "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names)
        return f"{type(self).__name__}: {listing}"

    def _ipython_display_(self) -> None:
        """Display the main sentences, figure and table below one another."""
        from IPython.display import display  # noqa: PLC0415 - in notebooks alone

        main = ((self.texts, self.text), (self.figures, self.figure), (self.tables, self.table))
        display(*(render() for names, render in main if names))  # type: ignore[no-untyped-call]

    def _table_renderers(self) -> Renderers:
        return self._renderers("tables", "TABLES") or self._renderers("text", "TABLES")

    def _renderers(self, module: str, kind: str) -> Renderers:
        package = type(self).__module__
        if find_spec(f"{package}.{module}") is None:
            return {}
        renderers: Renderers = getattr(import_module(f"{package}.{module}"), kind, {})
        return renderers

    def _renderer(self, kind: str, known: Renderers, name: str | None) -> Callable[..., Any]:
        chosen = name if name is not None else next(iter(known), "")
        if chosen not in known:
            names = ", ".join(known) or "none"
            raise ParameterError(f"{type(self).__name__} has no {kind} {chosen!r}; known: {names}")
        return known[chosen]
