"""The stacks on trial, as `services/stacks.toml` describes them."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from webtrial.errors import LaunchError, ParameterError
from webtrial.system.folders import REPOSITORY

SERVICES = REPOSITORY / "services"
STACKS = SERVICES / "stacks.toml"


@dataclass(frozen=True, slots=True)
class Stack:
    """One way to serve the contract: its axes, its command, what its environment adds.

    `folder` lies below `services/` and is where the commands run. `command` serves, `prepare`
    (if any) runs once against the template database. Both may hold the placeholders {python},
    {port}, {processes}, {threads}, {connections_held}, {backlog} and {keep_alive_s}.
    `stop_signal` ends it at once.

    `sources` is how the dashboard asks its upstreams (with "gather" it makes its two queries at
    once as well, as its people do), `http_client` with what; `searches` how the
    search makes its three queries. `middleware` is what every request passes beyond the framework
    itself, `prepares` from which use on the driver prepares a statement on the server: told, since
    stacks differ in them.

    Where two frameworks serve together, axes name both with "and" between. `connections` are the
    variables by which the service is told how many connections to the database it may have, each
    with its part of the budget: one for every pool.

    `after_clone` is SQL that changes the stack's own copy of the data. `serves` names the scenarios
    of a stack that does not serve the whole contract; () is all.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    title: str
    framework: str
    data_access: Literal["ORM", "raw SQL", "ORM and raw SQL", "none"]
    serialiser: str
    concurrency: Literal["threads", "greenlets", "async", "threads and async"]
    server: str
    driver: str
    folder: str
    command: tuple[str, ...]
    orm: str = ""
    sources: Literal["in turn", "threads", "gather"] = "in turn"
    http_client: str = ""
    searches: Literal["in turn", "gather"] = "in turn"
    stop_signal: Literal["SIGTERM", "SIGQUIT"] = "SIGTERM"
    prepare: tuple[str, ...] = ()
    after_clone: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    middleware: tuple[str, ...] = ()
    prepares: str = ""
    connections: dict[str, int] = field(default_factory=lambda: {"DATABASE_CONNECTIONS": 1})
    environment: dict[str, str] = field(default_factory=dict)


class _Server(BaseModel):
    """A server as the file describes it; `command` holds {application} beside the placeholders."""

    model_config = ConfigDict(extra="forbid")

    concurrency: str
    command: tuple[str, ...]
    stop_signal: str = "SIGTERM"


class _File(BaseModel):
    """The file: servers and stacks by name."""

    model_config = ConfigDict(extra="forbid")

    servers: dict[str, _Server]
    stacks: dict[str, dict[str, Any]]


_STACK = TypeAdapter(Stack)


def load_stacks(path: Path = STACKS) -> dict[str, Stack]:
    """Every stack of the file, by name, in its order; LaunchError that names what is wrong."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LaunchError(f"{path} cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise LaunchError(f"{path} is not TOML: {error}. Correct it there") from None
    try:
        read = _File.model_validate(tables)
    except ValidationError as error:
        raise LaunchError(f"{path}: {_faults(error)}") from None
    if not read.stacks:
        raise LaunchError(f"{path} holds no stack: add a table per stack")
    return {name: _stack(path, name, table, read.servers) for name, table in read.stacks.items()}


def choose_stacks(names: Iterable[str], stacks: dict[str, Stack]) -> list[Stack]:
    """The stacks called `names`, in that order; ParameterError that lists what there is."""
    names = list(names)
    if unknown := [name for name in names if name not in stacks]:
        raise ParameterError(f"no such stack: {', '.join(unknown)}; there are {', '.join(stacks)}")
    return [stacks[name] for name in names]


def apportion(budget: int, parts: Mapping[str, int]) -> dict[str, int]:
    """A budget by who shares it, in proportion to their `parts`, at least one each; ValueError
    where it is too small for that."""
    spare = budget - len(parts)
    if spare < 0:
        raise ValueError(f"{budget} cannot be shared by {len(parts)}: give more")
    ends = [spare * part // sum(parts.values()) for part in accumulate(parts.values(), initial=0)]
    shares = [1 + end - start for start, end in pairwise(ends)]
    return dict(zip(parts, shares, strict=True))


def _stack(path: Path, name: str, table: dict[str, Any], servers: dict[str, _Server]) -> Stack:
    place = f"{path}, stack [{name}]"
    if (server := servers.get(str(table.get("server")))) is None:
        raise LaunchError(
            f"{place}: server = {table.get('server')!r} is none of {', '.join(servers)}"
        )
    application = str(table.get("application", ""))
    of_server = {
        "concurrency": server.concurrency,
        "stop_signal": server.stop_signal,
        "command": [word.replace("{application}", application) for word in server.command],
    }
    given = {key: value for key, value in table.items() if key != "application"}
    try:
        return _STACK.validate_python({"name": name, **of_server, **given})
    except ValidationError as error:
        raise LaunchError(f"{place}: {_faults(error)}") from None


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
    )
