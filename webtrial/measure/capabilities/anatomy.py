"""Each framework's service as `services/capabilities.toml` describes it."""

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
"""What lines of code are for. `upstreams` ask other services, `measuring` serves Webtrial alone."""

ANATOMY = SERVICES / "capabilities.toml"


class Anatomy(BaseModel):
    """What is probed of a framework, and what its service is made of.

    `requirements` are what the service needs installed, the first of them the framework itself.
    `purposes` tell what its sources are for: patterns of files below the stack's folder, or
    `file:Name` for a class or function within one. `documentation` are the names that code uses
    only for the sake of the interactive documentation. `alone` starts a service of the framework
    by itself in `services/alone/`; {python} and {port} are filled in. `others` start more services
    there, which only this framework is asked of, by what they are for.
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
        """The framework's own package, without what it may take along."""
        return self.requirements[0].partition("[")[0]


_FILE = TypeAdapter(dict[str, Anatomy])


def read_anatomies(path: Path = ANATOMY) -> dict[str, Anatomy]:
    """By the framework's name; CapabilityError that names what is wrong with the file."""
    try:
        return _FILE.validate_python(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise CapabilityError(f"{path} cannot be read: {error}") from None
