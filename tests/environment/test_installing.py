"""Set-up: the Python version is checked first, and foreign settings of pip and uv do no harm."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.waiting import LONG_S

PROJECT = Path(__file__).parent.parent.parent
CALLS = "CALLS_OF_UV"  # names the file to which the stand-in for uv writes how it was called
SAID_BY_UV = f"""
import json, os, sys
with open(os.environ["{CALLS}"], "a") as file:
    file.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
"""
OLD_PYTHON = """
import runpy, sys
sys.version_info = (3, 10, 4, "final", 0)
sys.argv = [each for each in sys.argv[1:] if each != "-I"]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
HOSTILE = {
    "PIP_USER": "1",
    "PIP_REQUIRE_HASHES": "1",
    "PIP_TARGET": "elsewhere",
    "PIP_QUIET": "2",
    "PYTHONHOME": "/nowhere",
    "UV_REQUIRE_HASHES": "1",
    "UV_EXCLUDE_NEWER": "2020-01-01",
}
HOSTILE_CONFIGURATION = """
[global]
index-url = http://127.0.0.1:9/simple
no-index = true
quiet = 2
user = true
[install]
require-hashes = true
find-links = {wheels}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder, with a space in its name, of what set-up needs."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    for name in ("Makefile", "install.py", "pyproject.toml"):
        shutil.copy(PROJECT / name, folder)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (folder / name).write_text("")
    return folder


@pytest.fixture
def install(checkout: Path) -> ModuleType:
    """The module install.py of that folder."""
    spec = importlib.util.spec_from_file_location("install", checkout / "install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Have make set everything up to run."""
    foreign = ("MAKE", "PIP_", "UV_")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return subprocess.run(
        ["make", ".venv/ready-to-run", *arguments],
        cwd=checkout,
        env=ours | variables,
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )


def a_wheel_of_uv(folder: Path) -> None:
    """A wheel whose `python -m uv` tells how it was called, and does nothing."""
    folder.mkdir()
    about = "uv-99.0.dist-info"
    with zipfile.ZipFile(folder / "uv-99.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("uv/__init__.py", "")
        wheel.writestr("uv/__main__.py", SAID_BY_UV)
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 99.0\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "")


def a_venv_with_pip(checkout: Path) -> None:
    """A virtual environment of this Python; the pip of this one serves it, which takes no time."""
    venv.create(checkout / ".venv", symlinks=True)
    (packages,) = (checkout / ".venv").glob("lib/*/site-packages")
    pip = importlib.util.find_spec("pip")
    assert pip is not None
    assert pip.origin is not None
    (packages / "pip").symlink_to(Path(pip.origin).parent)


def test_settings_for_other_environments_do_no_harm_and_the_index_is_passed_on(
    checkout: Path, tmp_path: Path
) -> None:
    a_venv_with_pip(checkout)
    a_wheel_of_uv(tmp_path / "wheels")
    configuration = tmp_path / "pip.conf"
    configuration.write_text(HOSTILE_CONFIGURATION.format(wheels=tmp_path / "wheels"))
    places = {"PIP_CONFIG_FILE": str(configuration), CALLS: str(tmp_path / "calls")}
    done = make(checkout, f"PYTHON={sys.executable}", **HOSTILE, **places)
    assert done.returncode == 0, done.stderr

    assert (checkout / ".venv" / "uv").is_file()
    assert (checkout / ".venv" / "ready-to-run").is_file()
    assert not (checkout / "elsewhere").exists()
    arguments, environment = json.loads((tmp_path / "calls").read_text().splitlines()[-1])
    assert arguments[:2] == ["pip", "install"]
    assert environment["UV_DEFAULT_INDEX"] == "http://127.0.0.1:9/simple"
    assert environment["UV_FIND_LINKS"] == str(tmp_path / "wheels")
    assert not {"UV_REQUIRE_HASHES", "UV_EXCLUDE_NEWER", "PYTHONHOME"} & environment.keys()


def test_a_python_that_is_too_old_is_refused_before_anything_is_made(
    checkout: Path, tmp_path: Path
) -> None:
    (tmp_path / "wrapper.py").write_text(OLD_PYTHON)
    old = tmp_path / "python3.10"
    old.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{tmp_path / "wrapper.py"}" "$@"\n')
    old.chmod(0o755)
    done = make(checkout, f"PYTHON={old}")
    assert done.returncode != 0
    said = done.stderr.splitlines()[0]
    assert said.startswith("Webtrial needs Python 3.11 or newer, but ")
    assert " is 3.10.4: " in said
    assert not (checkout / ".venv").exists()


# --- the virtual environment that is there


