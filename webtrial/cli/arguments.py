"""Arguments and exit statuses that several commands share."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

NOT_PASSED = 1
FAILED = 2

RunName: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run: its folder, or its name in data/runs/."),
]
IntoFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--into", metavar="FOLDER", readable=False, help="Write here instead of report/dist."
    ),
]
JsonFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="FILE", readable=False, help="Also write the table to this file."
    ),
]


def positive(text: str) -> float:
    """Parse a finite number above 0. BadParameter otherwise."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise typer.BadParameter(f"{text!r} is not a number above 0")
    return value


def joined_pairs(arguments: Sequence[str] | None) -> list[str]:
    """Return the arguments with `-p NAME VALUE` as `-p NAME=VALUE`, which Typer can repeat."""
    waiting = list(reversed(sys.argv[1:] if arguments is None else arguments))
    joined: list[str] = []
    while waiting:
        joined.append(waiting.pop())
        if joined[-1] == "-p" and len(waiting) > 1 and "=" not in waiting[-1]:
            joined.append(f"{waiting.pop()}={waiting.pop()}")
    return joined
