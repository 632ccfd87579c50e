"""A run directory of known distributions, for tests of the analysis only.

Nothing here was measured: latencies are drawn log-normal about medians that the test chooses, so
that the truth is known. Written by `runs.RunWriter`, as a real run is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, product
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from webtrial.run import checksums
from webtrial.run.manifest import Manifest
from webtrial.run.parameters import Parameters
from webtrial.run.records import (
    PHASES,
    Client,
    ConnectionStates,
    Cost,
    Counts,
    Load,
    Machine,
    PlannedTrial,
    Reason,
    ResourceSample,
    Role,
    Statements,
    Trial,
    Upstream,
    Validity,
)
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import Run, samples_name
from webtrial.run.writer import RunWriter


def _stack(
    title: str, framework: str, access: str, serialiser: str, driver: str, **axes: Any
) -> dict[str, Any]:
    """A stack as a manifest has it; ORM, concurrency and upstreams as its framework's people have
    them, unless `axes` say otherwise."""
    threads = framework != "FastAPI"
    orm = "Django ORM" if framework == "Django" else "SQLAlchemy"
    return {
        "title": title,
        "framework": framework,
        "data_access": access,
        "orm": orm if access == "ORM" else "",
        "serialiser": serialiser,
        "concurrency": "threads" if threads else "async",
        "server": "gunicorn gthread" if threads else "uvicorn",
        "driver": driver,
        "sources": "in turn" if threads else "gather",
        "http_client": "httpx",
        "searches": "in turn",
        "after_clone": [],
        **axes,
    }


_ASYNC = {"concurrency": "async", "server": "uvicorn", "sources": "gather"}
_THREADS = {"concurrency": "threads", "sources": "in turn"}  # on uvicorn
_GEVENT = {"concurrency": "greenlets", "server": "gunicorn gevent"}
_BARE = {"concurrency": "async", "server": "uvicorn", "orm": ""}
_NO_INDEX = {"after_clone": ["DROP INDEX"]}
_TOGETHER = {
    name: (f"{name} and FastAPI", "ORM and raw SQL", "Pydantic", "psycopg and asyncpg")
    for name in ("Django", "Flask")
}
STACKS = {
    "django": _stack("Django", "Django", "ORM", "Django REST Framework", "psycopg"),
    "django-plain": _stack("Django, no DRF", "Django", "ORM", "none", "psycopg"),
    "flask": _stack("Flask", "Flask", "ORM", "marshmallow", "psycopg"),
    "flask-raw": _stack("Flask, raw SQL", "Flask", "raw SQL", "marshmallow", "psycopg"),
    "fastapi": _stack("FastAPI", "FastAPI", "raw SQL", "Pydantic", "asyncpg"),
    "fastapi-orm": _stack("FastAPI, ORM", "FastAPI", "ORM", "Pydantic", "asyncpg"),
}
CROSSED = STACKS | {
    "bare": _stack("Bare server", "none", "none", "none", "none", **_BARE),
    "django-raw": _stack("Django, raw SQL", "Django", "raw SQL", "none", "psycopg"),
    "django-async": _stack("Django, async", "Django", "ORM", "none", "psycopg", **_ASYNC),
    "django-async-raw": _stack(
        "Django, async, raw SQL", "Django", "raw SQL", "none", "psycopg", **_ASYNC
    ),
    "django-fan-out": _stack(
        "Django, fan-out", "Django", "ORM", "Django REST Framework", "psycopg", sources="threads"
    ),
    "flask-plain": _stack("Flask, plain", "Flask", "ORM", "none", "psycopg"),
    "flask-raw-plain": _stack("Flask, raw SQL, plain", "Flask", "raw SQL", "none", "psycopg"),
    "flask-gevent": _stack("Flask, gevent", "Flask", "ORM", "marshmallow", "psycopg", **_GEVENT),
    "flask-fan-out": _stack(
        "Flask, fan-out", "Flask", "ORM", "marshmallow", "psycopg", sources="threads"
    ),
    "fastapi-plain": _stack("FastAPI, plain", "FastAPI", "raw SQL", "none", "asyncpg"),
    "fastapi-psycopg": _stack("FastAPI, psycopg", "FastAPI", "raw SQL", "Pydantic", "psycopg"),
    "fastapi-psycopg-plain": _stack(
        "FastAPI, psycopg, plain", "FastAPI", "raw SQL", "none", "psycopg"
    ),
    "fastapi-threads": _stack(
        "FastAPI, threads", "FastAPI", "raw SQL", "Pydantic", "psycopg", **_THREADS
    ),
    "fastapi-threads-plain": _stack(
        "FastAPI, threads, plain", "FastAPI", "raw SQL", "none", "psycopg", **_THREADS
    ),
    "fastapi-orm-psycopg": _stack("FastAPI, ORM, psycopg", "FastAPI", "ORM", "Pydantic", "psycopg"),
    "fastapi-tortoise": _stack(
        "FastAPI, Tortoise", "FastAPI", "ORM", "Pydantic", "asyncpg", orm="Tortoise ORM"
    ),
    "fastapi-in-turn": _stack(
        "FastAPI, in turn", "FastAPI", "raw SQL", "Pydantic", "asyncpg", sources="in turn"
    ),
    "fastapi-aiohttp": _stack(
        "FastAPI, aiohttp", "FastAPI", "raw SQL", "Pydantic", "asyncpg", http_client="aiohttp"
    ),
    "fastapi-gather": _stack(
        "FastAPI, gather", "FastAPI", "raw SQL", "Pydantic", "asyncpg", searches="gather"
    ),
    "fastapi-no-index": _stack(
        "FastAPI, no index", "FastAPI", "raw SQL", "Pydantic", "asyncpg", **_NO_INDEX
    ),
    "flask-no-index": _stack(
        "Flask, no index", "Flask", "ORM", "marshmallow", "psycopg", **_NO_INDEX
    ),
    "django-with-fastapi": _stack(
        "Django with FastAPI",
        *_TOGETHER["Django"],
        connections={"DATABASE_CONNECTIONS": 1, "FASTAPI_DATABASE_CONNECTIONS": 3},
        **_ASYNC,
    ),
    "flask-to-fastapi-half": _stack(
        "Flask to FastAPI, half",
        *_TOGETHER["Flask"],
        connections={"DATABASE_CONNECTIONS": 1, "FASTAPI_DATABASE_CONNECTIONS": 1},
        environment={"MOVED": "users, products, catalog"},
        **_ASYNC,
    ),
    "flask-to-fastapi-end": _stack(
        "Flask to FastAPI, end", "Flask and FastAPI", "raw SQL", "Pydantic", "asyncpg", **_ASYNC
    ),
}
CLOSED = Load("closed", users=100)
ALONE = Load("closed", users=1)  # what fan_out is measured at, whatever the loads
OPEN = Load("open", rate_per_s=200.0)
OWN = Load("open", capacity_fraction=0.8)  # each stack's rate follows from its median
HELD = Load("persistent", connections=1000, rate_per_s=200.0)
VALID = Validity("valid")
STOLEN = Validity("suspect", (Reason("stolen", "machine", "suspect", "6.1% stolen"),))
LATE = Validity("invalid", (Reason("lag", "instrument", "invalid", "9 ms late"),))

KINDS: Mapping[str, Mapping[str, float]] = {  # of request: how many times the median each takes
    "product_search": {"common": 0.5, "middling": 1.0, "rare": 4.0},
    "crud": {"read": 1.0, "create": 1.5, "update": 1.8, "delete": 1.2},
}
FAN_OUT = {  # kind of request: how many sources, and the delay of each in ms
    f"{count} × {delay} ms": (count, delay) for count in (1, 2, 4, 8) for delay in (0, 10, 50, 100)
}
STATEMENTS = {"ping": (0, 0), "user_detail": (2, 6), "crud": (1, 2), "product_search": (3, 60)}


@dataclass(frozen=True, slots=True)
class Truth:
    """What the trials are drawn from. `median_ms` by stack is that of 100 users in a closed loop;
    open loads wait `open_share` of it. `noise` is the spread (of the log) between trials, `drift`
    that between blocks, which all stacks of a block share. A request of `fan_out` takes 1 ms
    beyond the formula, and for each source `asking_ms` by stack (1 where not named). `lost` is the
    share of held connections by stack that do not stay (0.02 where not named). `memory_mib` is
    the service's by stack (120 where not named), and more for every connection held. `verdicts` by
    (block, stack) or (block, stack, scenario) are those of a trial's attempts in turn, valid where
    not named."""

    median_ms: Mapping[str, float]
    sigma: float = 0.35
    noise: float = 0.02
    drift: float = 0.1
    open_share: float = 0.1
    cpu_ms: Mapping[str, float] = field(default_factory=dict)
    asking_ms: Mapping[str, float] = field(default_factory=dict)
    timeouts: float = 0.0
    refused: float = 0.0
    lost: Mapping[str, float] = field(default_factory=dict)
    memory_mib: Mapping[str, float] = field(default_factory=dict)
    verdicts: Mapping[tuple[Any, ...], Sequence[Validity]] = field(default_factory=dict)


SLOW_TO_FAST = Truth(
    {
        "django": 85.0,
        "django-plain": 50.0,
        "flask": 55.0,
        "flask-raw": 30.0,
        "fastapi": 12.0,
        "fastapi-orm": 40.0,
    }
)


def synthetic_run(
    folder: Path,
    truth: Truth = SLOW_TO_FAST,
    *,
    scenarios: Sequence[str] = ("user_detail",),
    loads: Sequence[Load] = (CLOSED,),
    blocks: int = 3,
    window_s: float = 1.0,
    aa_stack: str | None = None,
    pilot: bool = False,
    seed: int = 1,
    extra_stacks: Mapping[str, Sequence[str]] | None = None,
) -> Run:
    """A finished run of `truth` below `folder`, all its stacks in every cell, and in a `pilot`.
    If `extra_stacks` is given, variants are measured nowhere
    else, and at the first load alone."""
    draw = np.random.default_rng(seed)
    writer = RunWriter(_manifest(truth, scenarios, blocks, window_s, aa_stack), folder)
    numbers = count(1)
    for stack, scenario in product(truth.median_ms, scenarios if pilot else ()):
        planned = PlannedTrial(next(numbers), 0, 1, stack, scenario, CLOSED, seed=1, role="pilot")
        _append_attempts(writer, planned, truth, 1.0, window_s, draw)
    for block in range(1, blocks + 1):
        drift = exp(truth.drift * draw.standard_normal())
        cells = [(name, load) for name in scenarios for load in loads if name != "fan_out"]
        cells += [("fan_out", ALONE)] if "fan_out" in scenarios else []
        for cell in draw.permutation(len(cells)):
            scenario, place = cells[cell]
            also = (extra_stacks or {}).get(scenario, ()) if place in (loads[0], ALONE) else ()
            stacks = [
                name
                for name in truth.median_ms
                if extra_stacks is None or not _is_variant(name) or name in also
            ]
            for stack, role in _contenders(stacks, aa_stack, draw):
                load = _of_stack(place, truth.median_ms[stack])
                planned = PlannedTrial(
                    next(numbers), block, int(cell), stack, scenario, load, seed=1, role=role
                )
                _append_attempts(writer, planned, truth, drift, window_s, draw)
    writer.update(state="finished", finished_at="2026-01-05T10:30:00Z")
    return Run(writer.path, writer.manifest)


def vouch_for(path: Path) -> None:
    """Make what a test has changed in a run's files what was written."""
    (path / checksums.NAME).write_text(checksums.as_text(checksums.sums_of(path)))


