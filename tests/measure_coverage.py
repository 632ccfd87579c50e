"""Runs tests and counts the branches of webtrial/ and services/ that they take.

    python -m tests.measure_coverage [arguments of pytest]

Services and experiments are started with an environment of their own. Hence a file in the virtual
environment, while this runs, starts coverage.py in each of its processes.
"""

import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
STARTS = Path(sysconfig.get_path("purelib")) / "zz_webtrial_coverage.pth"

_SETTINGS = """
[run]
branch = true
parallel = true
source = {root}/webtrial
    {root}/services
data_file = {folder}/data
sigterm = true
patch = _exit, fork
concurrency = thread, greenlet
disable_warnings = no-data-collected, module-not-imported, module-not-measured
[report]
skip_covered = true
precision = 1
"""
# One line: a .pth file has no others.
_STARTS = (
    "import os, coverage; os.environ['COVERAGE_PROCESS_START'] = {settings!r};"
    " coverage.process_startup(); del os.environ['COVERAGE_PROCESS_START']\n"
)


def main(arguments: Sequence[str]) -> int:
    """Run the tests and print the report; returns pytest's exit code."""
    with tempfile.TemporaryDirectory(prefix="webtrial-coverage-") as folder:
        settings = Path(folder) / "settings.ini"
        settings.write_text(_SETTINGS.format(root=ROOT, folder=folder))
        with _counting(settings):
            code = _run("pytest", *arguments)
        for step in (["combine", "--quiet"], ["report"]):
            _run("coverage", *step, "--rcfile", str(settings))
    return code


@contextmanager
def _counting(settings: Path) -> Iterator[None]:
    """Have every process of this virtual environment count, for the block."""
    STARTS.write_text(_STARTS.format(settings=str(settings)))
    try:
        yield
    finally:
        STARTS.unlink()


def _run(module: str, *arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", module, *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
