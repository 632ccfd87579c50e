"""Build a report: execute the chapters, then write the HTML page and the PDF."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

from jupyter_client.manager import AsyncKernelManager

from webtrial.errors import PublishError
from webtrial.measure.runner import resume_hint
from webtrial.publish.chapters import read_chapter
from webtrial.publish.document import write_document
from webtrial.publish.execute import NOTEBOOKS, execute
from webtrial.publish.front import front_of
from webtrial.publish.kernels import new_kernel, signal_kernel
from webtrial.publish.notebook_parameters import find_run
from webtrial.publish.page import write_page
from webtrial.publish.progress import PROGRESS_FILE, View, follow_events
from webtrial.publish.warm_kernels import warm_kernels
from webtrial.results.base.formatting import pluralize
from webtrial.run.parameters import PROFILES, read_profile
from webtrial.run.store import RUNS_FOLDER, Run, open_run
from webtrial.system.cores import usable_cores
from webtrial.system.folders import REPOSITORY
from webtrial.system.interruption import signal_of
from webtrial.system.linux import demand_linux
from webtrial.system.yaml_text import read_yaml

DIST = REPOSITORY / "report" / "dist"
MEASURES = "1-measure"
PUBLISHED_FILES = ("index.html", "report.pdf", "data.zip", "CITATION.cff", "notebooks/[0-9]-*")
"""Patterns of all files that are ever published of a run."""

Say = Callable[[str], None]

_POLL_S = 0.05


def chapter_names() -> list[str]:
    """Return the names of the notebooks in reading order."""
    return sorted(path.stem for path in NOTEBOOKS.glob("[0-9]-*.ipynb"))


def report_of_profile(
    profile: str, views: Callable[[], AbstractContextManager[View]], say: Say, dist: Path = DIST
) -> None:
    """Measure a run with `profile`, show the progress on a view and publish the run.

    Raises WebtrialError.
    """
    read_profile(profile)
    demand_linux()
    parameters = read_yaml(PROFILES / f"{profile}.yaml")
    say(f"measuring with profile {profile}")
    with views() as view:
        run = _measure(parameters, view, dist)
    say(f"measured {run.path.name}")
    _publish(run, {MEASURES}, say, dist)


def report_of_resumed(
    name: str, views: Callable[[], AbstractContextManager[View]], say: Say, dist: Path = DIST
) -> None:
    """Resume the run `name`, show the progress on a view and publish the run.

    A run that is finished and undamaged is published as it is. Raises WebtrialError.
    """
    run = find_run(name)
    if run.manifest.state == "finished" and not run.damage:
        say(f"{run.path.name} is already finished")
        _publish(run, set(), say, dist)
        return
    demand_linux()
    say(f"resuming {run.path.name}, which has {pluralize(len(run.trials), 'attempt')}")
    with views() as view:
        run = _measure({"resume": str(run.path.resolve())}, view, dist)
    say(f"measured {run.path.name}")
    _publish(run, {MEASURES}, say, dist)


def report_of_run(name: str, say: Say, dist: Path = DIST) -> None:
    """Publish the run in the folder `name` or with that name in `data/runs/`."""
    _publish(find_run(name), set(), say, dist)


def _measure(parameters: Mapping[str, Any], view: View, dist: Path) -> Run:
    """Execute the measuring notebook and return its run, whose path comes from the events.

    Raises PublishError if the notebook fails or measures nothing.
    """
    with TemporaryDirectory() as folder:
        events = Path(folder) / "events"
        try:
            with follow_events(events, view):
                environment = {PROGRESS_FILE: str(events)}
                _in_thread(partial(execute, MEASURES, dist / "notebooks", parameters, environment))
        except (PublishError, KeyboardInterrupt) as error:
            raise type(error)(_with_resume_hint(str(error), events)) from error
        if event := _last_events(events).get("run"):
            return open_run(event["path"])
    raise PublishError(f"{MEASURES}.ipynb measured no run; see its outputs in {dist / 'notebooks'}")


def _with_resume_hint(message: str, events: Path) -> str:
    """Return an error message with how to resume, unless the experiment has already added that."""
    return message if "--resume" in message else message + resume_hint(_last_events(events))


def _last_events(events: Path) -> dict[str, dict[str, Any]]:
    """Return the last event of each kind; a truncated line is ignored."""
    lines = events.read_text(encoding="utf-8").splitlines(keepends=True) if events.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return {event["event"]: event for event in whole}


def _in_thread(work: Callable[[AsyncKernelManager], Path]) -> None:
    """Execute a notebook in a new kernel by `work`, in a thread, where no signal reaches it.

    On Ctrl-C the notebook runner would otherwise end the kernel before the run is closed. Instead,
    only the kernel is interrupted.
    """
    kernel = new_kernel()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, kernel)
        try:
            future.result()
        except KeyboardInterrupt as interruption:
            while not (kernel.has_kernel or future.done()):
                sleep(_POLL_S)
            signal_kernel(kernel, signal_of(interruption))
            with suppress(PublishError):
                future.result()
            raise


def _publish(run: Run, executed: Collection[str], say: Say, dist: Path) -> None:
    notebooks = dist / "notebooks"
    names = [name for name in chapter_names() if name not in executed]
    if run.damage:
        say(run.damage_text)
    say(f"executing {', '.join(names)}")
    _remove_earlier(dist, executed)
    with _executing(run, names, _executor(run, notebooks)) as chapters_executed:
        front = front_of(run)  # while the chapters are executed
        wait_for(chapters_executed)
    chapters = [read_chapter(notebooks / f"{name}.ipynb") for name in chapter_names()]
    with ThreadPoolExecutor() as pool:  # both mostly wait for pandoc or Typst
        writing = {
            name: pool.submit(write, chapters, front, dist / name)
            for write, name in ((write_page, "index.html"), (write_document, "report.pdf"))
        }
    for name, written in writing.items():
        written.result()
        say(f"wrote {dist / name}")


def _remove_earlier(dist: Path, executed: Collection[str]) -> None:
    """Remove the files of an earlier report from `dist`: two runs would look like one report.

    Executed chapters are kept, and so is every file that we did not publish.
    """
    for pattern in PUBLISHED_FILES:
        for path in dist.glob(pattern):
            if not (path.suffix == ".ipynb" and path.stem in executed):
                path.unlink()


def _executor(run: Run, into: Path) -> Callable[[str], Path]:
    """Return a function that executes a chapter on `run`.

    The parameter holds the run's name only. Its location is passed in the environment, so that it
    is not published with the notebook.
    """
    path = run.path.resolve()
    environment = {RUNS_FOLDER: str(path.parent)}
    return partial(execute, into=into, parameters={"run": path.name}, environment=environment)


def execute_together(run: Run, names: Collection[str], work: Callable[[str], Path]) -> list[Path]:
    """Execute the chapters `names`, which only read `run`, in parallel and return their paths."""
    with _executing(run, names, work) as executed:
        return wait_for(executed)


def wait_for(executed: Sequence[Future[Path]]) -> list[Path]:
    """Wait for all notebooks and return their paths; raises the first error in their order."""
    return [each.result() for each in executed]


@contextmanager
def _executing(
    run: Run, names: Collection[str], work: Callable[[str], Path]
) -> Iterator[list[Future[Path]]]:
    """Execute notebooks in parallel, as many at a time as there are cores, and yield their futures.

    Each notebook has its own kernel. On Linux every kernel starts with `run` already read. An
    interruption ends the kernels.
    """
    with warm_kernels(run), ThreadPoolExecutor(min(usable_cores(), len(names) or 1)) as pool:
        futures = [pool.submit(work, name) for name in names]
        try:
            yield futures
        except KeyboardInterrupt:
            _kill_kernels(futures)
            raise


def _kill_kernels(futures: Sequence[Future[Path]]) -> None:
    """Cancel notebooks that have not started and kill the kernels of those that have."""
    for each in futures:
        each.cancel()
    while wait(futures, timeout=_POLL_S).not_done:
        for kernel in active_children():
            kernel.kill()