def _is_variant(stack: str) -> bool:
    return "-" in stack


def _of_stack(load: Load, median_ms: float) -> Load:
    if load.capacity_fraction is None:
        return load
    return replace(load, rate_per_s=round(load.capacity_fraction * 100_000 / median_ms))


def _contenders(
    stacks: Sequence[str], aa_stack: str | None, draw: np.random.Generator
) -> list[tuple[str, Role]]:
    roles: list[tuple[str, Role]] = [(stack, "measure") for stack in stacks]
    roles += [(aa_stack, "a/a")] if aa_stack else []
    return [roles[i] for i in draw.permutation(len(roles))]


def _manifest(
    truth: Truth, scenarios: Sequence[str], blocks: int, window_s: float, aa_stack: str | None
) -> Manifest:
    deployed = [name for name in truth.median_ms if not _is_variant(name)]
    variants = list(filter(_is_variant, truth.median_ms))
    parameters = Parameters.model_construct(
        stacks=deployed,
        extra_stacks=dict.fromkeys(scenarios, variants) if variants else {},
        scenarios=list(scenarios),
        blocks=blocks,
        duration_s=window_s,
        aa_stack=aa_stack,
    )
    stacks = {name: CROSSED[name] for name in CROSSED if name in truth.median_ms}
    return manifest_of(parameters, stacks)


