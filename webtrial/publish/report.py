"""The report: its chapters executed in the right order, then the page and the PDF of them."""

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
"""All that is ever published of a run."""

Say = Callable[[str], None]


def chapter_names() -> list[str]:
    """The notebooks by name, in the order of reading."""
    return sorted(path.stem for path in NOTEBOOKS.glob("[0-9]-*.ipynb"))


def report_of_profile(
    profile: str, views: Callable[[], AbstractContextManager[View]], say: Say, dist: Path = DIST
) -> None:
    """Measure what `profile` says, shown on a view, then publish it. Raises WebtrialError."""
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
    """Measure what is missing of the run `name`, shown on a view, then publish it; one that is
    finished is published as it is. Raises WebtrialError."""
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
    """Publish the run in the folder `name`, or of that name in `data/runs/`."""
    _publish(find_run(name), set(), say, dist)


def _measured(asked: Mapping[str, Any], view: View, dist: Path) -> Run:
    """The run that the notebook made: the experiment told where it lies."""
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
    """An error's text with how to go on, where the experiment itself could not say it any more."""
    told_already = "--resume" in said
    return said if told_already else said + how_to_go_on(_last_events(events))


def _last_events(events: Path) -> dict[str, dict[str, Any]]:
    """By kind; a line that was cut off is none."""
    lines = events.read_text(encoding="utf-8").splitlines(keepends=True) if events.exists() else []
    whole = [json.loads(line) for line in lines if line.endswith("\n")]
    return {event["event"]: event for event in whole}


def _in_thread(work: Callable[[], Path]) -> None:
    """Do `work` where no signal reaches it. Left to itself the runner would answer Ctrl-C by
    ending the kernel before the run is closed; so the kernel alone is interrupted."""
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
        front = front_of(run)  # meanwhile
        wait_for(chapters_executed)
    chapters = [read_chapter(notebooks / f"{name}.ipynb") for name in chapter_names()]
    with ThreadPoolExecutor() as pool:  # both wait for pandoc or Typst most of the time
        writing = {
            name: pool.submit(write, chapters, front, dist / name)
            for write, name in ((write_page, "index.html"), (write_document, "report.pdf"))
        }
    for name, written in writing.items():
        written.result()
        say(f"wrote {dist / name}")


def _remove_earlier(dist: Path, executed: Collection[str]) -> None:
    """Remove what an earlier report left in `dist`: two runs side by side would be taken for one.
    What else lies there is not ours."""
    for pattern in OURS:
        for path in dist.glob(pattern):
            if not (path.suffix == ".ipynb" and path.stem in executed):
                path.unlink()


def _on(run: Run, into: Path) -> Callable[[str], Path]:
    """Executes a chapter on `run`. It is told of the run by name, and of where that lies by the
    environment alone: that is nobody else's business."""
    path = run.path.resolve()
    where = {RUNS_FOLDER: str(path.parent)}
    return partial(execute, into=into, parameters={"run": path.name}, environment=where)


def execute_together(run: Run, names: Collection[str], work: Callable[[str], Path]) -> list[Path]:
    """Chapters that only read `run` can be executed side by side."""
    with _executing(run, names, work) as executed:
        return wait_for(executed)


def wait_for(executed: Sequence[Future[Path]]) -> list[Path]:
    """The paths of notebooks once all have been executed; raises what the first of them raises."""
    return [each.result() for each in executed]


@contextmanager
def _executing(
    run: Run, names: Collection[str], work: Callable[[str], Path]
) -> Iterator[list[Future[Path]]]:
    """Notebooks under way, as many at a time as there are cores: each has a kernel of its own, and
    all kernels begin with `run` read. An interruption ends the kernels."""
    with warm(run), ThreadPoolExecutor(min(usable_cores(), len(names) or 1)) as pool:
        under_way = [pool.submit(work, name) for name in names]
        try:
            yield under_way
        except KeyboardInterrupt:
            _end(under_way)
            raise


def _end(under_way: Sequence[Future[Path]]) -> None:
    """Start no more notebooks and kill the kernels of those that were started."""
    for each in under_way:
        each.cancel()
    while wait(under_way, timeout=0.05).not_done:
        for kernel in active_children():
            kernel.kill()
