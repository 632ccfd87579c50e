"""Where temporary folders are made, and what makes a place unfit for them."""

import os
import tempfile
from pathlib import Path

from webtrial.errors import LaunchError

LONGEST = 75
"""Characters of a folder's path. The path of a socket may have 107, and `multiprocessing` adds 32
to that of the temporary folder."""

SHARED = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes folders that are ours alone


def scratch_place() -> Path:
    """Where scratch folders are made: /tmp, TMPDIR or /var/tmp, the first that is fit.

    As root PostgreSQL is copied there, so a place is preferred from which programs can be run.
    LaunchError where none can be written to, or all have paths too long for sockets.
    """
    usable = [place for place in _places() if os.access(place, os.W_OK | os.X_OK)]
    short = [place for place in usable if not is_too_long(place)]
    if not short:
        raise LaunchError(
            f"no folder for temporary files: {_listed(usable or _places())}"
            f" {'has too long a path for sockets' if usable else 'cannot be written to'}."
            f" Name one in TMPDIR whose path has at most {LONGEST} characters"
        )
    as_root = os.geteuid() == 0
    return next((place for place in short if not (as_root and is_noexec(place))), short[0])


def _places() -> list[Path]:
    return list(dict.fromkeys([SHARED[0], *_named(), *SHARED[1:]]))


def _named() -> list[Path]:
    """The folder that TMPDIR names, or what Python takes in its place; none where there is none."""
    try:
        return [Path(tempfile.gettempdir())]
    except FileNotFoundError:
        return []


def _listed(places: list[Path]) -> str:
    return " or ".join(map(str, places))


def is_noexec(place: Path) -> bool:
    """Whether the file system there is mounted so that no program can be run from it."""
    return bool(os.statvfs(place).f_flag & os.ST_NOEXEC)


def is_too_long(place: Path) -> bool:
    """Whether sockets below that folder have paths that are too long."""
    return len(os.fsencode(place)) > LONGEST


def use_short_temporary_folder() -> None:
    """Have this process, and what it starts, make sockets where their paths are short enough."""
    if any(map(is_too_long, _named())):
        tempfile.tempdir = str(scratch_place())
        os.environ["TMPDIR"] = tempfile.tempdir
