"""The answer to one question about a run: its data, with figures, tables and sentences of it.

Each folder of `results/` holds one question, and its `__init__.py` a subclass of Result with the
function that makes it from a run. What a subclass shows stands in its folder, by name:

    figure.py   FIGURES: name → function of the result that draws
    text.py     TABLES and TEXTS: name → function of the result

They are imported when they are first asked for: who needs the numbers alone loads no matplotlib.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import pandas as pd

from webtrial.errors import ParameterError
from webtrial.results.base.display import Drawing, Prose, Table
from webtrial.run.store import Run

Shows = Mapping[str, Callable[..., Any]]


class Result:
    """What a question found in a run.

    `data` is the main DataFrame, whose columns the question's function documents. `figures`,
    `tables` and `texts` name what there is to show, the main one first. `limitations` say why
    something is missing or undecided.
    """

    def __init__(self, run: Run, data: pd.DataFrame, *missing: str) -> None:
        """`missing`: what the run lacks to answer the question, such as "no fan-out"."""
        self.run = run
        self.data = data
        self.missing = missing

    @property
    def figures(self) -> tuple[str, ...]:
        """The names of the figures."""
        return tuple(self._shows("figure", "FIGURES"))

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables."""
        return tuple(self._shows("text", "TABLES"))

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of the texts."""
        return tuple(self._shows("text", "TEXTS"))

    @property
    def limitations(self) -> tuple[str, ...]:
        """Why something is missing or undecided, a sentence each; none where nothing is."""
        said = [f"This run has {what}." for what in self.missing]
        if len(self.data) and "blocks" in self.data and (self.data["blocks"] <= 1).all():
            said.append("One block: no interval, no verdict.")
        elif "verdict" in self.data and (count := _undecided(self.data)):
            said.append(f"{count} of {len(self.data)} comparisons are not decided.")
        return tuple(said)

    def figure(self, name: str | None = None, **options: Any) -> Drawing | Prose:
        """A figure, by default the main one; in its place what the run lacks to draw it."""
        draw = self._chosen("figure", self._shows("figure", "FIGURES"), name)
        if self.missing:
            return Prose(f"*Nothing to draw: this run has {'; '.join(self.missing)}.*")
        drawn: Drawing | Prose = draw(self, **options)
        return drawn

    def table(self, name: str | None = None, **options: Any) -> Table | Prose:
        """A table, by default the main one; nothing where the run lacks what it shows."""
        make = self._chosen("table", self._shows("text", "TABLES"), name)
        made: Table | Prose = Prose("") if self.missing else make(self, **options)
        return made

    def text(self, name: str | None = None, **options: Any) -> Prose:
        """Sentences, by default the main ones; nothing where the run lacks what they tell."""
        tell = self._chosen("text", self._shows("text", "TEXTS"), name)
        told: Prose = Prose("") if self.missing else tell(self, **options)
        return told

    def to_csv(self) -> str:
        """`data` as CSV, numbers to six significant digits."""
        return self.data.to_csv(index=False, float_format="%.6g", lineterminator="\n")

    def __repr__(self) -> str:
        """What there is to ask of it."""
        kinds = {"figure": self.figures, "table": self.tables, "text": self.texts}
        shown = "; ".join(f"{kind}s {', '.join(names)}" for kind, names in kinds.items() if names)
        return f"{type(self).__name__} of {self.run.path.name}: {shown}"

    def _ipython_display_(self) -> None:
        """Sentences, the main figure and the main table, below one another."""
        from IPython.display import display  # noqa: PLC0415 - in notebooks alone

        ways = ((self.texts, self.text), (self.figures, self.figure), (self.tables, self.table))
        display(*(show() for names, show in ways if names))  # type: ignore[no-untyped-call]

    def _shows(self, module: str, kind: str) -> Shows:
        found = import_module(f"{type(self).__module__}.{module}")
        shows: Shows = getattr(found, kind, {})
        return shows

    def _chosen(self, kind: str, there: Shows, name: str | None) -> Callable[..., Any]:
        chosen = name if name is not None else next(iter(there), "")
        if chosen not in there:
            raise ParameterError(
                f"{type(self).__name__} has no {kind} {chosen!r}; there are {', '.join(there)}"
            )
        return there[chosen]


def _undecided(data: pd.DataFrame) -> int:
    return int((data["verdict"] == "inconclusive").sum())
