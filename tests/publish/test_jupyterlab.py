"""A chapter in JupyterLab, run from top to bottom as a reader would."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest
from nbformat.reader import NotJSONError

from tests.publish.browsing import chromium, new_page
from tests.waiting import LIMIT_S
from webtrial.publish.execute import NOTEBOOKS
from webtrial.system.ports import free_port

CHAPTER = "3-search-and-dashboard.ipynb"
STARTS_WITHIN_S, RUNS_WITHIN_S = 120, 600  # patience with a disturbed machine, no claim
KERNEL = ".jp-Notebook-ExecutionIndicator"
IS_CONNECTED = """() => {
    const context = window.jupyterapp?.shell.currentWidget?.sessionContext
    const kernel = context?.session?.kernel
    return context?.isReady && kernel?.connectionStatus === "connected" && kernel.status === "idle"
}"""
"""Before this holds, JupyterLab forgets what it is to run (jupyterlab/jupyterlab#8490)."""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab, and the chapter in its folder, with nothing executed yet."""
    notebook = nbformat.read(NOTEBOOKS / CHAPTER, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    folder = tmp_path / "notebooks"
    folder.mkdir()
    nbformat.write(notebook, folder / CHAPTER)
    port, token = free_port(), secrets.token_hex()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--notebook-dir={folder}", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0"]
    command += ["--LabApp.expose_app_in_browser=True"]  # tells whether the kernel is connected
    own = {"HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path / "settings")}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api?token={token}")
            yield f"http://127.0.0.1:{port}/lab/tree/{CHAPTER}?token={token}", folder / CHAPTER
        finally:
            process.terminate()
            try:
                process.wait(LIMIT_S)
            finally:
                process.kill()


def _wait_for(url: str) -> None:
    for _ in range(STARTS_WITHIN_S * 2):
        try:
            with urlopen(url, timeout=LIMIT_S):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError(f"JupyterLab does not answer within {STARTS_WITHIN_S} s")


@pytest.mark.full
def test_it_runs_from_top_to_bottom(lab: tuple[str, Path]) -> None:
    address, path = lab
    with chromium() as browser, new_page(browser) as page:
        page.goto(address)
        page.locator(".jp-NotebookPanel .jp-Cell").first.click()
        page.wait_for_function(IS_CONNECTED)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator("li[data-command='runmenu:run-all']").click()
        executed = _executed(path)
        for _ in range(RUNS_WITHIN_S // 2):
            if all(cell.execution_count for cell in executed):
                break
            time.sleep(2)
            page.keyboard.press("Control+s")
            with suppress(NotJSONError):  # it is being written at this moment
                executed = _executed(path)
        else:
            status = page.locator(KERNEL).first.get_attribute("data-status")
            asked = page.locator(".jp-Dialog").all_inner_texts()
            done = [cell.execution_count for cell in executed]
            pytest.fail(f"{done} after {RUNS_WITHIN_S} s; kernel {status}; dialogs {asked}")
        drawn = page.locator(".jp-OutputArea img, .jp-OutputArea svg").first
        assert drawn.is_visible()
    outputs = [output for cell in executed for output in cell.outputs]
    assert [cell.execution_count for cell in executed] == list(range(1, len(executed) + 1))
    assert [output.evalue for output in outputs if output.output_type == "error"] == []
    assert sum("image/svg+xml" in output.get("data", {}) for output in outputs) >= 3


def _executed(path: Path) -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code"]
