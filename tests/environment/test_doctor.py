"""What the doctor finds in each bad environment, and what it says to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.environment import trees
from webtrial.cli import main
from webtrial.errors import LaunchError
from webtrial.publish import report
from webtrial.selftest.doctor import account, examine, processor, storage, system, variables
from webtrial.selftest.doctor.finding import Finding
from webtrial.selftest.doctor.processor import Use

NOT_PASSED = 1


def test_here_everything_is_looked_at_and_has_a_remedy_unless_it_is_well() -> None:
    found = examine.examine()
    looked_at = {finding.what for finding in found}
    assert {"cores", "CPU quota", "other load", "temporary files", "user", "runs"} <= looked_at
    assert {"locale", "browser for tests", "Python", "variables"} <= looked_at
    assert [each for each in found if (each.level == "ok") == bool(each.remedy)] == []


def test_nothing_is_imported_that_takes_long() -> None:
    heavy = {"pyarrow", "pandas", "numpy", "scipy", "matplotlib", "IPython", "psycopg", "papermill"}
    code = f"import sys, webtrial.selftest.doctor.examine; print({heavy!r} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# --- processor


@pytest.mark.parametrize(
    ("available", "topology", "level", "value"),
    [
        ({3}, ["3"], "warning", "1 for services and load driver"),
        ({0, 1}, ["0", "1"], "ok", "2: load driver on 1, services on 0"),
        (
            {0, 1},
            ["0-1"],
            "warning",
            "2: load driver on 1, services on 0, threads of the same physical core",
        ),
        ({0, 1, 2, 3}, ["0-1", "2-3"], "ok", "4: load driver on 3, services on 0, 1"),
    ],
)
def test_cores(
    tmp_path: Path, available: set[int], topology: list[str], level: str, value: str
) -> None:
    found = processor.cores(available, trees.written(trees.topology(*topology), tmp_path))
    assert (found.level, found.value) == (level, value)


@pytest.mark.parametrize(
    ("tree", "available", "level", "value"),
    [
        (trees.V1, 2, "warning", "0.6 cores (60 ms in 100 ms), 2 available"),
        (trees.V2, 2, "warning", "0.6 cores (60 ms in 100 ms), 2 available"),
        (trees.V2_NESTED, 1, "note", "1 cores (50 ms in 50 ms), 1 available"),
        (trees.V1_NONE, 2, "ok", "none"),
    ],
)
def test_quotas(
    tmp_path: Path, tree: Mapping[str, str], available: int, level: str, value: str
) -> None:
    found = processor.quota(available, trees.written(tree, tmp_path))
    assert (found.level, found.value) == (level, value)


def test_other_load_is_named_where_trials_would_be_suspect() -> None:
    busy = processor.other_load(Use(0.62, 0.0, {"chrome": 0.41, "rsync": 0.2}))
    assert (busy.level, busy.value) == ("warning", "62% of the cores (chrome 41%, rsync 20%)")
    assert processor.other_load(Use(0.05, 0.0, {"sshd": 0.04})).level == "ok"


@pytest.mark.parametrize(("stolen", "level"), [(0.05, "ok"), (0.06, "warning")])
def test_stolen_time(stolen: float, level: str) -> None:
    assert processor.stolen_time(Use(0.0, stolen, {})).level == level


def test_a_process_that_uses_a_core_is_other_load() -> None:
    spin = "print(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", spin], stdout=subprocess.PIPE) as spinning:
        assert spinning.stdout is not None
        spinning.stdout.readline()
        use = processor.watched(os.sched_getaffinity(0))
        spinning.kill()
    assert use.foreign > 0


# --- folders


def test_no_place_for_temporary_files_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise LaunchError("no folder for temporary files")

    monkeypatch.setattr(storage, "scratch_place", nowhere)
    found = storage.temporary_folder()
    assert (found.level, found.remedy) == ("error", "no folder for temporary files")


def test_programs_that_cannot_be_run_are_an_error_to_root_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(storage, "scratch_place", lambda: tmp_path)
    monkeypatch.setattr(storage, "is_noexec", lambda _: True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found = storage.temporary_folder()
    assert (found.level, found.value) == ("error", f"{tmp_path} is mounted noexec")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert storage.temporary_folder().level in ("ok", "note")


@pytest.mark.parametrize(("free_gib", "level"), [(0.05, "error"), (0.7, "warning"), (9.0, "ok")])
def test_room_for_temporary_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free_gib: float, level: str
) -> None:
    free = SimpleNamespace(free=free_gib * storage.GIB)
    monkeypatch.setattr(storage, "scratch_place", lambda: tmp_path)
    monkeypatch.setattr(storage, "is_noexec", lambda _: False)
    monkeypatch.setattr(storage, "is_too_long", lambda _: False)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    assert storage.temporary_folder().level == level


def test_a_long_path_in_tmpdir_is_worth_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(storage, "scratch_place", lambda: tmp_path)
    monkeypatch.setattr(storage, "is_noexec", lambda _: False)
    monkeypatch.setenv("TMPDIR", "/" + 154 * "x")
    found = storage.temporary_folder()
    assert found.level == "note"
    assert found.value.startswith(str(tmp_path))


def test_runs_that_cannot_be_written_are_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(storage, "runs_folder", lambda: tmp_path / "data" / "runs")
    assert storage.runs().level == "ok"
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = storage.runs()
    assert found.level == "error"
    assert "WEBTRIAL_RUNS" in found.remedy


# --- user, PostgreSQL


@pytest.mark.parametrize(
    ("named", "can_be", "url", "level"),
    [
        (True, False, "", "ok"),
        (False, True, "", "note"),
        (False, False, "", "error"),
        (False, False, "postgresql://u@h/d", "ok"),
    ],
)
def test_a_user_without_a_name(
    monkeypatch: pytest.MonkeyPatch, named: bool, can_be: bool, url: str, level: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setattr(account, "has_name", lambda _: named)
    monkeypatch.setattr(account, "can_be_named", lambda _: can_be)
    assert account.user().level == level


def test_without_a_postgresql_nothing_can_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(account, "find_spec", lambda _: None)
    assert account.postgresql().level == "error"
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@h/d")
    found = account.postgresql()
    assert found.level == "note"
    assert "secret" not in f"{found}"


@pytest.mark.parametrize(("most", "level"), [(1024, "note"), (20_000, "ok"), (-1, "ok")])
def test_open_files(monkeypatch: pytest.MonkeyPatch, most: int, level: str) -> None:
    monkeypatch.setattr(account.resource, "getrlimit", lambda _: (most, most))
    assert account.open_files().level == level


# --- system


def test_another_system_than_linux_is_an_error() -> None:
    assert system.kernel("darwin").level == "error"
    assert "container" in system.kernel("darwin").remedy


@pytest.mark.parametrize(("version", "level"), [((3, 10, 13), "error"), ((3, 11, 0), "ok")])
def test_an_old_python_is_an_error(version: tuple[int, ...], level: str) -> None:
    assert system.python(version).level == level


@pytest.mark.parametrize(
    ("encoding", "level"), [("UTF-8", "ok"), ("utf8", "ok"), ("ISO-8859-1", "note")]
)
def test_locales(encoding: str, level: str) -> None:
    assert system.text_encoding(encoding).level == level


def test_a_browser_is_the_systems_or_playwrights(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert system.browser().level == "note"
    (tmp_path / "chromium-1181").mkdir()
    assert system.browser().level == "ok"


# --- variables


def test_interfering_variables_give_warnings() -> None:
    given = {"PYTHONPATH": "/x", "LD_LIBRARY_PATH": "/y", "PYTHONDEVMODE": ""}
    found = list(variables.interfering(given))
    remedies = ["run `unset LD_LIBRARY_PATH`", "run `unset PYTHONPATH`"]
    assert [each.remedy for each in found] == remedies
    assert {each.level for each in found} == {"warning"}


def test_settings_of_other_programs_are_noted_without_their_values() -> None:
    told = {"PGSSLMODE": "require", "PIP_INDEX_URL": "https://user:secret@index", "HOME": "/home"}
    found = variables.foreign(told)
    assert (found.level, found.value) == ("note", "PGSSLMODE, PIP_INDEX_URL")
    assert variables.foreign({"HOME": "/home"}).level == "ok"


def test_a_kernel_of_our_name_is_noted(tmp_path: Path) -> None:
    (tmp_path / "kernels" / "python3").mkdir(parents=True)
    (found,) = variables.foreign_kernel({"JUPYTER_PATH": f"/nowhere:{tmp_path}"})
    assert "papermill by hand" in found.remedy


# --- commands

FINE = Finding("ok", "cores", "2")
NOTED = Finding("note", "locale", "ASCII", "set another")
WARNED = Finding("warning", "CPU quota", "0.6 cores", "raise it")
FATAL = Finding("error", "runs", "cannot be written to", "make it writable")


@pytest.fixture(autouse=True)
def without_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below make a command would end with its parent."""
    monkeypatch.delenv("MAKELEVEL", raising=False)


