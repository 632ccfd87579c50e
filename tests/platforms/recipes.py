"""The steps of a Dockerfile, done in a folder instead of an image."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from webtrial.run.stacks import SERVICES

REPOSITORY = SERVICES.parent
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH")
_INDEXES = ("PIP_", "UV_", "SSL_")  # where this machine has its packages from


def steps(dockerfile: Path) -> Iterator[tuple[str, str]]:
    """Instruction and the rest of each line; comments and continued lines are taken together."""
    text = dockerfile.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith("#"):
            instruction, _, rest = line.partition(" ")
            yield instruction, rest.strip()


def build(dockerfile: Path, image: Path) -> list[str]:
    """Do the steps with the folder `image` in place of the image; returns the words of CMD.
    ValueError for a step that this does not know."""
    place, command = image, list[str]()
    for instruction, rest in steps(dockerfile):
        match instruction:
            case "FROM":
                image.mkdir(parents=True)
            case "WORKDIR":
                place = image / rest.lstrip("/")
                place.mkdir(parents=True)
            case "COPY" if rest == ". .":
                copy_context(place)
            case "RUN":
                run(["sh", "-c", rest], place)
            case "CMD":
                command = json.loads(rest)
            case _:
                raise ValueError(f"{instruction} {rest}: not a step that is known here")
    return command


def copy_context(into: Path) -> None:
    """Copy what git knows of the checkout, as it is now: nothing of that is in .dockerignore."""
    known = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(known, cwd=REPOSITORY, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (source := REPOSITORY / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, into / name)


def run(command: Sequence[str], place: Path) -> None:
    """Run a command as a fresh machine would: with nothing of our settings but the package index.
    CalledProcessError with what it said."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _PASSED_ON or name.startswith(_INDEXES)
    }
    subprocess.run(command, cwd=place, env=kept | {"HOME": str(place)}, check=True)
