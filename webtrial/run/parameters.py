"""Parameters of a run, with their defaults and ranges.

One model validates four sources: the profiles in `notebooks/profiles/`, papermill's
`-f` and `-p`, a notebook's parameters cell, and the manifest of an earlier run.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from webtrial.errors import ParameterError
from webtrial.run.records import Load
from webtrial.run.scenario_names import ONE_AT_A_TIME, OWNED, SCENARIOS
from webtrial.run.stacks import Stack, load_stacks
from webtrial.system.folders import REPOSITORY
from webtrial.system.yaml_text import parse_yaml, read_yaml

PROFILES = REPOSITORY / "notebooks" / "profiles"

Names = Annotated[list[str], Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]
Users = Annotated[int, Field(ge=1, le=10_000)]
Connections = Annotated[int, Field(ge=1, le=20_000)]
Rate = Annotated[float, Field(gt=0, le=100_000)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


PRIVATE = frozenset({"database_url", "scheduler", "targets", "results_url"})
"""Parameters that hold addresses: they are neither shown nor stored in a run."""

RECORDED = {"recorded": True}
"""Validation context for the parameters of an earlier run, whose stacks may no longer exist."""


_LOADS: dict[str, Callable[[Any], Load]] = {
    "closed_users": lambda users: Load("closed", users=users),
    "open_rates_per_s": lambda rate: Load("open", rate_per_s=rate),
    "common_fractions": lambda share: Load("open", capacity_fraction=share),
    "own_fractions": lambda share: Load("open", capacity_fraction=share),
    "persistent_connections": lambda connections: Load("persistent", connections=connections),
    "idle_connections": lambda idle: Load("persistent", connections=0, idle=idle),
}


class Parameters(BaseModel):
    """What to measure and how. Unknown names, wrong types and impossible values are rejected."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    profile: str = Field(
        "custom",
        pattern=r"^[A-Za-z0-9_-]{1,40}$",
        description="name of this set of parameters",
    )
    seed: int = Field(1, ge=0, description="seed of all random numbers")

    stacks: list[str] = Field(
        ["django", "flask", "fastapi"],
        min_length=1,
        description="stacks compared in every scenario",
    )
    scenarios: list[str] = Field(
        ["user_detail", "crud", "product_search", "dashboard"],
        min_length=1,
        description="kinds of traffic",
    )
    extra_stacks: dict[str, Names] = Field(
        {},
        description="scenario → further stacks measured in it, at the largest of closed_users only;"
        " a scenario missing from `scenarios` is measured for these stacks alone",
    )
    aa_stack: str | None = Field(
        None, description="stack that is measured against itself, for the noise floor"
    )

    closed_users: list[Users] = Field([100], description="closed loads: number of users")
    open_rates_per_s: list[Rate] = Field([], description="open loads: arrivals per second")
    common_fractions: list[Fraction] = Field(
        [0.5],
        description="open loads at one rate for all stacks, as fractions of the slowest stack's"
        " capacity in the pilot, rounded down on a 1-2-5 grid",
    )
    own_fractions: list[Fraction] = Field(
        [], description="open loads as fractions of each stack's own capacity in the pilot"
    )

    persistent_connections: list[Connections] = Field(
        [],
        description="number of connections that are opened once and then send requests at equal"
        " intervals",
    )
    persistent_rate_per_s: Rate = Field(
        100.0, description="requests per second of all persistent connections together"
    )
    persistent_scenario: Literal["ping", "user_detail"] = Field(
        "ping", description="scenario of the persistent connections"
    )
    persistent_stacks: list[str] = Field(
        [], description="stacks measured with persistent connections; empty means `stacks`"
    )
    idle_connections: list[Connections] = Field(
        [],
        description="number of connections that are opened and send nothing, in addition to the"
        " smallest of persistent_connections",
    )

    blocks: Count = Field(3, le=100, description="replications, each with fresh processes")
    duration_s: float = Field(3.0, ge=0.5, le=600, description="measured window of a trial")
    warmup_s: float = Field(
        1.0, ge=0.0, le=60, description="load before the window: recorded, not counted"
    )
    timeout_s: float = Field(
        10.0, gt=0, le=60, description="time limit of a request, which then counts as censored"
    )
    think_time_s: float = Field(
        0.0, ge=0, le=60, description="closed loads: pause of a user between requests"
    )
    max_connections: Count = Field(
        1000, le=20_000, description="open loads: arrivals beyond it are dropped and counted"
    )
    repeats: int = Field(
        2,
        ge=0,
        le=5,
        description="further attempts at a trial if the machine or the load driver disturbed it",
    )
    repeats_within_min: float | None = Field(
        None,
        gt=0,
        description="repeat trials only if the run is expected to end within this many minutes",
    )

    upstream_delay_ms: float = Field(
        20.0, ge=0, le=1000, description="median of the upstreams' log-normal delay"
    )
    upstream_sigma: float = Field(
        0.25, ge=0, le=2, description="standard deviation of that delay's logarithm"
    )
    database_connections: Count = Field(16, le=200, description="per stack, over all processes")
    server_processes: Count = Field(1, le=16, description="per stack")
    database_url: str | None = Field(
        None,
        description="a PostgreSQL server (≥ 15) to use instead of the embedded one",
        repr=False,
    )

    workers: Count = Field(
        1, le=64, description="load drivers on this machine that share users or arrivals"
    )
    scheduler: str | None = Field(
        None,
        pattern=r"^(tcp|tls)://[^/\s@]+:\d+$",
        description="Dask cluster whose workers share them instead",
        repr=False,
    )
    targets: dict[str, str] | None = Field(
        None, description="stack → base URL of a service that Webtrial does not launch", repr=False
    )
    results_url: str | None = Field(
        None, description="folder (by fsspec) to which each load driver writes samples", repr=False
    )

    @field_validator("stacks", "persistent_stacks")
    @classmethod
    def _known_stacks(cls, names: list[str], info: ValidationInfo) -> list[str]:
        if info.context == RECORDED:
            return names
        return _known(names, "stack", list(load_stacks()))

    @field_validator("scenarios")
    @classmethod
    def _known_scenarios(cls, names: list[str]) -> list[str]:
        return _known(names, "scenario", list(SCENARIOS))

    @field_validator("extra_stacks")
    @classmethod
    def _known_extra_stacks(
        cls, extra: dict[str, list[str]], info: ValidationInfo
    ) -> dict[str, list[str]]:
        cls._known_scenarios(list(extra))
        for names in extra.values():
            cls._known_stacks(names, info)
        return extra

    @field_validator(*_LOADS)
    @classmethod
    def _distinguishable(cls, sizes: list[Any], info: ValidationInfo) -> list[Any]:
        labels = [str(_LOADS[info.field_name or ""](size)) for size in sizes]
        if duplicates := sorted({each for each in labels if labels.count(each) > 1}):
            raise ValueError(
                f"several loads have the label {', '.join(duplicates)}: keep one of each"
            )
        return sizes

    @field_validator("targets")
    @classmethod
    def _plain_addresses(cls, targets: dict[str, str] | None) -> dict[str, str] | None:
        for stack, url in (targets or {}).items():
            if not re.fullmatch(r"http://[^/\s?#@]+(/[^\s?#@]*[^/\s?#@])?", url):
                raise ValueError(
                    f"{url!r} of {stack} is not valid: write http://host:port without a final /"
                )
        return targets or None

    @field_validator("results_url")
    @classmethod
    def _shared_address(cls, url: str | None) -> str | None:
        if url is None or re.match(r"(?!memory:)[a-z0-9+]+://[^\s@]+$", url) or url[0] == "/":
            return url
        raise ValueError(
            "use a folder's absolute path, or a URL that every worker can write to and this"
            " machine can read; put credentials into the environment"
        )

    @model_validator(mode="after")
    def _consistent_load_drivers(self) -> "Parameters":
        if self.scheduler and self.workers > 1:
            raise ValueError(
                f"workers = {self.workers} starts load drivers on this machine, but scheduler uses"
                " those of a cluster: set only one of the two"
            )
        if unknown := sorted({*(self.targets or ())} - {*self.all_stacks}):
            raise ValueError(
                f"targets {unknown} are not among the stacks {self.all_stacks}: correct their names"
            )
        if self.targets and (writing := sorted(OWNED & {*self.all_scenarios})):
            raise ValueError(
                f"scenarios {writing} create users, which cannot be removed from the database of"
                " targets: remove these scenarios"
            )
        return self

    @model_validator(mode="after")
    def _consistent_loads(self) -> "Parameters":
        if self.aa_stack is not None and self.aa_stack not in self.stacks:
            raise ValueError(
                f"aa_stack {self.aa_stack!r} is not among stacks {self.stacks}: name one of them"
            )
        for scenario in self.scenarios:
            if both := sorted({*self.stacks} & {*self.extra_stacks.get(scenario, [])}):
                raise ValueError(
                    f"{both} are in both stacks and extra_stacks.{scenario}: name them in only one"
                )
        if self.idle_connections and not self.persistent_connections:
            raise ValueError(
                "persistent_connections is empty, but idle_connections needs it: set it as well"
            )
        if {*self.extra_stacks} - ONE_AT_A_TIME and not self.closed_users:
            raise ValueError(
                "closed_users is empty, but extra_stacks are measured at its largest value: set it"
            )
        if self.database_connections % self.server_processes:
            raise ValueError(
                f"database_connections = {self.database_connections} is not a multiple of"
                f" server_processes = {self.server_processes}: change one of the two"
            )
        if not (
            self.closed_users
            or self.open_rates_per_s
            or self.common_fractions
            or self.own_fractions
            or self.persistent_connections
        ):
            raise ValueError(
                "no load: set closed_users, open_rates_per_s, common_fractions, own_fractions or"
                " persistent_connections"
            )
        return self

    @model_validator(mode="after")
    def _served_by_stacks(self, info: ValidationInfo) -> "Parameters":
        if info.context == RECORDED:
            return self
        stacks = load_stacks()
        for scenario in self.all_scenarios:
            for name in self.stacks_in(scenario):
                if not _serves(stacks[name], scenario):
                    raise ValueError(
                        f"{name} does not serve {scenario}: name it in `extra_stacks` only, for"
                        f" {' or '.join(stacks[name].serves)}"
                    )
        return self

    @property
    def all_stacks(self) -> list[str]:
        """All stacks that a block starts."""
        extra = [name for names in self.extra_stacks.values() for name in names]
        return list(dict.fromkeys([*self.stacks, *extra, *self.stacks_with_persistent]))

    @property
    def all_scenarios(self) -> list[str]:
        """All scenarios that are measured, including those measured for some stacks only."""
        persistent = [self.persistent_scenario] if self.persistent_connections else []
        return list(dict.fromkeys([*self.scenarios, *self.extra_stacks, *persistent]))

    @property
    def stacks_with_persistent(self) -> list[str]:
        """Stacks measured with persistent connections."""
        return (self.persistent_stacks or self.stacks) if self.persistent_connections else []

    def stacks_at_full_load(self, scenario: str) -> list[str]:
        """Return the stacks measured at the largest number of closed users in `scenario`."""
        everywhere = self.stacks if scenario in self.scenarios else []
        return [*everywhere, *self.extra_stacks.get(scenario, [])]

    def stacks_in(self, scenario: str) -> list[str]:
        """Return the stacks measured in `scenario` at any load."""
        stacks_with_persistent = (
            self.stacks_with_persistent if scenario == self.persistent_scenario else []
        )
        return list(dict.fromkeys([*self.stacks_at_full_load(scenario), *stacks_with_persistent]))

    @property
    def needs_pilot(self) -> bool:
        """Whether some rates depend on capacities that the pilot must measure first."""
        return bool(self.common_fractions or self.own_fractions)


