"""Show the progress of a run in a notebook, in a terminal or in a log.

The experiment reports its progress as events (`{"event": "trial", "done": 12, …}`). `Progress`
accumulates them. Each view below displays a `Progress` and is called with each event.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from threading import Event, Thread
from typing import Any, TextIO

import psutil
import rich.progress
from IPython.display import DisplayHandle
from rich.console import Console
from rich.progress import BarColumn, TextColumn

from webtrial.system.output import discard

PROGRESS_FILE = "WEBTRIAL_PROGRESS"  # names a file to which the events are written, one per line

View = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class Progress:
    """State of a run, accumulated from its events."""

    done: int = 0
    total: int = 0
    activity: str = "starting"
    seconds_left: float | None = None
    verdicts: dict[str, int] = field(default_factory=dict)

    def update(self, event: dict[str, Any]) -> None:
        """Update the state with one event."""
        match event:
            case {"event": "step", "text": text}:
                self.activity = text
            case {"event": "plan", "trials": trials}:
                self.total = trials
            case {"event": "trial"}:
                self._trial(event)
            case {"event": "verdict", "verdict": verdict}:
                self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
            case {"event": "end", "state": state}:
                self.activity, self.seconds_left = state, None
                self.done = self.total if state == "finished" else self.done

    def _trial(self, event: dict[str, Any]) -> None:
        attempt = f", attempt {event['attempt']}" if event["attempt"] > 1 else ""
        self.done, self.total = event["done"], event["of"]
        self.seconds_left = event.get("seconds_left")
        block = f"block {event['block']} of {event['blocks']}"
        self.activity = (
            f"{'pilot' if event.get('role') == 'pilot' else block}: "
            f"{event['stack']}, {event['scenario']}, {event['load']}{attempt}"
        )

    @property
    def time_left(self) -> str:
        """The time left in words; empty if unknown."""
        if self.seconds_left is None:
            return ""
        minutes, seconds = divmod(round(self.seconds_left), 60)
        return f"{minutes} min {seconds:02d} s left" if minutes else f"{seconds} s left"

    @property
    def verdict_counts(self) -> str:
        """The verdicts so far in words: `12 valid, 1 suspect`."""
        return ", ".join(f"{count} {verdict}" for verdict, count in self.verdicts.items())

    def __str__(self) -> str:
        parts = (
            f"{self.done} of {self.total} trials",
            self.activity,
            self.time_left,
            self.verdict_counts,
        )
        return " · ".join(part for part in parts if part)


class InTerminal:
    """A progress bar on the last line of a terminal, removed at the end.

    It is redrawn only with events: a thread that redraws it would disturb the measurement.
    """

    def __init__(self, file: TextIO) -> None:
        self._progress = Progress()
        self._bars = rich.progress.Progress(
            BarColumn(bar_width=20),
            TextColumn("{task.description}", markup=False),
            console=Console(file=file),
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )
        self._task = self._bars.add_task("", total=1)
        self._bars.start()

    def __call__(self, event: dict[str, Any]) -> None:
        self._progress.update(event)
        self._bars.update(
            self._task,
            total=max(self._progress.total, 1),
            completed=self._progress.done,
            description=str(self._progress),
            refresh=True,
        )

    def close(self) -> None:
        """Remove the bar."""
        self._bars.stop()


class InLog:
    """A line of text every `every_s` seconds at most, plus one at each step and at the end."""

    def __init__(self, file: TextIO, every_s: float = 15.0) -> None:
        self._progress = Progress()
        self._file = file
        self._every_s = every_s
        self._last_s = -every_s

    def __call__(self, event: dict[str, Any]) -> None:
        self._progress.update(event)
        now_s = time.monotonic()
        if now_s - self._last_s >= self._every_s or event["event"] in ("step", "end"):
            self._last_s = now_s
            print(self._progress, file=self._file, flush=True)

    def close(self) -> None:
        """Do nothing: the file stays open."""


class InNotebook:
    """An output of a notebook cell, updated at each event."""

    def __init__(self) -> None:
        self._progress = Progress()
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]
        self._handle.display(self._bundle(), raw=True)  # type: ignore[no-untyped-call]

    def __call__(self, event: dict[str, Any]) -> None:
        self._progress.update(event)
        self._handle.update(self._bundle(), raw=True)  # type: ignore[no-untyped-call]

    def _bundle(self) -> dict[str, str]:
        progress, text = self._progress, str(self._progress)
        ends = f'max="{max(progress.total, 1)}" value="{progress.done}"'
        bar = f'<progress aria-label="trials measured" {ends}></progress>'
        return {"text/plain": text, "text/html": f"<p>{bar} {escape(text)}</p>"}

    def close(self) -> None:
        """Do nothing: the cell keeps showing the last state."""


class InFile:
    """Writes each event as one line of JSON to a file, which `follow_events` reads."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def __call__(self, event: dict[str, Any]) -> None:
        print(json.dumps(event), file=self._file, flush=True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class WhileWritable:
    """A view that stops being updated once writing to it fails, without stopping the run.

    Its reader may have exited, or its disk may be full.
    """

    def __init__(self, view: InTerminal | InLog | InNotebook | InFile, file: TextIO | None) -> None:
        self._view = view
        self._file = file
        self._is_lost = False

    def __call__(self, event: dict[str, Any]) -> None:
        if not self._is_lost:
            with self._detecting_loss():
                self._view(event)

    def close(self) -> None:
        """Close the view."""
        with self._detecting_loss():
            self._view.close()

    @contextmanager
    def _detecting_loss(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            self._is_lost = True
            if self._file is not None:
                discard(self._file)


@contextmanager
def on_terminal(file: TextIO = sys.stderr) -> Iterator[View]:
    """Yield a view on `file`: a progress bar if it is a terminal, lines otherwise."""
    view = WhileWritable(InTerminal(file) if file.isatty() else InLog(file), file)
    try:
        yield view
    finally:
        view.close()


@contextmanager
def on_notebook() -> Iterator[View]:
    """Yield a view on the cell's output and on the reader outside the notebook.

    The latter is the file that PROGRESS_FILE names, otherwise the terminal in which papermill was
    started.
    """
    views = [WhileWritable(InNotebook(), None)]
    with ExitStack() as stack:
        if PROGRESS_FILE in os.environ:
            views.append(WhileWritable(InFile(Path(os.environ[PROGRESS_FILE])), None))
        elif terminal := _terminal_of_papermill():
            file = stack.enter_context(terminal.open("w", encoding="utf-8"))
            views.append(WhileWritable(InLog(file), file))  # papermill draws its own bar there
        for view in views:
            stack.callback(view.close)
        yield partial(_show_all, views)


def _show_all(views: Sequence[View], event: dict[str, Any]) -> None:
    for view in views:
        view(event)


def _terminal_of_papermill() -> Path | None:
    """Return the terminal of the parent process if that is papermill, else None."""
    with suppress(psutil.Error):
        parent = psutil.Process().parent()
        if parent and any("papermill" in word for word in parent.cmdline()):
            return Path(terminal) if (terminal := parent.terminal()) else None
    return None


@contextmanager
def follow_events(path: Path, view: View) -> Iterator[None]:
    """Pass the events that are written to the file `path` on to `view` while the block runs."""
    path.touch()
    stopped = Event()
    follower = Thread(target=_follow, args=(path, view, stopped), daemon=True)
    follower.start()
    try:
        yield
    finally:
        stopped.set()
        follower.join()


def _follow(path: Path, view: View, stopped: Event, pause_s: float = 0.2) -> None:
    with path.open(encoding="utf-8") as file:
        last = False
        while not last:
            last = stopped.wait(pause_s)
            for line in file:
                view(json.loads(line))
