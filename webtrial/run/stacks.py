"""Read the stacks under test from `services/stacks.toml`."""

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
    """One implementation of the contract: its axes, its command, its environment variables.

    The commands run in `folder`, a path below `services/`. `command` starts the service; `prepare`
    (optional) runs once against the template database. Both may contain the placeholders {python},
    {port}, {processes}, {threads}, {accepted_connections}, {backlog} and {keep_alive_s}.
    `stop_signal` stops the service at once.

    `sources` is how the dashboard calls its upstreams; with "gather" it also runs its two queries
    concurrently, as is usual in its community. `http_client` is the client it uses. `searches` is
    how the search runs its three queries. `middleware` lists what every request passes through
    beyond the framework itself. `prepares` says from which use on the driver prepares a statement
    on the server. These fields are recorded because stacks differ in them.

    If two frameworks serve together, the axes name both, joined by "and". `connections` maps
    environment variables to parts of the budget of database connections: one variable per pool,
    which tells the service the size of that pool.

    `after_clone` is SQL that changes the stack's own copy of the data. `serves` names the scenarios
    of a stack that does not serve the whole contract; () means all.
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
    """A server in the file. `command` may also contain the placeholder {application}."""

    model_config = ConfigDict(extra="forbid")

    concurrency: str
    command: tuple[str, ...]
    stop_signal: str = "SIGTERM"


class _File(BaseModel):
    """Content of the file: servers and stacks by name."""

    model_config = ConfigDict(extra="forbid")

    servers: dict[str, _Server]
    stacks: dict[str, dict[str, Any]]


_STACK = TypeAdapter(Stack)


def load_stacks(path: Path = STACKS) -> dict[str, Stack]:
    """Read all stacks of the file, by name, in file order. LaunchError names what is wrong."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LaunchError(f"{path} cannot be read: {error.strerror}. Restore it") from None
    except tomllib.TOMLDecodeError as error:
        raise LaunchError(f"{path} is not valid TOML: {error}. Correct this place") from None
    try:
        read = _File.model_validate(tables)
    except ValidationError as error:
        raise LaunchError(f"{path} has invalid entries: {_faults(error)}. Correct them") from None
    if not read.stacks:
        raise LaunchError(f"{path} has no stacks: add a table [stacks.NAME] for each")
    return {name: _stack(path, name, table, read.servers) for name, table in read.stacks.items()}


def choose_stacks(names: Iterable[str], stacks: dict[str, Stack]) -> list[Stack]:
    """Return the stacks called `names`, in that order. ParameterError lists the known stacks."""
    names = list(names)
    if unknown := [name for name in names if name not in stacks]:
        raise ParameterError(f"unknown stack: {', '.join(unknown)}; known: {', '.join(stacks)}")
    return [stacks[name] for name in names]


def apportion(budget: int, parts: Mapping[str, int]) -> dict[str, int]:
    """Divide `budget` in proportion to `parts`, at least one each.

    Returns the share by name. ValueError if the budget is too small.
    """
    spare = budget - len(parts)
    if spare < 0:
        raise ValueError(f"{budget} cannot be divided among {len(parts)}: each needs at least 1")
    ends = [spare * part // sum(parts.values()) for part in accumulate(parts.values(), initial=0)]
    shares = [1 + end - start for start, end in pairwise(ends)]
    return dict(zip(parts, shares, strict=True))


def _stack(path: Path, name: str, table: dict[str, Any], servers: dict[str, _Server]) -> Stack:
    place = f"{path}, stack [{name}]"
    if (server := servers.get(str(table.get("server")))) is None:
        raise LaunchError(
            f"{place}: unknown server {table.get('server')!r}; known: {', '.join(servers)}"
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
        raise LaunchError(f"{place} has invalid entries: {_faults(error)}. Correct them") from None


def _faults(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
    )