def _serves(stack: Stack, scenario: str) -> bool:
    return not stack.serves or scenario in stack.serves


def _known(names: list[str], what: str, known: list[str]) -> list[str]:
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"unknown {what}: {', '.join(unknown)}; known: {', '.join(known)}")
    if len(set(names)) < len(names):
        raise ValueError(f"a {what} is named twice in {names}: name it once")
    return names


def read_parameters(given: dict[str, Any]) -> Parameters:
    """Validate `given`. The ParameterError names every fault and the values allowed."""
    try:
        return Parameters.model_validate(given)
    except ValidationError as error:
        raise ParameterError(_explained(error)) from None


def read_profile(name: str, **changes: Any) -> Parameters:
    """Read the profile `name` from `notebooks/profiles/` and apply `changes`."""
    path = PROFILES / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in PROFILES.glob("*.yaml")))
        raise ParameterError(f"unknown profile {name!r}; known: {known}")
    return read_parameters(read_yaml(path) | changes)


def _explained(error: ValidationError) -> str:
    return "\n".join(["Invalid parameters:", *map(_fault, error.errors())])


def _fault(fault: Any) -> str:
    name = ".".join(map(str, fault["loc"])) or "parameters"
    if fault["type"] == "extra_forbidden":
        return f"  {name}: unknown parameter; known: {', '.join(Parameters.model_fields)}"
    text = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return f"  {text}"
    return f"  {name} = {fault['input']!r}: {text}{_text_hint(name, fault)}"


def _text_hint(name: str, fault: Any) -> str:
    """Return a hint if a value arrived as text but another type is needed, else "".

    Papermill's `-r` turns every value into text, and its `-p` turns lists into text.
    """
    given = fault["input"]
    if not isinstance(given, str) or not fault["type"].endswith("_type") or len(fault["loc"]) > 1:
        return ""
    with suppress(ParameterError):
        if not isinstance(parse_yaml(given, name), str):
            return f". This is text. With papermill, use -y {f'{name}: {given}'!r}"
    return ""
