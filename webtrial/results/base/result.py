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
from webtrial.results.base.display import Drawings, Prose, Shown, Table, as_csv
from webtrial.run.store import Run

Shows = Mapping[str, Callable[..., Any]]


class Result:
    """The answer to a question about a run.

    `data` is the main DataFrame; the question's function documents its columns. `figures`, `tables`
    and `texts` are the names of what can be shown, the main one first. `limitations` state why
    something is missing or undecided.
    """

    LACKS = ""
    """What a run lacks if its `data` are empty, such as "no closed load"."""

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
        """Why something is missing or undecided, one sentence each; empty if nothing is."""
        data = self.data
        if data.empty:
            return (f"This run has {self.LACKS}.",) if self.LACKS else ()
        if "blocks" in data and (data["blocks"] <= 1).all():
            return ("One block: no interval, no verdict.",)
        undecided = int((data["verdict"] == "inconclusive").sum()) if "verdict" in data else 0
        return (f"{undecided} of {len(data)} are not decided.",) if undecided else ()

    def figure(self, name: str | None = None, *about: Any, **options: Any) -> Shown | Drawings:
        """Return a figure, by default the main one.

        If it cannot be drawn, return a message that says what the run lacks.
        """
        draw = self._chosen("figure", self._shows("figure", "FIGURES"), name)
        drawn: Shown | Drawings = draw(self, *about, **options)
        return drawn

    def table(self, name: str | None = None, *about: Any, **options: Any) -> Table | Prose:
        """Return a table, by default the main one; prose instead if the run lacks the data."""
        make = self._chosen("table", self._tables(), name)
        made: Table | Prose = make(self, *about, **options)
        return made

    def text(self, name: str | None = None, *about: Any, **options: Any) -> Prose:
        """Return sentences, by default the main ones; empty if the run lacks the data."""
        tell = self._chosen("text", self._shows("text", "TEXTS"), name)
        told: Prose = tell(self, *about, **options)
        return told

    def to_csv(self) -> str:
        """Return `data` as CSV, with numbers to six significant digits."""
        return as_csv(self.data)

    def __repr__(self) -> str:
        """List the names of the figures, tables and texts."""
        kinds = {"figures": self.figures, "tables": self.tables, "texts": self.texts}
        shown = "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds.items() if names)
        return f"{type(self).__name__}: {shown}"

    def _ipython_display_(self) -> None:
        """Display the main sentences, figure and table below one another."""
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
