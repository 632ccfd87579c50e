"""Run an experiment in a child process and stream its events."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from webtrial import errors
from webtrial.errors import WebtrialError
from webtrial.run.parameters import Parameters
from webtrial.run.store import RUNS, RUNS_FOLDER
from webtrial.system.environment import experiment_environment
from webtrial.system.folders import REPOSITORY
from webtrial.system.interruption import hang_up_raised, signal_of
from webtrial.system.process_tree import indented_end
from webtrial.system.supervisor import supervise

EXPERIMENT = (sys.executable, "-m", "webtrial.measure.experiment")

OnEvent = Callable[[dict[str, Any]], None]


def measure(
    parameters: Parameters,
    on_event: OnEvent,
    runs: Path = RUNS,
    command: Iterable[str] = EXPERIMENT,
    resume: Path | None = None,
) -> Path:
    """Measure `parameters` and return the run's directory; `on_event` receives every event.

    With `resume`, only what is missing in that run is measured. Raises the WebtrialError that ended
    the experiment. A KeyboardInterrupt lets the experiment end in its own time and is raised again;
    finished trials are kept.
    """
    environment = experiment_environment() | {
        "WEBTRIAL_PARAMETERS": parameters.model_dump_json(),
        RUNS_FOLDER: str(Path(runs).resolve()),
        "WEBTRIAL_RESUME": str(resume.resolve()) if resume else "",
    }
    # Unnamed, so nothing is left behind if this process is killed.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log, hang_up_raised():
        events = _run(tuple(command), environment, log, on_event)
        return _run_path(events, log)


def _run(
    command: tuple[str, ...], environment: Mapping[str, str], log: IO[str], on_event: OnEvent
) -> dict[str, dict[str, Any]]:
    """Return the last event of each kind."""
    last: dict[str, dict[str, Any]] = {}
    with supervise(
        command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=log
    ) as process:
        assert process.stdout is not None
        try:
            _read_events(process.stdout, last, on_event)
        except KeyboardInterrupt as interruption:
            process.interrupt(signal_of(interruption))
            with suppress(KeyboardInterrupt):  # a second interrupt: stop waiting
                _read_events(process.stdout, last, on_event)
            raise type(interruption)(resume_hint(last)) from None
    return last


def _read_events(lines: IO[str], last: dict[str, dict[str, Any]], on_event: OnEvent) -> None:
    for line in lines:
        if not line.endswith("\n"):
            return  # the writer was killed in the middle of a line
        event = json.loads(line)
        last[event["event"]] = event
        on_event(event)


def _run_path(last: dict[str, dict[str, Any]], log: IO[str]) -> Path:
    error = last.get("error")
    if error and (kind := getattr(errors, error["kind"], None)):
        raise kind(error["message"] + resume_hint(last))
    if error or last.get("end", {}).get("state") != "finished":
        log.seek(0)
        output, hint = indented_end(log.read()), resume_hint(last)
        raise WebtrialError(
            f"the experiment ended unexpectedly. End of its output:\n{output}{hint}"
        )
    return Path(last["end"]["path"])


def resume_hint(last: Mapping[str, dict[str, Any]]) -> str:
    """Return a line that says where the trials of an interrupted run are and how to resume it.

    `last` holds the last event of each kind. The line is empty if no run had started.
    """
    path = last.get("run", {}).get("path")
    return f"\nThe finished trials are in {path}: resume the run with --resume" if path else ""
