"""The command line: messages instead of tracebacks, exit codes, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

import webtrial
from tests.synthetic_run import CLOSED, OPEN, Truth, synthetic_run
from tests.waiting import LIMIT_S, LONG_S, holds_within
from webtrial.cli import main
from webtrial.run import capabilities
from webtrial.run.store import RUNS_FOLDER
from webtrial.system.process_tree import runs, tree

NOT_PASSED, FAILED, INTERRUPTED = 1, 2, 130
LONG = """
profile: long
stacks: [flask]
scenarios: [ping]
common_fractions: []
closed_users: [1]
duration_s: 600
"""

Refused = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Refused:
    """What a command says that ends with a message instead of doing anything."""
    monkeypatch.delenv("MAKELEVEL", raising=False)  # below make a command ends with its parent

    def said(*arguments: str) -> str:
        assert main(arguments) == FAILED
        return capfd.readouterr().err

    return said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--profile", "nope"), "unknown profile 'nope'; known:"),
        (("run", "-p", "blocks", "-1"), "blocks = -1"),
        (("run", "-p", "stacks", "[rails]"), "unknown stack: rails"),
        (("run", "-p", "stacks", "[rails"), "-p stacks '[rails' is not valid YAML"),
        (("run", "--parameters", "nowhere.yaml"), "nowhere.yaml cannot be read"),
        (("report", "--profile", "nope"), "unknown profile 'nope'"),
        (("report", "--run", "nowhere"), "nowhere is not a run"),
        (("verify", "nowhere"), "nowhere is not a run"),
        (("compare", "nowhere", "elsewhere"), "nowhere is not a run"),
        (("bench", "scale", "--samples", "5"), "--samples 5 is too few: use 1,000 or more"),
        (("bench", "--samples", "1000000000000000"), "use fewer with --samples"),
    ],
)
def test_what_is_wrong_is_said_in_one_message(
    refused: Refused, arguments: tuple[str, ...], said: str
) -> None:
    message = refused(*arguments)
    assert message.startswith("webtrial: ")
    assert said in message


def test_a_message_is_all_that_the_process_says() -> None:
    command = [sys.executable, "-m", "webtrial", "run", "-p", "sed", "7"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_S, check=False)
    assert (done.returncode, done.stdout) == (FAILED, "")
    assert done.stderr.startswith("webtrial: ")
    assert "sed: unknown" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_without_parameters_is_refused(refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "list.yaml"
    file.write_text("- 1\n- 2\n")
    assert "has no parameters" in refused("run", "--parameters", str(file))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run."""
    folder = tmp_path_factory.mktemp("measured")
    return synthetic_run(folder, scenarios=("crud",), loads=(CLOSED, OPEN)).path


def test_verify_prints_every_claim_and_writes_it_into_the_run(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(measured)]) == 0
    printed = capsys.readouterr().out
    written = json.loads((measured / "claims.json").read_text())
    assert len(written) == 44
    for kind in ("Measured performance", "Features found by probes", "Choices by our weights"):
        assert f"\n{kind}: " in printed
    for row in written:
        assert row["id"] in printed
        assert row["verdict"] in printed
    assert printed.endswith(f"{measured / 'claims.json'}\n")


