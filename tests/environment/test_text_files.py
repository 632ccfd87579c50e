"""Text is UTF-8, whatever the locale."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.environment.user_settings import ASCII_LOCALE
from tests.synthetic_run import CLOSED, OPEN, synthetic_run
from webtrial.run.stacks import SERVICES

REPOSITORY = SERVICES.parent
OPENING = {"open", "fdopen", "read_text", "write_text", "TextIOWrapper"}
OPENING |= {"TemporaryFile", "NamedTemporaryFile"}
NO_FILES = {"os", "connection", "pool", "self", "fsspec"}  # whose `open` opens something else


def _opens_by_locale(call: ast.Call) -> bool:
    """Whether it opens a text file or a pipe in the locale's encoding."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if "encoding" in given:
        return False
    if {"text", "universal_newlines"} & {*given}:
        return ast.unparse(call.func).startswith("subprocess.")
    return _opened(call.func) and not any(
        isinstance(value, ast.Constant) and "b" in str(value.value)
        for value in [*call.args, given.get("mode")]
    )


def _opened(called: ast.expr) -> bool:
    match called:
        case ast.Name(name):
            return name in OPENING
        case ast.Attribute(value, name):
            return name in OPENING and not ({*ast.unparse(value).split(".")} & NO_FILES)
    return False


def _calls(folder: Path) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{path.relative_to(REPOSITORY)}:{node.lineno}", node


@pytest.mark.parametrize("folder", ["webtrial", "services"])
def test_no_text_file_is_opened_in_the_encoding_of_the_locale(folder: str) -> None:
    found = [place for place, call in _calls(REPOSITORY / folder) if _opens_by_locale(call)]
    assert not found, "give encoding='utf-8'"


@pytest.mark.parametrize(
    ("source", "is_found"),
    [
        ("path.read_text()", True),
        ("open(name)", True),
        ("path.open('a')", True),
        ("subprocess.run(command, text=True)", True),
        ("tempfile.TemporaryFile('w+', errors='replace')", True),
        ("path.open('rb')", False),
        ("path.write_text(text, encoding='utf-8')", False),
        ("subprocess.run(command, encoding='utf-8')", False),
        ("os.open(path, flags)", False),
    ],
)
def test_such_a_call_is_recognised(source: str, is_found: bool) -> None:
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Expr)
    assert isinstance(statement.value, ast.Call)
    assert _opens_by_locale(statement.value) is is_found


@pytest.fixture(scope="module")
def run_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("Prüfstand – ²")
    return synthetic_run(folder, scenarios=("crud",), loads=(CLOSED, OPEN), window_s=0.5).path


@pytest.fixture(scope="module")
def latin_locale(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """A locale of ISO-8859-1, compiled for this test where the machine can."""
    folder = tmp_path_factory.mktemp("locales")
    name = "en_US.ISO-8859-1"
    command = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", str(folder / name)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no localedef, or no sources of locales")
    return {"LOCPATH": str(folder), "LC_ALL": name, "PYTHONUTF8": "0"}


def _verified(run_path: Path, locale: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "webtrial", "verify", str(run_path)],
        env={**os.environ, **locale},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8")


def test_verify_writes_utf_8_where_the_locale_is_ascii(run_path: Path) -> None:
    said = _verified(run_path, ASCII_LOCALE)
    assert "–" in said
    assert said.endswith(f"{run_path / 'claims.json'}\n")


@pytest.mark.full
def test_verify_writes_utf_8_where_the_locale_is_latin_1(
    run_path: Path, latin_locale: Mapping[str, str]
) -> None:
    said = _verified(run_path, latin_locale)
    assert "–" in said
    assert said.endswith(f"{run_path / 'claims.json'}\n")


WRITES = """
from webtrial.system import output
output.write_as_terminals_read()
print('Prüfung – 1', end='')
"""


def test_a_terminal_of_latin_1_gets_latin_1(latin_locale: Mapping[str, str]) -> None:
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-X", "utf8", "-c", WRITES],
        env={**os.environ, **latin_locale},
        stdout=theirs,
    ) as process:
        os.close(theirs)
        assert os.read(ours, 1000) == "Prüfung ? 1".encode("latin-1")
        assert process.wait() == 0
    os.close(ours)
