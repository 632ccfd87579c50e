"""Each framework's service as described in `services/capabilities.toml`."""

import tomllib
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from webtrial.errors import CapabilityError
from webtrial.run.stacks import SERVICES

Purpose = Literal[
    "routes",
    "validation",
    "data access",
    "models",
    "security",
    "errors",
    "configuration",
    "documentation",
    "templates",
    "admin",
    "upstreams",
    "measuring",
]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
"""Purposes of lines of code. `upstreams` call other services; `measuring` serves only Webtrial."""

ANATOMY = SERVICES / "capabilities.toml"


class Anatomy(BaseModel):
    """Description of a framework: what to probe, and what its service consists of.

    `requirements` are the packages that the service needs; the first one is the framework itself.
    `purposes` assign its sources to purposes, by patterns of files below the stack's folder, or by
    `file:Name` for a class or function in a file. `documentation` are names that code uses only for
    the interactive documentation. `alone` is the command of a minimal service in
    `services/alone/` that uses only the framework; {python} and {port} are filled in. `others` maps
    purposes to the commands of further services there, which are probed for this framework only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack: str
    requirements: tuple[str, ...]
    documentation: tuple[str, ...]
    alone: tuple[str, ...]
    others: dict[str, tuple[str, ...]] = {}
    purposes: dict[Purpose, tuple[str, ...]]

    @property
    def package(self) -> str:
        """Return the name of the framework's own package, without extras."""
        return self.requirements[0].partition("[")[0]


_FILE = TypeAdapter(dict[str, Anatomy])


def read_anatomies(path: Path = ANATOMY) -> dict[str, Anatomy]:
    """Return the anatomies by framework; raise CapabilityError that names errors in the file."""
    try:
        return _FILE.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise CapabilityError(f"{path} cannot be read: {error}. Restore or correct it") from None