def test_verify_takes_its_limits_and_another_place(measured: Path, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere.json"
    limits = ["--p99-limit-ms", "250", "--assumed-think-time", "2.5"]
    assert main(["verify", str(measured), "--json", str(place), *limits]) == 0
    reasons = {row["id"]: row["reason"] for row in json.loads(place.read_text())}
    assert reasons["search-users-django"] == "needs arrivals of product_search at 200/s to django"


def test_verify_says_where_else_it_could_write(
    refused: Refused, measured: Path, tmp_path: Path
) -> None:
    said = refused("verify", str(measured), "--json", str(tmp_path / "nowhere" / "file.json"))
    assert "file.json cannot be written: No such file or directory; choose another file" in said


@pytest.mark.parametrize("limit", ["0", "-1", "inf", "nan", "soon"])
def test_verify_refuses_a_limit_that_is_none(
    measured: Path, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(measured), "--assumed-think-time", limit]) == FAILED
    message = " ".join(capsys.readouterr().err.split())
    assert f"Invalid value for '--assumed-think-time': {limit!r} is not a number above 0" in message


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Folders of runs that share user_detail, the second with Flask taking twice as long."""
    before, after = (
        synthetic_run(
            tmp_path_factory.mktemp("runs"),
            Truth({"flask": flask, "fastapi": 10.0}, drift=0.01),
            scenarios=("user_detail", scenario),
            window_s=0.5,
        )
        for flask, scenario in ((40.0, "crud"), (80.0, "dashboard"))
    )
    return str(before.path), str(after.path)


@pytest.mark.parametrize(("bound", "status"), [(None, 0), ("20", NOT_PASSED), ("200", 0)])
def test_compare_fails_where_a_stack_certainly_got_worse_by_more(
    two_runs: tuple[str, str],
    bound: str | None,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    assert main(["compare", *two_runs, *(["--fail-over", bound] if bound else [])]) == status

    said = capsys.readouterr().out
    cells = {line.partition("  ")[0] for line in said.splitlines() if "100 users" in line}
    assert ("certainly got worse" in said) == (bound is not None)
    assert cells == {"user detail"}


def test_compare_prints_markdown_where_it_is_asked_to(
    two_runs: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    assert main(["compare", *two_runs, "--markdown"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("## ")
    assert "| user detail | 100 users | Flask |" in said


def test_what_compare_cannot_do_is_said(two_runs: tuple[str, str], refused: Refused) -> None:
    assert "--fail-over -5: use a percentage" in refused("compare", *two_runs, "--fail-over", "-5")


def test_every_name_that_notebooks_may_use_is_there() -> None:
    assert [name for name in webtrial.__all__ if getattr(webtrial, name) is None] == []


def test_a_name_that_notebooks_may_not_use_is_said_to_be_none() -> None:
    with pytest.raises(AttributeError, match="webtrial has no 'nonsense'; there are"):
        webtrial.nonsense  # noqa: B018


# --- commands that start something


@dataclass(frozen=True, eq=False)
class Started:
    """A command under way: what it says, where its runs lie, all processes seen below it."""

    process: subprocess.Popen[bytes]
    folder: Path
    family: set[psutil.Process]

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    def waits(self, until: str) -> bool:
        """Whether it has not yet said `until` nor started a process of that name."""
        assert self.process.poll() is None, f"it ended before {until}:\n{self.said}"
        self.family.update(tree(self.process.pid)[1:])
        return until not in self.said and not any(_is_called(each, until) for each in self.family)

    def the_run(self) -> Mapping[str, object]:
        """The manifest of the one run that it made."""
        (made,) = (self.folder / "runs").iterdir()
        manifest: Mapping[str, object] = json.loads((made / "manifest.json").read_text())
        return manifest


def _is_called(process: psutil.Process, name: str) -> bool:
    try:
        return name in process.name() or any(name in word for word in process.cmdline())
    except psutil.Error:
        return False


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[Started]:
    """A command in a session of its own, as a terminal would have it; killed with the block."""
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "webtrial", *arguments],
            stdout=said,
            stderr=subprocess.STDOUT,
            env=os.environ | {RUNS_FOLDER: str(folder / "runs")},
            start_new_session=True,
        )
    command = Started(process, folder, set())
    try:
        yield command
    finally:
        _kill(command)


def _kill(command: Started) -> None:
    command.family.update(tree(command.process.pid)[1:])
    command.process.kill()
    command.process.wait()
    for left in _left_of(command.family):
        left.kill()


def _left_of(processes: set[psutil.Process]) -> set[psutil.Process]:
    """Those that still run when all should long have ended."""
    holds_within(LIMIT_S, lambda: not any(map(runs, processes)))
    return set(filter(runs, processes))


def _signal(waiting: dict[Started, tuple[str, int]]) -> None:
    """Send each its signal as soon as what it should come to is there."""

    def are_all_sent() -> bool:
        for command in [each for each, (until, _) in waiting.items() if not each.waits(until)]:
            command.process.send_signal(waiting.pop(command)[1])
        return not waiting

    assert holds_within(LONG_S, are_all_sent), [each.said for each in waiting]


ONLY_IN_FULL = ("run", "killed", "serve", "capabilities")
"""A run is interrupted within a report, and make, that has a report made, killed in test_stages."""

# What measures would do so for seconds once its first service is up.
COMMANDS = {
    "run": ("run --parameters {folder}/long.yaml", "gunicorn", signal.SIGINT),
    "report": ("report --profile smoke --into {folder}/dist", "gunicorn", signal.SIGINT),
    "killed": ("report --profile quick --into {folder}/dist", "gunicorn", signal.SIGKILL),
    "serve": ("serve", "Ctrl-C", signal.SIGINT),
    "capabilities": ("capabilities", "gunicorn", signal.SIGINT),
}


@pytest.fixture(scope="module")
def commands(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Started]]:
    """Everything that starts services, side by side, ended by a signal once they are up."""
    full = request.config.getoption("--full")
    asked = {name: each for name, each in COMMANDS.items() if full or name not in ONLY_IN_FULL}
    with ExitStack() as ends:
        under_way: dict[str, Started] = {}
        for name, (words, _, _) in asked.items():
            folder = tmp_path_factory.mktemp(name)
            (folder / "long.yaml").write_text(LONG)
            arguments = [word.format(folder=folder) for word in words.split()]
            under_way[name] = ends.enter_context(started(folder, *arguments))
        _signal({under_way[name]: (until, sent) for name, (_, until, sent) in asked.items()})
        yield under_way


@pytest.mark.parametrize("name", [pytest.param("run", marks=pytest.mark.full), "report"])
def test_after_an_interruption_the_run_is_kept_and_nothing_remains(
    commands: dict[str, Started], name: str
) -> None:
    assert commands[name].process.wait(LONG_S) == INTERRUPTED
    assert _left_of(commands[name].family) == set()
    assert commands[name].the_run()["state"] == "interrupted"


@pytest.mark.full
def test_when_the_report_is_killed_nothing_remains(commands: dict[str, Started]) -> None:
    assert commands["killed"].process.wait(LONG_S) == -signal.SIGKILL
    # Kernel, guard, supervisor, experiment, PostgreSQL, services.
    assert len(commands["killed"].family) > 6
    assert _left_of(commands["killed"].family) == set()


@pytest.mark.full
def test_serve_shows_three_services_and_stops_them_all(commands: dict[str, Started]) -> None:
    assert commands["serve"].process.wait(LONG_S) == INTERRUPTED
    assert _left_of(commands["serve"].family) == set()
    said = commands["serve"].said
    assert said.count("/docs") >= 3
    for part in ("Django", "Flask", "FastAPI", "/admin/", "Sign in as account001 with "):
        assert part in said


@pytest.mark.full
def test_capabilities_that_are_interrupted_write_nothing(commands: dict[str, Started]) -> None:
    assert commands["capabilities"].process.wait(LONG_S) == INTERRUPTED
    assert _left_of(commands["capabilities"].family) == set()
    assert str(capabilities.FILE) not in commands["capabilities"].said
