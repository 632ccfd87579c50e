"""The answer to one question about a run: its data, with figures, tables and sentences of it.

Each folder of `results/` holds one question, and its `__init__.py` a subclass of Result with the
function that makes it from a run. What a subclass shows stands in its folder, by name:

    figure.py   FIGURES: name → function of the result that draws
    text.py     TABLES and TEXTS: name → function of the result (TABLES in tables.py if many)

They are imported when they are first asked for: who needs the numbers alone loads no matplotlib.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pandas as pd

from webtrial.errors import ParameterError
from webtrial.results.base.display import Drawing, Drawings, Prose, Table
from webtrial.run.store import Run

Shows = Mapping[str, Callable[..., Any]]
Shown = Drawing | Drawings | Prose


class Result:
    """What a question found in a run.

    `data` is the main DataFrame, whose columns the question's function documents. `figures`,
    `tables` and `texts` name what there is to show, the main one first. `limitations` say why
    something is missing or undecided.
    """

    LACKS = ""
    """What a run lacks whose `data` are empty, such as "no closed load"."""

    def __init__(self, run: Run) -> None:
        """The answer for `run`; what it takes to find it is computed when it is first asked for."""
        self.run = run

    @property
    def data(self) -> pd.DataFrame:
        """The main DataFrame."""
        raise NotImplementedError

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures."""
        return tuple(self._shows("figure", "FIGURES"))

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables."""
        return tuple(self._tables())

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of the texts."""
        return tuple(self._shows("text", "TEXTS"))

    @property
    def limitations(self) -> tuple[str, ...]:
        """Why something is missing or undecided, a sentence each; none where nothing is."""
        data = self.data
        if data.empty:
            return (f"This run has {self.LACKS}.",) if self.LACKS else ()
        if "blocks" in data and (data["blocks"] <= 1).all():
            return ("One block: no interval, no verdict.",)
        undecided = int((data["verdict"] == "inconclusive").sum()) if "verdict" in data else 0
        return (f"{undecided} of {len(data)} are not decided.",) if undecided else ()

    def figure(self, name: str | None = None, *about: Any, **options: Any) -> Shown:
        """A figure, by default the main one; in its place what the run lacks to draw it."""
        draw = self._chosen("figure", self._shows("figure", "FIGURES"), name)
        drawn: Shown = draw(self, *about, **options)
        return drawn

    def table(self, name: str | None = None, *about: Any, **options: Any) -> Table | Prose:
        """A table, by default the main one; empty prose where the run lacks what it shows."""
        make = self._chosen("table", self._tables(), name)
        made: Table | Prose = make(self, *about, **options)
        return made

    def text(self, name: str | None = None, *about: Any, **options: Any) -> Prose:
        """Sentences, by default the main ones; empty where the run lacks what they tell."""
        tell = self._chosen("text", self._shows("text", "TEXTS"), name)
        told: Prose = tell(self, *about, **options)
        return told

    def to_csv(self) -> str:
        """`data` as CSV, numbers to six significant digits."""
        return self.data.to_csv(index=False, float_format="%.6g", lineterminator="\n")

    def __repr__(self) -> str:
        """What there is to ask of it."""
        kinds = {"figures": self.figures, "tables": self.tables, "texts": self.texts}
        shown = "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names)
        return f"{type(self).__name__}: {shown}"

    def _ipython_display_(self) -> None:
        """Sentences, the main figure and the main table, below one another."""
        from IPython.display import display  # noqa: PLC0415 - in notebooks alone

        ways = ((self.texts, self.text), (self.figures, self.figure), (self.tables, self.table))
        display(*(show() for names, show in ways if names))  # type: ignore[no-untyped-call]

    def _tables(self) -> Shows:
        return self._shows("tables", "TABLES") or self._shows("text", "TABLES")

    def _shows(self, module: str, kind: str) -> Shows:
        package = type(self).__module__
        if find_spec(f"{package}.{module}") is None:
            return {}
        shows: Shows = getattr(import_module(f"{package}.{module}"), kind, {})
        return shows

    def _chosen(self, kind: str, there: Shows, name: str | None) -> Callable[..., Any]:
        chosen = name if name is not None else next(iter(there), "")
        if chosen not in there:
            raise ParameterError(
                f"{type(self).__name__} has no {kind} {chosen!r}; there are {', '.join(there)}"
            )
        return there[chosen]