def finds(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    """Have the doctor find this."""
    monkeypatch.setattr(examine, "examine", lambda: list(findings))


@pytest.mark.parametrize(
    ("findings", "status", "conclusion"),
    [
        ((FINE, NOTED), 0, "Ready to measure."),
        ((FINE, WARNED, NOTED), 0, "Ready to measure, with 1 warning."),
        ((WARNED, FATAL), NOT_PASSED, "Measuring is not possible here: see 1 error above."),
    ],
)
def test_the_doctor_lists_all_findings_and_fails_on_errors(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    findings: tuple[Finding, ...],
    status: int,
    conclusion: str,
) -> None:
    finds(monkeypatch, *findings)
    assert main(["doctor"]) == status
    printed = capsys.readouterr().out
    for finding in findings:
        assert finding.value in printed
        assert finding.remedy in printed
    assert printed.endswith(f"{conclusion}\n")


def test_a_line_is_as_wide_as_the_terminal_and_stays_in_its_column() -> None:
    text = examine.as_text([FINE, Finding("warning", "CPU quota", "so " * 20, "raise it")], 40)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[0] == "ok       cores      2"
    assert lines[-1] == "                    -> raise it"


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a report is made of, instead of making it."""
    done: list[str] = []
    monkeypatch.setattr(report, "report_of_profile", lambda profile, *_: done.append(profile))
    monkeypatch.setattr(report, "report_of_run", lambda run, *_: done.append(run))
    return done


def test_a_report_says_what_matters_and_measures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], measured: list[str]
) -> None:
    finds(monkeypatch, FINE, NOTED, WARNED)
    assert main(["report", "--profile", "smoke"]) == 0
    assert measured == ["smoke"]
    printed = capsys.readouterr().out
    assert "raise it" in printed
    assert "locale" not in printed


def test_a_report_is_not_begun_where_nothing_can_be_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], measured: list[str]
) -> None:
    finds(monkeypatch, FATAL)
    assert main(["report", "--profile", "smoke"]) == NOT_PASSED
    assert measured == []
    assert "make it writable" in capsys.readouterr().out


def test_a_run_that_exists_is_published_on_any_machine(
    monkeypatch: pytest.MonkeyPatch, measured: list[str]
) -> None:
    finds(monkeypatch, FATAL)
    assert main(["report", "--run", "some"]) == 0
    assert measured == ["some"]