@pytest.fixture
def made(install: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which environments are made from here on."""
    calls: list[str] = []
    monkeypatch.setattr(install, "make_venv", lambda: calls.append("made"))
    return calls


def a_venv(install: ModuleType, *version: int) -> Path:
    """A `.venv` whose Python says that it is of that version; without one, that does not start."""
    python = Path(install.PYTHON)
    python.parent.mkdir(parents=True)
    (install.VENV / "pyvenv.cfg").touch()
    if version:
        python.write_text(f"#!/bin/sh\necho {version[0]} {version[1]}\n")
        python.chmod(0o755)
        (install.VENV / "lib" / "python{}.{}/site-packages/pip".format(*version)).mkdir(
            parents=True
        )
    return Path(install.VENV)


THIS = sys.version_info[:2]


@pytest.mark.parametrize("version", [(3, 10), ()])
@pytest.mark.parametrize("any_version", [True, False])
def test_a_venv_that_is_too_old_or_broken_is_replaced(
    install: ModuleType, made: list[str], version: tuple[int, ...], any_version: bool
) -> None:
    folder = a_venv(install, *version)
    install.provide_venv(any_version)
    assert made == ["made"]
    assert not folder.exists()


def test_a_venv_of_another_version_is_replaced_only_where_a_version_was_named(
    install: ModuleType, made: list[str]
) -> None:
    folder = a_venv(install, 3, 99)
    install.provide_venv(any_version=True)
    assert (made, folder.exists()) == ([], True)
    install.provide_venv(any_version=False)
    assert (made, folder.exists()) == (["made"], False)


def test_a_venv_that_fits_stays_as_it_is(install: ModuleType, made: list[str]) -> None:
    folder = a_venv(install, *THIS)
    (folder / "uv").touch()
    install.provide_venv(any_version=False)
    assert made == []
    assert (folder / "uv").is_file()


def test_what_was_installed_for_another_version_is_installed_again(
    install: ModuleType, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(install, "run", lambda command, _: commands.append(command))
    folder = a_venv(install, *THIS)
    shutil.rmtree(folder / "lib")
    (folder / "ready-to-run").touch()
    install.provide_venv(any_version=False)
    assert made == []
    assert [command[-1] for command in commands] == ["ensurepip"]
    assert not (folder / "ready-to-run").exists()


def test_a_folder_that_is_no_virtual_environment_is_not_removed(
    install: ModuleType, made: list[str]
) -> None:
    kept = Path(install.VENV) / "something"
    kept.mkdir(parents=True)
    install.provide_venv(any_version=True)
    assert made == ["made"]
    assert kept.is_dir()


def test_uv_that_is_stamped_but_not_there_is_installed(install: ModuleType) -> None:
    folder = a_venv(install, *THIS)
    (folder / "uv").write_text(str(install.PROJECT))
    assert install.is_stale("uv")
    (folder / "lib" / "python3.11" / "site-packages" / "uv").mkdir(parents=True)
    assert not install.is_stale("uv")


def test_what_was_installed_where_the_project_was_before_is_installed_again(
    install: ModuleType,
) -> None:
    stamp = a_venv(install, *THIS) / "ready-to-run"
    for source in install.SOURCES["ready-to-run"]:
        (install.PROJECT / source).parent.mkdir(exist_ok=True)
        (install.PROJECT / source).touch()
    stamp.write_text(str(install.PROJECT))
    assert not install.is_stale("ready-to-run")
    stamp.write_text("/where/it/was/before")
    assert install.is_stale("ready-to-run")


# --- settings

LISTING = """
For variant 'global', will try loading '/etc/pip.conf'
:env:.index-url='https://three.example/simple'
:env:.target='/elsewhere'
global.extra-index-url='\\nhttps://a.example/simple\\nhttps://b.example/simple'
global.find-links="/home/o'neil/wheels"
global.index-url='https://one.example/simple'
global.require-hashes='true'
install.index-url='https://two.example/simple'
install.no-index='false'
"""
PLACES = {
    "extra-index-url": "https://a.example/simple https://b.example/simple",
    "find-links": "/home/o'neil/wheels",
    "index-url": "https://three.example/simple",
    "no-index": "false",
}


def test_places_are_read_as_pip_ranks_them(install: ModuleType) -> None:
    assert install.places_listed(LISTING) == PLACES


def test_pip_is_told_of_places_and_of_nothing_else(install: ModuleType) -> None:
    environ = {"HOME": "/home", "PIP_USER": "1", "PIP_NO_BINARY": ":all:", "PYTHONPATH": "/x"}
    assert install.pip_environment(environ, {"index-url": "https://one.example"}) == {
        "HOME": "/home",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": "https://one.example",
    }


def test_uv_looks_where_pip_does(install: ModuleType) -> None:
    places = PLACES | {"find-links": "/one /two", "trusted-host": "a.example b.example"}
    assert install.uv_environment({}, places) == {
        "UV_DEFAULT_INDEX": "https://three.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/one,/two",
        "UV_INSECURE_HOST": "a.example b.example",
    }


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_what_uv_itself_was_told_comes_first(install: ModuleType, name: str) -> None:
    own = {name: "https://own.example", "UV_REQUIRE_HASHES": "1", "UV_CACHE_DIR": "/cache"}
    found = install.uv_environment(own, {"index-url": "https://one.example"})
    assert found == {name: "https://own.example", "UV_CACHE_DIR": "/cache"}


@pytest.mark.parametrize(("told", "passed"), [("true", ["--no-index"]), ("false", [])])
def test_an_index_that_is_switched_off_stays_off(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, told: str, passed: list[str]
) -> None:
    commands: list[Any] = []
    record: Callable[..., None] = lambda command, environment: commands.append(command)  # noqa: E731
    monkeypatch.setattr(install, "places_of_pip", lambda: {"no-index": told})
    monkeypatch.setattr(install, "run", record)
    install.uv("install", "-r", "requirements.txt")
    (command,) = commands
    assert [each for each in command if each == "--no-index"] == passed


def test_no_address_of_an_index_is_written_anywhere_in_the_project() -> None:
    for name in ("Makefile", "install.py", "pyproject.toml", "requirements.txt"):
        assert "://" not in (PROJECT / name).read_text(), name