def manifest_of(parameters: Parameters, stacks: dict[str, dict[str, Any]]) -> Manifest:
    """The manifest of a run that has just begun, on no machine in particular."""
    return Manifest.model_construct(
        id="synthetic",
        state="running",
        started_at="2026-01-05T10:00:00Z",
        finished_at=None,
        parameters=parameters,
        machine={"cpu": "none", "cores": 2},
        versions={},
        git={},
        data={},
        stacks=stacks,
        budgets={},
    )


def _append_attempts(
    writer: RunWriter,
    planned: PlannedTrial,
    truth: Truth,
    drift: float,
    window_s: float,
    draw: np.random.Generator,
) -> None:
    place = (planned.block, planned.stack, planned.scenario)
    verdicts = truth.verdicts.get(place, truth.verdicts.get(place[:2], (VALID,)))
    for attempt, validity in enumerate(verdicts, 1):
        factor = drift * exp(truth.noise * draw.standard_normal())
        columns = _requests(planned, truth, factor, window_s, draw)
        trial = _trial(planned, attempt, validity, truth, columns, window_s, draw)
        writer.append(trial, _table(columns, planned))


def _requests(
    planned: PlannedTrial, truth: Truth, factor: float, window_s: float, draw: np.random.Generator
) -> dict[str, np.ndarray]:
    median_ms = truth.median_ms[planned.stack] * factor
    if planned.load.kind == "closed":
        columns = _closed(planned, truth, median_ms, window_s, draw)
    else:
        columns = _open(planned, truth, median_ms * truth.open_share, window_s, draw)
    fate = draw.random(len(columns["intended_ms"]))
    late = fate < truth.timeouts
    columns["outcome"] = np.where(late, 1, np.where(fate > 1 - truth.refused, 2, 0))
    columns["done_ms"] = np.where(late, columns["intended_ms"] + 10_000, columns["done_ms"])
    return columns


