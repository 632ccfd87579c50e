"""A user's settings change nothing that is published."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib.font_manager import fontManager

from tests.environment.user_settings import settings_for_publishing
from webtrial.errors import PublishError
from webtrial.publish import document
from webtrial.publish.execute import execute
from webtrial.results.base.figure_style import FONTS

DRAWS = """
import hashlib
import numpy as np
import pandas as pd
from webtrial.results.base.figure_style import panels, styled
from webtrial.results.base.display import Drawing

@styled
def draw():
    figure, ((axes,),) = panels(1, 1, "A title", 2.0)
    axes.plot([1, 2, 3], [1, 4, 9], label="a line")
    axes.set_xlabel("$x$ of 3")
    axes.legend()
    return Drawing(figure, "A title", "What it shows", "How to read it", pd.DataFrame({"x": [1]}))

print(hashlib.sha256(draw().svg().encode()).hexdigest())
"""


def _drawn(environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", DRAWS]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_a_figure_has_the_same_bytes_whatever_a_matplotlibrc_says(tmp_path: Path) -> None:
    assert _drawn({}) == _drawn(settings_for_publishing(tmp_path))


def test_our_fonts_are_found_before_a_users_of_the_same_name() -> None:
    first = {Path(font.fname).parent for font in fontManager.ttflist[:2]}
    assert first == {FONTS}


def test_pandoc_is_the_one_of_our_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = document._pandoc(["--from", "markdown", "--to", "typst"], "An *emphasis*.")
    for name, value in settings_for_publishing(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert expected.strip() == "An #emph[emphasis]."
    assert document._pandoc(["--from", "markdown", "--to", "typst"], "An *emphasis*.") == expected


def test_what_pandoc_refuses_is_said() -> None:
    with pytest.raises(PublishError, match="pandoc could not convert the chapters: Unknown option"):
        document._pandoc(["--no-such-option"], "")


def test_a_notebook_is_executed_by_this_interpreter_without_settings_of_a_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its first cell asks stops it before it has read a run."""
    for name, value in settings_for_publishing(tmp_path).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PublishError, match="unknown parameter 'seed'; known: run"):
        execute("0-overview", tmp_path / "executed", {"seed": 7})
    (executed,) = (tmp_path / "executed").iterdir()
    assert "of mine" not in executed.read_text(encoding="utf-8")
