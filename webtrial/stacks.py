"""The stacks on trial, as `services/stacks.toml` describes them."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from webtrial.errors import LaunchError, ParameterError

SERVICES = Path(__file__).parent.parent / "services"
STACKS = SERVICES / "stacks.toml"


@dataclass(frozen=True, slots=True)
class Stack:
    """One way to serve the contract: its axes, its command, what its environment adds.

    `folder` lies below `services/` and is where the commands run. `command` serves, `prepare`
    (if any) runs once against the template database. Both may hold the placeholders {python},
    {port}, {processes}, {threads}, {connections_held}, {backlog} and {keep_alive_s}.

    `middleware` is what every request passes beyond the framework itself, `prepares` from which
    use on the driver prepares a statement on the server: told, since stacks differ in them.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    title: str
    framework: str
    data_access: Literal["ORM", "raw SQL"]
    serialiser: str
    concurrency: Literal["threads", "async"]
    server: str
    driver: str
    folder: str
    command: tuple[str, ...]
    prepare: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    prepares: str = ""
    environment: dict[str, str] = field(default_factory=dict)


_STACK = TypeAdapter(Stack)


def load_stacks(path: Path = STACKS) -> dict[str, Stack]:
    """Every stack of the file, by name, in its order; LaunchError that names what is wrong."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LaunchError(f"{path} cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise LaunchError(f"{path} is not TOML: {error}. Correct it there") from None
    if not tables:
        raise LaunchError(f"{path} holds no stack: add a table per stack")
    return {name: _read_stack(path, name, table) for name, table in tables.items()}


def choose_stacks(names: Iterable[str], stacks: dict[str, Stack]) -> list[Stack]:
    """The stacks called `names`, in that order; ParameterError that lists what there is."""
    names = list(names)
    if unknown := [name for name in names if name not in stacks]:
        raise ParameterError(f"no such stack: {', '.join(unknown)}; there are {', '.join(stacks)}")
    return [stacks[name] for name in names]


def _read_stack(path: Path, name: str, table: object) -> Stack:
    if not isinstance(table, dict):
        raise LaunchError(f"{path}: {name} = {table!r} stands outside any stack's table")
    try:
        return _STACK.validate_python({"name": name, **table})
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise LaunchError(f"{path}, stack [{name}]: {faults}") from None
