"""What the files of a run were when they were written: `SHA256SUMS`, for `sha256sum --check`.

A line is added when its file is whole. So a line that a crash cut off is the last one, and says
nothing.
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
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_line(name: str, digest: str) -> str:
    """How a file is listed."""
    return f"{digest}  {name}\n"


def as_text(sums: Mapping[str, str]) -> str:
    """The list of `sums`, digest by file."""
    return "".join(as_line(*each) for each in sorted(sums.items()))


def add(folder: Path, name: str, digest: str) -> None:
    """List one file more, on disk at once."""
    with (folder / NAME).open("a", encoding="utf-8") as file:
        file.write(as_line(name, digest))
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> dict[str, str]:
    """Digest by file, as listed; lines that are none are left out."""
    lines = (folder / NAME).read_text(errors="replace", encoding="utf-8").splitlines(keepends=True)
    found = filter(None, map(_LINE.fullmatch, lines))
    return {each[2]: each[1] for each in found}


def sums_of(folder: Path) -> dict[str, str]:
    """Digest by file, of the files that are there."""
    names = [MANIFEST, *(name for part in FOLDERS for name in _files(folder, part))]
    return {name: digest_of(folder / name) for name in names}


def damage_of(folder: Path, *, is_over: bool) -> dict[str, str]:
    """What is wrong, by file; {} where every file is what was written.

    Where a run `is_over` every file is listed; until then the last ones may not be yet.
    """
    if not (folder / NAME).is_file():
        return {NAME: "is missing: nothing tells whether the other files are whole"}
    listed = read(folder)
    found = {name: fault for name in listed if (fault := _fault(folder / name, listed[name]))}
    if is_over:
        present = [name for part in FOLDERS for name in _files(folder, part)]
        strange = [name for name in present if name not in listed]
        found |= dict.fromkeys(strange, f"is not listed in {NAME}")
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
    return f"is not what was written: its SHA-256 is {now[:12]}…, and was {digest[:12]}…"


def _files(folder: Path, part: str) -> list[str]:
    """Whole files alone: what is being written has a name that begins with a dot."""
    return sorted(f"{part}/{path.name}" for path in (folder / part).glob("[!.]*"))
