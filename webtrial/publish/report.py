"""Build a report: execute the chapters, then write the HTML page and the PDF."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from multiprocessing import active_children
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from webtrial.errors import PublishError
from webtrial.measure.runner import how_to_go_on
from webtrial.publish.chapters import read_chapter
from webtrial.publish.document import write_document
from webtrial.publish.execute import NOTEBOOKS, execute
from webtrial.publish.front import front_of
from webtrial.publish.given import find_run
from webtrial.publish.page import write_page
from webtrial.publish.progress import TOLD, View, told
from webtrial.publish.warm import warm
from webtrial.run.parameters import PROFILES, read_profile
from webtrial.run.store import RUNS_FOLDER, Run, open_run
from webtrial.system.cores import usable_cores
from webtrial.system.folders import REPOSITORY
from webtrial.system.interruption import signal_of
from webtrial.system.linux import demand_linux
from webtrial.system.yaml_text import read_yaml

DIST = REPOSITORY / "report" / "dist"
MEASURES = "1-measure"
OURS = ("index.html", "report.pdf", "data.zip", "CITATION.cff", "notebooks/[0-9]-*")
"""Patterns of all files that are ever published of a run."""

Say = Callable[[str], None]


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
    asked = read_yaml(PROFILES / f"{profile}.yaml")
    say(f"measuring with profile {profile}")
    with views() as view:
        run = _measured(asked, view, dist)
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
        say(f"{run.path.name} is finished: nothing of it is missing")
        _publish(run, set(), say, dist)
        return
    demand_linux()
    say(f"going on with {run.path.name}, of which {len(run.trials)} attempts are there")
    with views() as view:
        run = _measured({"resume": str(run.path.resolve())}, view, dist)
    say(f"measured {run.path.name}")
    _publish(run, {MEASURES}, say, dist)


def report_of_run(name: str, say: Say, dist: Path = DIST) -> None:
    """Publish the run in the folder `name` or with that name in `data/runs/`."""
    _publish(find_run(name), set(), say, dist)


def _measured(asked: Mapping[str, Any], view: View, dist: Path) -> Run:
    """Execute the measuring notebook and return its run, whose path comes from the events.

    Raises PublishError if the notebook fails or measures nothing.
    """
    with TemporaryDirectory() as folder:
        events = Path(folder) / "events"
        try:
            with told(events, view):
                work = partial(execute, MEASURES, dist / "notebooks", asked, {TOLD: str(events)})
                _in_thread(work)
        except (PublishError, KeyboardInterrupt) as error:
            raise type(error)(_with_what_is_kept(str(error), events)) from error
        if found := _last_events(events).get("run"):
            return open_run(found["path"])
    raise PublishError(f"{MEASURES}.ipynb measured nothing: see {dist / 'notebooks'}")


def _with_what_is_kept(said: str, events: Path) -> str:
    """Return an error message with how to resume, unless the experiment has already added that."""
    told_already = "--resume" in said
    return said if told_already else said + how_to_go_on(_last_events(events))


def _last_events(events: Path) -> dict[str, dict[str, Any]]:
    """Return the last event of each kind; a truncated line is ignored."""
    lines = events.read_text(encoding="utf-8").splitlines(keepends=True) if events.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return {event["event"]: event for event in whole}


def _in_thread(work: Callable[[], Path]) -> None:
    """Run `work` in a thread, where no signal reaches it.

    On Ctrl-C the notebook runner would otherwise end the kernel before the run is closed. Instead,
    only the kernel is interrupted.
    """
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            future.result()
        except KeyboardInterrupt as interruption:
            for child in psutil.Process().children():
                if "ipykernel_launcher" in child.cmdline():
                    child.send_signal(signal_of(interruption))
            with suppress(PublishError):
                future.result()
            raise


def _publish(run: Run, executed: Collection[str], say: Say, dist: Path) -> None:
    notebooks = dist / "notebooks"
    names = [name for name in chapter_names() if name not in executed]
    if run.damage:
        say(run.damage_in_words)
    say(f"executing {', '.join(names)}")
    _remove_earlier(dist, executed)
    with _executing(run, names, _on(run, notebooks)) as chapters_executed:
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
    """Remove the files of an earlier report from `dist`, since two runs would be taken for one.

    Executed chapters are kept, and so is every file that we did not publish.
    """
    for pattern in OURS:
        for path in dist.glob(pattern):
            if not (path.suffix == ".ipynb" and path.stem in executed):
                path.unlink()


def _on(run: Run, into: Path) -> Callable[[str], Path]:
    """Return a function that executes a chapter on `run`.

    The parameter holds the run's name only. Its location is passed in the environment, so that it
    is not published with the notebook.
    """
    path = run.path.resolve()
    where = {RUNS_FOLDER: str(path.parent)}
    return partial(execute, into=into, parameters={"run": path.name}, environment=where)


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
    with warm(run), ThreadPoolExecutor(min(usable_cores(), len(names) or 1)) as pool:
        under_way = [pool.submit(work, name) for name in names]
        try:
            yield under_way
        except KeyboardInterrupt:
            _end(under_way)
            raise


def _end(under_way: Sequence[Future[Path]]) -> None:
    """Cancel notebooks that have not started and kill the kernels of those that have."""
    for each in under_way:
        each.cancel()
    while wait(under_way, timeout=0.05).not_done:
        for kernel in active_children():
            kernel.kill()