def _closed(
    planned: PlannedTrial,
    truth: Truth,
    median_ms: float,
    window_s: float,
    draw: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Each user sends when answered, from 0.2 s before the window to its end."""
    users = planned.load.users or 1
    median_ms *= users / 100
    shortest_ms = 1 if planned.scenario == "fan_out" else median_ms / 3
    rounds = int(1000 * (window_s + 0.2) / shortest_ms) + 5
    kind, latency_ms = _latencies(planned, truth, median_ms, (users, rounds), draw)
    done_ms = np.cumsum(latency_ms, axis=1) - 200
    intended_ms = done_ms - latency_ms
    sent = intended_ms < 1000 * window_s
    connection = np.broadcast_to(np.arange(users)[:, None], sent.shape)
    return {
        "kind": kind[sent],
        "connection": connection[sent],
        "intended_ms": intended_ms[sent],
        "sent_ms": intended_ms[sent],
        "done_ms": done_ms[sent],
    }


def _open(
    planned: PlannedTrial,
    truth: Truth,
    median_ms: float,
    window_s: float,
    draw: np.random.Generator,
) -> dict[str, np.ndarray]:
    arrivals = draw.poisson((planned.load.rate_per_s or 1) * (window_s + 0.2))
    intended_ms = np.sort(draw.uniform(-200, 1000 * window_s, arrivals))
    kind, latency_ms = _latencies(planned, truth, median_ms, (arrivals,), draw)
    return {
        "kind": kind,
        "connection": draw.integers(0, 50, arrivals),
        "intended_ms": intended_ms,
        "sent_ms": intended_ms + np.minimum(0.05, latency_ms / 2),
        "done_ms": intended_ms + latency_ms,
    }


def _latencies(
    planned: PlannedTrial,
    truth: Truth,
    median_ms: float,
    shape: tuple[int, ...],
    draw: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    if planned.scenario == "fan_out":
        return _fan_out_latencies(planned, truth, shape, draw)
    times = np.array(list(_kinds(planned.scenario).values()))
    kind = draw.integers(0, len(times), shape)
    return kind, median_ms * times[kind] * np.exp(truth.sigma * draw.standard_normal(shape))


def _fan_out_latencies(
    planned: PlannedTrial, truth: Truth, shape: tuple[int, ...], draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    kind = np.resize(np.arange(len(FAN_OUT)), shape)
    count, delay_ms = np.array(list(FAN_OUT.values())).T[:, kind]
    times = count if CROSSED[planned.stack]["sources"] == "in turn" else 1
    asking_ms = 1 + truth.asking_ms.get(planned.stack, 1.0) * count
    return kind, times * delay_ms + asking_ms * np.exp(truth.noise * draw.standard_normal(shape))


def _kinds(scenario: str) -> Mapping[str, float]:
    if scenario == "fan_out":
        return dict.fromkeys(FAN_OUT, 1.0)
    return KINDS.get(scenario, {"read": 1.0})


def _trial(
    planned: PlannedTrial,
    attempt: int,
    validity: Validity,
    truth: Truth,
    columns: dict[str, np.ndarray],
    window_s: float,
    draw: np.random.Generator,
) -> Trial:
    counts = _counts(columns, window_s)
    latency_ms = columns["done_ms"] - columns["intended_ms"]
    in_flight = counts.completed / window_s * float(np.mean(latency_ms)) / 1000
    return Trial(
        planned=planned,
        attempt=attempt,
        started_at=f"2026-01-05T10:{planned.number // 60:02d}:{planned.number % 60:02d}Z",
        warmup_s=0.2,
        window_s=window_s,
        counts=counts,
        client=_client(float(np.median(latency_ms)), in_flight, draw),
        machine=_machine(validity, draw),
        cost=_cost(planned, truth, counts, draw),
        resource_samples=_resource_samples(window_s, draw),
        upstreams=_upstreams(planned, len(latency_ms)),
        validity=validity,
        samples=samples_name(planned.number, attempt),
        connection_states=_held(planned.load, truth.lost.get(planned.stack, 0.02)),
    )


def _held(load: Load, lost: float) -> ConnectionStates | None:
    """Of those that are lost half were refused and half were ended by the server; silent ones are
    held."""
    if load.connections is None:
        return None
    half = int(load.connections * lost / 2)
    still_open = load.connections - 2 * half
    return ConnectionStates(
        load.connections - half, half, half, 0, still_open, load.idle, load.idle
    )


def _counts(columns: dict[str, np.ndarray], window_s: float) -> Counts:
    in_window = columns["intended_ms"] >= 0
    outcome = columns["outcome"]
    ended = (columns["done_ms"] > 0) & (columns["done_ms"] <= 1000 * window_s)
    errors = {
        name: int(np.sum(in_window & (outcome == code)))
        for name, code in (("timeout", 1), ("refused", 2))
        if np.any(in_window & (outcome == code))
    }
    return Counts(
        scheduled=int(in_window.sum()),
        sent=int(in_window.sum()),
        dropped=0,
        succeeded=int(np.sum(in_window & (outcome == 0))),
        completed=int(np.sum(ended & (outcome == 0))),
        errors=errors,
        statuses={},
    )


def _client(median_ms: float, in_flight: float, draw: np.random.Generator) -> Client:
    return Client(
        cpu_fraction=float(draw.uniform(0.05, 0.4)),
        lag_p99_ms=float(draw.uniform(0.05, 0.3)),
        median_latency_ms=median_ms,
        worst_stall_ms=float(draw.uniform(0.5, 5)),
        in_flight_observed=in_flight,
        in_flight_by_latency=in_flight * float(draw.uniform(0.995, 1.005)),
        connections=100,
        connections_reopened=0,
        responses_unread=0,
        memory_mib=60.0,
    )


def _machine(validity: Validity, draw: np.random.Generator) -> Machine:
    stolen = any(reason.gate == "stolen" for reason in validity.reasons)
    speed = float(draw.normal(1000, 10))
    return Machine(
        stolen_fraction=0.061 if stolen else float(draw.uniform(0, 0.02)),
        foreign_cpu_fraction=float(draw.uniform(0, 0.03)),
        speed_before_per_s=speed,
        speed_after_per_s=speed * float(draw.normal(1, 0.02)),
    )


def _cost(planned: PlannedTrial, truth: Truth, counts: Counts, draw: np.random.Generator) -> Cost:
    cpu_ms = truth.cpu_ms.get(planned.stack, truth.median_ms[planned.stack] / 100)
    cpu_ms *= exp(truth.noise * draw.standard_normal())
    data, rows = STATEMENTS.get(planned.scenario, (3, 9))
    asks = planned.scenario == "dashboard"
    requests = counts.sent + 20
    return Cost(
        service_cpu_s=counts.completed * cpu_ms / 1000,
        database_cpu_s=counts.completed * 0.12 / 1000,
        upstreams_cpu_s=counts.completed * 0.05 / 1000 if asks else 0.0,
        service_memory_mib=truth.memory_mib.get(planned.stack, 120.0)
        + (planned.load.connections or 0) / 100,
        service_memory_before_mib=100.0,
        statements=Statements(
            requests, data * requests, requests, rows * requests, 0.1 * data * requests
        ),
        pool_checkouts=requests,
        pool_wait_ms=0.4 * requests,
    )


def _resource_samples(window_s: float, draw: np.random.Generator) -> tuple[ResourceSample, ...]:
    second = ResourceSample(0.0, 0.9, 0.3, 0.02, 120.0, 200.0)
    return tuple(
        replace(second, t_s=float(t), service_cpu_fraction=float(draw.uniform(0.8, 1.0)))
        for t in range(int(window_s) + 1)
    )


def _upstreams(planned: PlannedTrial, requests: int) -> tuple[Upstream, ...]:
    if planned.scenario != "dashboard":
        return ()
    return tuple(
        Upstream(name, requests, 20.6, took, took - 0.6, took * 1.8)
        for name, took in (("inventory", 21.0), ("analytics", 22.0))
    )


def _table(columns: dict[str, np.ndarray], planned: PlannedTrial) -> pa.Table:
    ended = columns["outcome"] == 0
    phase = (columns["intended_ms"] >= 0).astype(int)  # none are sent after the window
    arrays = {
        "phase": _dictionary(phase, PHASES),
        "connection": columns["connection"],
        "kind": _dictionary(columns["kind"], tuple(_kinds(planned.scenario))),
        **{
            f"{name}_ns": np.round(columns[f"{name}_ms"] * 1e6).astype("i8")
            for name in ("intended", "sent", "done")
        },
        "status": np.where(ended, 200, 0).astype("i2"),
        "body_bytes": np.where(ended, 500, 0).astype("i4"),
        "outcome": _dictionary(columns["outcome"], ("ok", "timeout", "refused")),
    }
    return pa.table([pa.array(arrays[name]) for name in SAMPLES.names], schema=SAMPLES)


def _dictionary(codes: np.ndarray, values: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype("i1")), pa.array(list(values)))
