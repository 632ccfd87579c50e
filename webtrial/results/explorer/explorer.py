"""Explore a run interactively: menus for the selection, and a figure and a table of it.

Without an open notebook there is no user to choose, so only the figure is displayed.
"""

import atexit
import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from html import escape
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd
from IPython.core.getipython import get_ipython
from ipywidgets import HTML, Button, Checkbox, Dropdown, HBox, Layout, Text, VBox

from webtrial.errors import ParameterError, WebtrialError
from webtrial.results.base.display import Drawing, FigureOrNote, Prose, Table
from webtrial.results.base.figure_defaults import drawing_from_defaults
from webtrial.results.base.formatting import percent
from webtrial.results.choosing.sliders import NOTEBOOK_SESSION
from webtrial.results.explorer.estimate import (
    Selection,
    measured_cells,
    requests_of,
    selected,
    statistics_of,
    with_units,
)
from webtrial.results.explorer.figure import FIGURES
from webtrial.run.store import RUNS, Run, open_run
from webtrial.stats.estimates import main_load

NAME = "selection"  # variable name of the selection in the notebook


def explore(run: Run) -> "Explorer":
    """Return menus over `run` and its neighbours: stacks, scenario, load, statistic and figure.

    `.frame` is the selection as a DataFrame, `.requests()` its requests, a row each, `.drawing` the
    figure, `.save("name.svg")` saves it. Without an open notebook only the figure is displayed.
    """
    explorer = Explorer(run)
    _exclude_from_collection()
    return explorer


