"""Checks of environment variables: which ones change what is measured or published."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from webtrial.selftest.doctor.finding import Finding
from webtrial.system.folders import RUNS_FOLDER

# Passed on to every program that is started, or in effect before our own code runs.
_INTERFERING = {
    "LD_LIBRARY_PATH": "all programs load libraries from it",
    "LD_PRELOAD": "all programs load it first",
    "PYTHONHOME": "Python loads its own modules from it",
    "PYTHONPATH": "its modules may replace those of Webtrial and its requirements",
    "PYTHONOPTIMIZE": "Python skips assertions",
    "PYTHONDEVMODE": "Python is several times slower",
    "PYTHONMALLOC": "Python uses another memory allocator",
    "PYTHONTRACEMALLOC": "Python is several times slower",
    "PYTHONASYNCIODEBUG": "event loops are several times slower",
    "COVERAGE_PROCESS_START": "every executed line is recorded",
}
_READ_BY_WEBTRIAL = {
    "DATABASE_URL": "this PostgreSQL is used instead of the embedded one",
    RUNS_FOLDER: "runs are stored in this folder",
    "WEBTRIAL_PASS_ON": "the variables it names are passed on to all processes",
}
# Settings of other programs, removed from the environment of what Webtrial starts.
_REMOVED_PREFIXES = (
    *("PG", "GIT_", "MPL", "MATPLOTLIB", "JUPYTER_", "IPYTHON", "PAPERMILL_", "PANDOC"),
    *("PIP_", "UV_", "GUNICORN_", "UVICORN_", "FLASK_", "DJANGO_", "SQLALCHEMY_"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy"),
    *("all_proxy", "no_proxy", "OMP_", "OPENBLAS_", "MKL_"),
)


def findings(variables: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield all checks of this module."""
    yield from interfering(variables)
    yield from read_by_webtrial(variables)
    yield foreign(variables)
    yield from foreign_kernel(variables)


def interfering(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the variables that change or slow down what runs."""
    for name, effect in _INTERFERING.items():
        if variables.get(name):
            yield Finding("warning", "variable", f"{name}: {effect}", f"run `unset {name}`")


def read_by_webtrial(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the variables that Webtrial reads."""
    for name, effect in _READ_BY_WEBTRIAL.items():
        if variables.get(name):
            yield Finding("note", "variable", f"{name}: {effect}", "nothing to do")


def foreign(variables: Mapping[str, str]) -> Finding:
    """Return a finding on the variables that other programs read."""
    named = sorted(name for name in variables if name.startswith(_REMOVED_PREFIXES))
    if not named:
        return Finding("ok", "variables", "no settings of other programs")
    remedy = "nothing to do: Webtrial does not pass them on to its processes"
    return Finding("note", "variables", ", ".join(named), remedy)


def foreign_kernel(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Yield Jupyter kernels with the name of ours: papermill would use them if run by hand."""
    folders = filter(None, variables.get("JUPYTER_PATH", "").split(os.pathsep))
    for folder in folders:
        kernel = Path(folder) / "kernels" / "python3"
        if kernel.is_dir():
            remedy = "nothing to do for `make`; to run papermill by hand: `unset JUPYTER_PATH`"
            yield Finding("note", "kernel", f"{kernel} has the name of Webtrial's kernel", remedy)
