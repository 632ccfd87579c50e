"""Checks of environment variables: which ones change what is measured or published."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from webtrial.selftest.doctor.finding import Finding
from webtrial.system.folders import RUNS_FOLDER

# Passed on to every program that is started, or in effect before our own code runs.
_INTERFERING = {
    "LD_LIBRARY_PATH": "programs of ours load libraries from there",
    "LD_PRELOAD": "each program loads it first",
    "PYTHONHOME": "Python looks for its own modules there",
    "PYTHONPATH": "modules there are imported in place of Webtrial's and its requirements",
    "PYTHONOPTIMIZE": "Python leaves out checks",
    "PYTHONDEVMODE": "Python is several times slower",
    "PYTHONMALLOC": "Python takes memory in another way",
    "PYTHONTRACEMALLOC": "Python is several times slower",
    "PYTHONASYNCIODEBUG": "event loops are several times slower",
    "COVERAGE_PROCESS_START": "each line that runs is recorded",
}
_MEANT_FOR_US = {
    "DATABASE_URL": "that PostgreSQL is used in place of the embedded one",
    RUNS_FOLDER: "runs lie there",
    "WEBTRIAL_PASS_ON": "the variables that it names reach all that is started",
}
# Settings of other programs, removed from the environment of what Webtrial starts.
_KEPT_AWAY = (
    *("PG", "GIT_", "MPL", "MATPLOTLIB", "JUPYTER_", "IPYTHON", "PAPERMILL_", "PANDOC"),
    *("PIP_", "UV_", "GUNICORN_", "UVICORN_", "FLASK_", "DJANGO_", "SQLALCHEMY_"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy"),
    *("all_proxy", "no_proxy", "OMP_", "OPENBLAS_", "MKL_"),
)


def findings(variables: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield all checks of this module."""
    yield from interfering(variables)
    yield from meant_for_us(variables)
    yield foreign(variables)
    yield from foreign_kernel(variables)


def interfering(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the variables that change or slow down what runs."""
    for name, effect in _INTERFERING.items():
        if variables.get(name):
            yield Finding("warning", "variable", f"{name}: {effect}", f"`unset {name}`")


def meant_for_us(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the variables that Webtrial reads."""
    for name, effect in _MEANT_FOR_US.items():
        if variables.get(name):
            yield Finding("note", "variable", f"{name}: {effect}", "nothing to do")


def foreign(variables: Mapping[str, str]) -> Finding:
    """Return a finding on the variables that other programs read."""
    named = sorted(name for name in variables if name.startswith(_KEPT_AWAY))
    if not named:
        return Finding("ok", "variables", "none of other programs")
    remedy = "nothing to do: what Webtrial starts does not get them"
    return Finding("note", "variables", ", ".join(named), remedy)


def foreign_kernel(variables: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a Jupyter kernel with the name of ours; papermill, run by hand, would use it."""
    folders = filter(None, variables.get("JUPYTER_PATH", "").split(os.pathsep))
    for folder in folders:
        kernel = Path(folder) / "kernels" / "python3"
        if kernel.is_dir():
            remedy = "nothing to do for `make`; for papermill by hand: `unset JUPYTER_PATH`"
            yield Finding("note", "kernel", f"{kernel} has the name of ours", remedy)
