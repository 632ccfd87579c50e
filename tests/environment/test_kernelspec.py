"""Notebooks are executed by our own interpreter, whatever kernels the user has."""

import json
import sys
from pathlib import Path

import nbformat
import pytest
from traitlets.utils.importstring import import_item

from webtrial.cli import main
from webtrial.publish import execute
from webtrial.publish.kernelspecs import OwnKernelSpecs


@pytest.fixture(autouse=True)
def foreign_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel named `python3` that is another interpreter, and one of another name."""
    for name in ("python3", "other"):
        folder = tmp_path / "jupyter" / "kernels" / name
        folder.mkdir(parents=True)
        spec = {"argv": ["false", "{connection_file}"], "display_name": name, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))


def test_a_notebook_of_a_report_is_executed_by_our_interpreter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "NOTEBOOKS", tmp_path)
    cells = [nbformat.v4.new_code_cell("import sys; print(sys.executable)")]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(notebook, tmp_path / "one.ipynb")
    done = nbformat.read(execute.execute("one", tmp_path / "into", {}), as_version=4)
    (output,) = done.cells[-1].outputs
    assert output["text"].strip() == sys.executable


def test_only_the_kernel_of_that_name_is_ours() -> None:
    specs = OwnKernelSpecs().get_all_specs()
    assert specs["python3"]["spec"]["argv"][0] == sys.executable
    assert specs["other"]["spec"]["argv"][0] == "false"


def test_jupyterlab_is_started_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)

    started: list[str] = []
    monkeypatch.setattr("os.execve", lambda _, command, __: started.extend(command))
    monkeypatch.setattr("subprocess.call", lambda *_, **__: 0)
    assert main(["lab"]) == 0
    options = dict(word.split("=", 1) for word in started if "=" in word)
    assert import_item(options["--ServerApp.kernel_spec_manager_class"]) is OwnKernelSpecs
