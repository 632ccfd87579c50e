"""Choose a place for temporary folders, and check whether it is suitable."""

import os
import tempfile
from pathlib import Path

from webtrial.errors import LaunchError

LONGEST = 75
"""Maximum length of a folder's path. A socket's path may have 107 characters, and `multiprocessing`
adds 32 to the path of the temporary folder."""

SHARED = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108 - mkdtemp makes folders that are ours alone


def scratch_place() -> Path:
    """Return the first suitable place for scratch folders: /tmp, TMPDIR or /var/tmp.

    For root, PostgreSQL is copied there: places without the mount option noexec are preferred.
    LaunchError if none is writable, or if all paths are too long for sockets.
    """
    usable = [place for place in _places() if os.access(place, os.W_OK | os.X_OK)]
    short = [place for place in usable if not is_too_long(place)]
    if not short:
        raise LaunchError(
            f"no folder for temporary files: {' or '.join(map(str, usable or _places()))}"
            f" {'has too long a path for sockets' if usable else 'is not writable'}. Set TMPDIR to"
            f" a writable folder whose path has at most {LONGEST} characters"
        )
    as_root = os.geteuid() == 0
    return next((place for place in short if not (as_root and is_noexec(place))), short[0])


def _places() -> list[Path]:
    return list(dict.fromkeys([SHARED[0], *_temporary_folders(), *SHARED[1:]]))


def _temporary_folders() -> list[Path]:
    """Return the folder that TMPDIR names, or Python's replacement for it; [] if there is none."""
    try:
        return [Path(tempfile.gettempdir())]
    except FileNotFoundError:
        return []


def is_noexec(place: Path) -> bool:
    """Whether the file system of `place` is mounted with noexec."""
    return bool(os.statvfs(place).f_flag & os.ST_NOEXEC)


def is_too_long(place: Path) -> bool:
    """Whether paths of sockets below `place` would be too long."""
    return len(os.fsencode(place)) > LONGEST


def use_short_temporary_folder() -> None:
    """Move the temporary folder of this process and its children if socket paths are too long."""
    if any(map(is_too_long, _temporary_folders())):
        tempfile.tempdir = str(scratch_place())
        os.environ["TMPDIR"] = tempfile.tempdir
