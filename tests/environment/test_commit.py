"""Which commit a run says that it was measured with."""

import os
import subprocess
from pathlib import Path

import pytest

from webtrial.measure.provenance import commit

NOBODYS_UID = 65534


def _git(folder: Path, *arguments: str) -> str:
    """Without the settings of whoever runs the tests."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    author = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    command = ["git", "-C", str(folder), *author, *arguments]
    done = subprocess.run(
        command, env=environment, capture_output=True, encoding="utf-8", check=True
    )
    return done.stdout.strip()


def _repository(folder: Path) -> str:
    """A repository with a commit of its own; its hash."""
    folder.mkdir()
    _git(folder, "init", "--quiet")
    _git(folder, "commit", "--quiet", "--allow-empty", "--message", folder.name)
    return _git(folder, "rev-parse", "HEAD")


def test_it_is_that_of_our_checkout_whichever_git_dir_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, others = (_repository(tmp_path / name) for name in ("ours", "others"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "others" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "others"))
    assert ours != others
    assert commit(tmp_path / "ours") == {"commit": ours, "dirty": False}


def test_files_that_git_does_not_know_are_a_difference_whatever_a_user_has_it_show(
    tmp_path: Path,
) -> None:
    ours = _repository(tmp_path / "ours")
    _git(tmp_path / "ours", "config", "status.showUntrackedFiles", "no")
    (tmp_path / "ours" / "new.py").touch()
    assert commit(tmp_path / "ours") == {"commit": ours, "dirty": True}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to another user")
def test_of_a_checkout_of_another_user_it_says_why_it_is_unknown(tmp_path: Path) -> None:
    _repository(tmp_path / "theirs")
    for path in (tmp_path / "theirs", tmp_path / "theirs" / ".git"):
        os.chown(path, NOBODYS_UID, NOBODYS_UID)
    found = commit(tmp_path / "theirs")
    assert (found["commit"], found["dirty"]) == (None, None)
    assert found["why"].startswith("the checkout belongs to another user")
    assert "git config --global --add safe.directory" in found["why"]
    assert str(tmp_path) not in found["why"]  # a manifest names no place


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit()["why"] == "git is not installed"
