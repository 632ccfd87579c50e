"""What the processes that we start may know of who started us."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.environment.user_settings import OF_POSTGRESQL
from webtrial.run.stacks import SERVICES
from webtrial.system.environment import base_environment, experiment_environment, inherited
from webtrial.system.supervisor import supervise

WEBTRIAL = SERVICES.parent / "webtrial"
STRANGE = OF_POSTGRESQL | {
    "GIT_DIR": "/elsewhere/.git",
    "HTTPS_PROXY": "http://127.0.0.1:1",
    "LC_ALL": "de_DE.ISO-8859-1",
    "PYTHONIOENCODING": "latin-1",
    "PYTHONPATH": "/elsewhere",
    "TZ": "Asia/Tokyo",
}
SHOWS = "import os; print(*(f'{name}={value}' for name, value in os.environ.items()), sep='\\n')"


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in STRANGE.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("strange")
def test_none_of_a_users_settings_is_passed_on() -> None:
    for made in (base_environment(), experiment_environment()):
        assert {*STRANGE} & {*made} == {"TZ"}
        assert (made["TZ"], made["LANG"], made["PYTHONUTF8"]) == ("UTC", "C.UTF-8", "1")


def test_what_parameters_refer_to_reaches_the_experiment_and_no_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {
        "DATABASE_URL": "postgresql://me:word@one/db",
        "WEBTRIAL_RUNS": "/elsewhere",
        "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": "ca.pem",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert told.items() <= experiment_environment().items()
    assert not {*told} & {*base_environment()}


def test_further_variables_are_passed_on_where_they_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")
    monkeypatch.setenv("WEBTRIAL_PASS_ON", "ASAN_OPTIONS, NOT_SET")
    for made in (base_environment(), experiment_environment()):
        assert made["ASAN_OPTIONS"] == "detect_leaks=0"
        assert "NOT_SET" not in made


@pytest.mark.usefixtures("strange")
def test_a_command_under_a_keeper_gets_the_experiments_environment() -> None:
    with supervise([sys.executable, "-c", SHOWS], stdout=subprocess.PIPE) as kept:
        assert kept.stdout is not None
        seen = dict(line.split("=", 1) for line in kept.stdout.read().splitlines())
    assert {*STRANGE} & {*seen} == {"TZ"}
    assert experiment_environment().items() <= seen.items()


@pytest.mark.usefixtures("strange")
def test_the_environment_is_put_back_after_processes_have_inherited_another() -> None:
    with inherited({"ONLY": "this"}):
        done = subprocess.run([sys.executable, "-c", SHOWS], capture_output=True, check=True)
        assert b"ONLY=this" in done.stdout
        assert b"PGSSLMODE" not in done.stdout
    assert STRANGE.items() <= os.environ.items()


def _starts(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that start a process, or become another."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("subprocess"), attr=name)):
                if name in ("run", "Popen", "call", "check_call", "check_output"):
                    yield node
            case ast.Call(func=ast.Attribute(value=ast.Name("os"), attr=name)):
                if name.startswith(("exec", "spawn", "posix_spawn", "system", "popen")):
                    yield node


def test_every_process_is_started_with_an_environment_of_its_own() -> None:
    inheriting = [
        f"{path}:{call.lineno}"
        for path in sorted(WEBTRIAL.rglob("*.py"))
        for call in _starts(ast.parse(path.read_text(encoding="utf-8")))
        if "env" not in {keyword.arg for keyword in call.keywords}
        and ast.unparse(call.func) != "os.execve"
    ]
    assert not inheriting, "give `env` from webtrial.system.environment"
