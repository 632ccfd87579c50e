"""The container, the development container and Binder: their steps, done in a folder."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platforms.recipes import REPOSITORY, build, copy_context, run, steps

DOCKERFILE = REPOSITORY / "Dockerfile"
DEVELOPMENT = REPOSITORY / ".devcontainer" / "devcontainer.json"
BINDER = REPOSITORY / ".binder"

needs_git = pytest.mark.skipif(not (REPOSITORY / ".git").exists(), reason="no git checkout")


def test_all_three_have_the_same_python() -> None:
    image = dict(steps(DOCKERFILE))["FROM"]
    assert re.fullmatch(r"python:3\.\d+", image)
    assert json.loads(DEVELOPMENT.read_text())["image"] == image
    assert (BINDER / "runtime.txt").read_text().strip() == image.replace(":", "-")


def test_a_container_measures_where_nothing_else_is_asked_of_it() -> None:
    assert json.loads(dict(steps(DOCKERFILE))["CMD"]) == ["make", "report"]


@pytest.mark.parametrize("instruction", ["ADD x /x", "COPY --from=other /x /x", "USER nobody"])
def test_a_step_that_these_tests_cannot_do_is_refused(tmp_path: Path, instruction: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.13\n{instruction}\n")
    with pytest.raises(ValueError, match="not a step that is known here"):
        build(tmp_path / "Dockerfile", tmp_path / "image")


def test_binder_opens_the_sample_where_a_notebook_asks_for_the_newest_run() -> None:
    code = "from webtrial.run.store import latest_run; print(latest_run().path)"
    command = [str(BINDER / "start"), sys.executable, "-c", code]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == REPOSITORY / "data" / "sample"


@needs_git
@pytest.mark.parametrize("name", ["data/sample/manifest.json", "webtrial/run/store.py"])
def test_a_checkout_on_windows_has_the_same_bytes(tmp_path: Path, name: str) -> None:
    """Checksums of the sample are over bytes, which git would otherwise change there."""
    windows = ["-c", "core.autocrlf=true", "-c", "core.eol=crlf"]
    into = ["checkout-index", f"--prefix={tmp_path}/", "--", name]
    subprocess.run(["git", "-C", str(REPOSITORY), *windows, *into], check=True)
    assert b"\r\n" not in (tmp_path / name).read_bytes()


@needs_git
@pytest.mark.full
def test_the_container_is_built_and_makes_a_report(tmp_path: Path) -> None:
    command = build(DOCKERFILE, tmp_path / "image")
    webtrial = tmp_path / "image" / "webtrial"
    run([*command, "PROFILE=smoke"], webtrial)
    assert (webtrial / "report" / "dist" / "index.html").stat().st_size > 0
    assert (webtrial / "report" / "dist" / "report.pdf").stat().st_size > 0


@needs_git
@pytest.mark.full
def test_the_development_container_has_what_the_tests_need(tmp_path: Path) -> None:
    copy_context(tmp_path)
    run(shlex.split(json.loads(DEVELOPMENT.read_text())["onCreateCommand"]), tmp_path)
    run([".venv/bin/python", "-m", "pytest", "--collect-only", "-q", "tests/results"], tmp_path)
    run([".venv/bin/playwright", "install", "--dry-run", "chromium"], tmp_path)


@needs_git
@pytest.mark.full
def test_binder_reads_the_sample(tmp_path: Path) -> None:
    copy_context(tmp_path)
    run([sys.executable, "-m", "venv", "binder"], tmp_path)
    run(["binder/bin/pip", "install", "-q", "-r", ".binder/requirements.txt"], tmp_path)
    code = "import webtrial as wt; run = wt.latest_run(); wt.claims(run).data; wt.ratio_table(run)"
    run([".binder/start", "binder/bin/python", "-c", code], tmp_path)
