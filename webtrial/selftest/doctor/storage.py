"""Checks of the folders for temporary files and for runs: access and free space."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from webtrial.errors import LaunchError
from webtrial.selftest.doctor.finding import Finding, Level
from webtrial.system.folders import RUNS_FOLDER, runs_folder
from webtrial.system.places import is_noexec, is_too_long, scratch_place

GIB = 2**30
ROOM_FOR_SCRATCH = (0.5, 1.0)
"""Free GiB below which nothing can be measured, and below which space may run out. PostgreSQL, its
data and the samples of a trial need it."""
ROOM_FOR_RUNS = (0.1, 0.5)


def findings() -> Iterator[Finding]:
    """Yield all checks of this module."""
    yield temporary_folder()
    yield runs()


def temporary_folder() -> Finding:
    """Whether there is a place for PostgreSQL and its data."""
    try:
        place = scratch_place()
    except LaunchError as error:
        return Finding("error", "temporary files", "no suitable folder", str(error))
    named = Path(os.environ.get("TMPDIR") or tempfile.gettempdir())
    if os.geteuid() == 0 and is_noexec(place):
        remedy = "set TMPDIR to another folder, or run as a user other than root"
        return Finding("error", "temporary files", f"{place} is mounted noexec", remedy)
    if too_little := _room("temporary files", place, ROOM_FOR_SCRATCH):
        return too_little
    if is_too_long(named):
        value = f"{place}, because the path in TMPDIR is too long for sockets"
        return Finding("note", "temporary files", value, "nothing to do")
    return Finding("ok", "temporary files", f"{place}, {_free_gib(place):.0f} GiB free")


def runs() -> Finding:
    """Whether a run can be written."""
    folder = runs_folder()
    existing = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        remedy = f"make it writable, or set {RUNS_FOLDER} to another folder"
        return Finding("error", "runs", f"{folder} is not writable", remedy)
    free = f"{folder}, {_free_gib(existing):.0f} GiB free"
    return _room("runs", existing, ROOM_FOR_RUNS) or Finding("ok", "runs", free)


def _room(what: str, folder: Path, bounds: tuple[float, float]) -> Finding | None:
    """Return a finding if there is too little free space; None if there is enough."""
    free_gib, (too_little, little) = _free_gib(folder), bounds
    if free_gib >= little:
        return None
    level: Level = "error" if free_gib < too_little else "warning"
    value = f"{free_gib:.2f} GiB free at {folder}"
    return Finding(level, what, value, f"free at least {little:g} GiB")


def _free_gib(folder: Path) -> float:
    return shutil.disk_usage(folder).free / GIB
