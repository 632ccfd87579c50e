"""A real run under way in a process of its own, and what can be done to its parts."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import yaml

from tests.waiting import LIMIT_S, LONG_S, holds_within
from webtrial.run.checksums import FOLDERS, digest_of
from webtrial.run.store import RUNS_FOLDER, Run, open_run
from webtrial.system.process_tree import runs, tree

SMALL = {
    "profile": "fault",
    "stacks": ["flask", "fastapi"],
    "scenarios": ["user_detail", "dashboard"],
    "common_fractions": [],
    "closed_users": [4],
    "think_time_s": 0.02,
    "blocks": 2,
    "duration_s": 1.0,
    "warmup_s": 0.2,
    "timeout_s": 2.0,
    "repeats": 0,
}
"""Eight trials: two stacks, two scenarios, two blocks."""

SHORT = {
    "stacks": ["flask"],
    "scenarios": ["ping"],
    "common_fractions": [],
    "warmup_s": 0.1,
    "duration_s": 0.5,
    "repeats": 0,
}
"""A trial a block, half a second each, of a server that stands already."""

SUPERVISOR = "webtrial.system.supervisor"
EXPERIMENT = "webtrial.measure.experiment"


@dataclass(frozen=True, eq=False)
class UnderWay:
    """A command that measures; `family` is every process that was seen below it."""

    process: subprocess.Popen[bytes]
    runs: Path
    log: Path
    family: set[psutil.Process] = field(default_factory=set)

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def look(self) -> list[psutil.Process]:
        """Everything below the command, noted for later."""
        found = tree(self.process.pid)[1:]
        self.family.update(found)
        return found

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        """Look again and again until something holds; fail where the command ends before."""

        def has_come() -> bool:
            self.look()
            ended = self.process.poll() is not None
            if holds():
                return True
            assert not ended, f"it ended before {what}:\n{self.said}"
            return False

        assert holds_within(LONG_S, has_come), f"no {what} in {LONG_S:g} s:\n{self.said}"

    def wait_for(self, part: str) -> psutil.Process:
        """A living process that plays a part, by PARTS."""
        found: list[psutil.Process] = []

        def is_there() -> bool:
            found[:] = self.that_play(part)
            return bool(found)

        self.wait_until(is_there, part)
        return found[0]

    def that_play(self, part: str) -> list[psutil.Process]:
        """Every living process that plays it now."""
        return [each for each in self.look() if _plays(each, part)]

    def wait_for_trial(self, number: int) -> psutil.Process:
        """Until that trial is being measured; returns its load driver."""
        self.wait_until(lambda: self.numbers() >= {*range(1, number)}, f"trial {number}")
        return self.wait_for("driver")

    def numbers(self) -> set[int]:
        """Of the trials that are on disk."""
        return {int(path.stem.partition("-")[0]) for path in self.runs.glob("*/trials/*.json")}

    def end(self) -> int:
        """Its exit code, once nothing of it is left."""

        def has_ended() -> bool:
            self.look()
            return self.process.poll() is not None

        assert holds_within(LONG_S, has_ended), f"it does not end:\n{self.said}"
        left = self.left()
        assert not left, f"still running: {left}\n{self.said}"
        return self.process.returncode

    def left(self) -> set[psutil.Process]:
        """Processes of it that still run when all should long have ended."""
        holds_within(LIMIT_S, lambda: not any(map(runs, self.family)))
        return set(filter(runs, self.family))

    def the_run(self) -> Run:
        """The one run in its folder."""
        (manifest,) = self.runs.glob("*/manifest.json")
        return open_run(manifest.parent)


PARTS: Mapping[str, Callable[[str, str], bool]] = {
    # By the process's own words and its parent's.
    "driver": lambda own, parent: "forkserver" in own and "forkserver" in parent,
    "service": lambda own, parent: "gunicorn" in own and EXPERIMENT in parent,
    "worker": lambda own, parent: "gunicorn" in own and "gunicorn" in parent,
    "PostgreSQL": lambda own, parent: "postgres -D" in own and EXPERIMENT in parent,
    "upstream": lambda own, parent: "upstream.py" in own,
    "migration": lambda own, parent: "manage.py migrate" in own,
    "experiment": lambda own, parent: own.endswith(EXPERIMENT) and SUPERVISOR not in own,
    "supervisor": lambda own, parent: SUPERVISOR in own and SUPERVISOR in parent,
    "guard": lambda own, parent: SUPERVISOR in own and SUPERVISOR not in parent,
}


def _plays(process: psutil.Process, part: str) -> bool:
    try:
        parent = process.parent()
        words = " ".join(process.cmdline())
        above = " ".join(parent.cmdline()) if parent else ""
        return runs(process) and PARTS[part](words, above)
    except psutil.Error:
        return False


@contextmanager
def measuring(
    folder: Path,
    *more: str,
    parameters: Mapping[str, object] | None = SMALL,
    command: Sequence[str] = (sys.executable, "-m", "webtrial", "run"),
    environment: Mapping[str, str] | None = None,
) -> Iterator[UnderWay]:
    """The command under way, its runs in `folder`/runs; nothing of it outlives the block."""
    folder.mkdir(parents=True, exist_ok=True)
    arguments = list(more)
    if parameters is not None:
        (folder / "parameters.yaml").write_text(yaml.safe_dump(dict(parameters)))
        arguments += ["--parameters", str(folder / "parameters.yaml")]
    log = folder / "said"
    with log.open("ab") as said:
        process = subprocess.Popen(
            [*command, *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            env=os.environ | {RUNS_FOLDER: str(folder / "runs")} | dict(environment or {}),
            start_new_session=True,
        )
    under_way = UnderWay(process, folder / "runs", log)
    try:
        yield under_way
    finally:
        under_way.look()
        process.kill()
        process.wait()
        for left in under_way.left():
            left.kill()


def resuming(
    folder: Path, run: Run, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[UnderWay]:
    """The same run gone on with."""
    more = "--resume", str(run.path)
    return measuring(folder, *more, parameters=None, environment=environment)


def kill(process: psutil.Process) -> None:
    """Without a chance to say anything."""
    process.send_signal(signal.SIGKILL)


def fingerprints(run: Run) -> dict[str, str]:
    """What the files of every attempt are, to find whether one was touched."""
    names = [f"{part}/{each.name}" for part in FOLDERS for each in (run.path / part).glob("[!.]*")]
    return {name: digest_of(run.path / name) for name in names}