class Explorer:
    """The menus of `explore`.

    `selection` is the state of the menus, `update_s` the time that the last change took until
    figure and table were updated.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.drawing: FigureOrNote = Prose("")
        self.frame = pd.DataFrame()
        self.update_s = 0.0
        self.menus = {name: _menu(name) for name in MENUS}
        _set_options(self.menus["run"], _run_names(run))
        _set_options(self.menus["figure"], list(FIGURES))
        self.stacks: dict[str, Checkbox] = {}
        self.file = Text("figure.svg", description="file", style=_LABELS)
        self.save_button = Button(description="Save the figure", tooltip="as .svg, .pdf or .png")
        self.send_button = Button(
            description=f"As `{NAME}`", tooltip="a DataFrame in this notebook"
        )
        self._boxes = HBox([], layout=Layout(flex_flow="row wrap"))
        self._picture, self._table, self._message = HTML(), HTML(), HTML()
        self._is_updating = False
        self.widget = self._layout()
        self._open(run)
        self._on_change()

    @property
    def selection(self) -> Selection:
        """The selection in the menus."""
        ticked = [name for name, box in self.stacks.items() if box.value and not box.disabled]
        chosen = {name: str(menu.value) for name, menu in self.menus.items()}
        return Selection(chosen["scenario"], chosen["load"], tuple(ticked), chosen["statistic"])

    @property
    def message(self) -> str:
        """The last message, as HTML."""
        return str(self._message.value)

    @property
    def table(self) -> Table:
        """The selection as a table for reading."""
        return Table(self.frame, columns=_columns(self.frame), formats=_FORMATS)

    def requests(self) -> pd.DataFrame:
        """Return the requests behind the selection, a row each, with a column `latency_ms`."""
        return requests_of(self.run, self.selection)

    def save(self, file: str | Path) -> Path:
        """Write the figure in the format of its suffix (.svg, .pdf, .png) and return the path.

        ParameterError for another suffix, or if there is no figure.
        """
        path = Path(file)
        if not isinstance(self.drawing, Drawing):
            raise ParameterError("no figure to save: tick a stack that was measured here")
        if path.suffix not in _SUFFIXES:
            raise ParameterError(
                f"{path}: unknown figure format {path.suffix!r}; known: {', '.join(_SUFFIXES)}"
            )
        if path.suffix == ".svg":
            path.write_text(self.drawing.svg(), encoding="utf-8")
        else:
            with drawing_from_defaults({"savefig.dpi": 200}):
                self.drawing.figure.savefig(path)
        return path

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        shown = self.widget if NOTEBOOK_SESSION in os.environ else self.drawing
        return shown._repr_mimebundle_(include=include, exclude=exclude)

    def _layout(self) -> VBox:
        for menu in self.menus.values():
            menu.observe(self._on_change, "value")
        self.save_button.on_click(partial(self._run_action, self._save))
        self.send_button.on_click(partial(self._run_action, self._send))
        menus = HBox([*self.menus.values()], layout=Layout(flex_flow="row wrap"))
        below = HBox([self.send_button, self.file, self.save_button])
        return VBox([menus, self._boxes, self._picture, self._table, below, self._message])

    def _on_change(self, _: Any = None) -> None:
        """Update the menus to the selection, show it, and record how long that took."""
        if self._is_updating:
            return
        started_s = perf_counter()
        with self._updating():
            if self.menus["run"].value != self.run.path.name:
                self._open(open_run(_folder(self.run, self.menus["run"].value)))
            self._update_menus()
            self._show()
        self.update_s = perf_counter() - started_s

    @contextmanager
    def _updating(self) -> Iterator[None]:
        """Suppress events from menus that are being set, and show errors as messages."""
        self._is_updating = True
        self._message.value = ""
        try:
            yield
        except WebtrialError as error:
            self._message.value = _as_message(str(error))
            self.menus["run"].value = self.run.path.name
        finally:
            self._is_updating = False

    def _open(self, run: Run) -> None:
        self.run, self._cells = run, measured_cells(run)
        first = run.manifest.parameters.stacks
        titles = self._cells.drop_duplicates("stack")
        self.stacks = {
            stack: Checkbox(stack in first, description=title, indent=False, layout=_BOX)
            for stack, title in zip(titles["stack"], titles["title"], strict=True)
        }
        for box in self.stacks.values():
            box.observe(self._on_change, "value")
        self._boxes.children = tuple(self.stacks.values())

    def _update_menus(self) -> None:
        _set_options(self.menus["scenario"], self._cells["scenario"].unique().tolist())
        cells = self._cells[self._cells["scenario"] == self.menus["scenario"].value]
        _set_options(
            self.menus["load"], cells["load"].unique().tolist(), preferred=_first_load(cells)
        )
        cells = cells[cells["load"] == self.menus["load"].value]
        kind = cells["load_kind"].iloc[0] if len(cells) else "closed"
        _set_options(self.menus["statistic"], statistics_of(str(kind)))
        for stack, box in self.stacks.items():
            box.disabled = stack not in set(cells["stack"])

    def _show(self) -> None:
        chosen = self.selection
        self.frame = pd.DataFrame()
        self.drawing = Prose("*Nothing to draw: tick a stack that was measured here.*")
        if chosen.stacks:
            table = selected(self.run, chosen)
            self.frame = with_units(table, chosen)
            self.drawing = FIGURES[str(self.menus["figure"].value)](self.run, chosen, table)
        self._picture.value = _picture(self.drawing)
        self._table.value = self.table.html() if len(self.frame) else ""

    def _run_action(self, action: Callable[[], str], _: Any) -> None:
        try:
            message = action()
        except (WebtrialError, OSError) as error:
            message = str(error)
        self._message.value = _as_message(message)

    def _save(self) -> str:
        return f"Figure saved as {self.save(self.file.value)}."

    def _send(self) -> str:
        shell = get_ipython()
        if shell is None:
            raise ParameterError("no notebook is open to receive the selection; use .frame")
        shell.user_ns[NAME] = self.frame
        rows, columns = self.frame.shape
        return f"`{NAME}` has {rows} rows and {columns} columns: {', '.join(self.frame.columns)}."


def response_times(run: Run) -> pd.DataFrame:
    """Return how long each change in `explore(run)` takes until figure and table are updated.

    Every menu is set to each of its choices in turn (the run menu to the next run and back), then
    every stack is ticked one by one. Columns: menu, choice, seconds.
    """
    explorer = explore(run)
    rows = []
    for name in ("scenario", "load", "statistic", "figure", "run"):
        menu = explorer.menus[name]
        others = [choice for choice in menu.options if choice != menu.value]
        for choice in [*(others[:1] if name == "run" else others), menu.value]:
            menu.value = choice
            rows.append((name, choice, explorer.update_s))
    for stack, box in explorer.stacks.items():
        if not box.disabled and not box.value:
            box.value = True
            rows.append(("stacks", stack, explorer.update_s))
    return pd.DataFrame(rows, columns=["menu", "choice", "seconds"])


def _exclude_from_collection() -> None:
    """Exclude existing objects from garbage collection, once.

    They are permanent. A scan of them takes 0.1 s, longer than any other step of an update.
    """
    gc.unfreeze()  # objects frozen by an earlier call may be garbage by now
    gc.collect()
    gc.freeze()


# Frozen objects would be reported as leaks when the interpreter exits.
atexit.register(gc.unfreeze)

MENUS = ("run", "scenario", "load", "statistic", "figure")
_SUFFIXES = (".svg", ".pdf", ".png")
_LABELS = {"description_width": "5.5em"}
_BOX = Layout(width="auto", margin="0 1.2em 0 0")


def _menu(name: str, options: list[str] | None = None) -> Dropdown:
    return Dropdown(options=options or [], description=name, style=_LABELS)


def _run_names(run: Run) -> list[str]:
    """Return the run first, then its neighbours and the runs in `data/runs/`, the newest first."""
    folders = {path.parent.name for place in (run.path.parent, RUNS) for path in _manifests(place)}
    return [run.path.name, *sorted(folders - {run.path.name}, reverse=True)]


def _manifests(folder: Path) -> Iterator[Path]:
    return folder.glob("*/manifest.json")


def _folder(run: Run, name: str) -> Path:
    neighbour = run.path.parent / name
    return neighbour if neighbour.is_dir() else RUNS / name


def _set_options(menu: Dropdown, options: list[str], preferred: str | None = None) -> None:
    """Set a menu's options; its value stays if it is among them."""
    chosen = menu.value
    if list(menu.options) != options:
        menu.options = options
        menu.value = chosen if chosen in options else preferred or next(iter(options), None)


def _first_load(cells: pd.DataFrame) -> str | None:
    """Return the main load of a scenario's rows of `measured_cells`."""
    return main_load(cells, "closed") or main_load(cells, "open")


def _picture(drawing: FigureOrNote) -> str:
    """Return the HTML of a figure with its alternative text.

    The background is white, whatever the theme.
    """
    if isinstance(drawing, Prose):
        return _as_message(drawing.text.strip("*"))
    return (
        '<div style="background: white; width: fit-content; max-width: 100%; overflow-x: auto"'
        f' role="img" aria-label="{escape(drawing.alt)}">{drawing.svg()}</div>'
    )


def _as_message(text: str) -> str:
    return f'<p role="status">{escape(text)}</p>' if text else ""


def _columns(frame: pd.DataFrame) -> dict[str, str]:
    """Return the columns for reading, without those that have the same value in every row."""
    hidden = ("scenario", "load_kind", "load", "stack", "framework")
    names = [str(name) for name in frame.columns if name not in hidden]
    return {name: name.replace("_", " ").replace("title", "stack") for name in names}


_FORMATS = {"error_fraction": percent, "dropped_fraction": percent}
