"""Checksums of a run's files when they were written: `SHA256SUMS`, for `sha256sum --check`.

A line is added once its file is complete. A line truncated by a crash is therefore the last one,
and is ignored.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

NAME = "SHA256SUMS"
MANIFEST = "manifest.json"
FOLDERS = ("trials", "samples")

_LINE = re.compile(r"([0-9a-f]{64})  (manifest\.json|(?:trials|samples)/[\w-]+\.\w+)\n")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_line(name: str, digest: str) -> str:
    """Return the line that lists a file."""
    return f"{digest}  {name}\n"


def as_text(sums: Mapping[str, str]) -> str:
    """Return the content of SHA256SUMS for `sums`, digest by file."""
    return "".join(as_line(*each) for each in sorted(sums.items()))


def add(folder: Path, name: str, digest: str) -> None:
    """Append one file to the list and sync it to disk."""
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(as_line(name, digest))
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> dict[str, str]:
    """Return the listed digests by file; malformed lines are skipped."""
    lines = (folder / NAME).read_text(errors="replace", encoding="utf-8").splitlines(keepends=True)
    found = filter(None, map(_LINE.fullmatch, lines))
    return {each[2]: each[1] for each in found}


def sums_of(folder: Path) -> dict[str, str]:
    """Compute the digests of the existing files, by file."""
    names = [MANIFEST, *(name for part in FOLDERS for name in _files(folder, part))]
    return {name: digest_of(folder / name) for name in names}


def damage_of(folder: Path, *, is_over: bool) -> dict[str, str]:
    """Return the faults by file; {} if every file is as it was written.

    If the run `is_over`, every file must be listed; before that, the last files may not be listed
    yet.
    """
    if not (folder / NAME).is_file():
        return {NAME: "is missing, so the other files cannot be verified"}
    listed = read(folder)
    found = {name: fault for name in listed if (fault := _fault(folder / name, listed[name]))}
    if is_over:
        present = [name for part in FOLDERS for name in _files(folder, part)]
        unlisted = [name for name in present if name not in listed]
        found |= dict.fromkeys(unlisted, f"is not listed in {NAME}")
    return found


def _fault(path: Path, digest: str) -> str:
    if not path.is_file():
        return "is missing"
    try:
        now = digest_of(path)
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    if now == digest:
        return ""
    return f"was changed: its SHA-256 was {digest[:12]}… and is now {now[:12]}…"


def _files(folder: Path, part: str) -> list[str]:
    """Return complete files only: names of unfinished files begin with a dot."""
    return sorted(f"{part}/{path.name}" for path in (folder / part).glob("[!.]*"))
