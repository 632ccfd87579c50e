"""Parameters become a run: the only place that puts the parts together.

    python -m webtrial.measure.keeper -- python -m webtrial.measure.experiment

reads WEBTRIAL_PARAMETERS (JSON) and WEBTRIAL_RUNS (a folder, optional), and tells what it does in
JSON lines on its standard output. `webtrial.measure.child` is how a notebook or a terminal asks.
"""

import json
import os
import secrets
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain, count, groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NoReturn

import psutil
import psycopg

from webtrial.errors import WebtrialError
from webtrial.measure import machine, provenance
from webtrial.measure.answers import agreed_answers, sign_in
from webtrial.measure.attempt import Rig, Site, attempt_trial, is_alive, restore
from webtrial.measure.embedded import SERVER_SETTINGS, embedded
from webtrial.measure.keeper import kept_scratch
from webtrial.measure.launch import (
    ServiceSettings,
    Upstreams,
    build_template,
    draw_secret,
    launch_stacks,
    launch_upstreams,
)
from webtrial.measure.machine import CoreSplit
from webtrial.measure.plan import (
    PILOT_USERS,
    capacities_of,
    common_rates,
    contenders,
    pilot,
    plan,
)
from webtrial.measure.postgres import (
    DATABASE_SETTINGS,
    SPARE_CONNECTIONS,
    Server,
    can_count_statements,
    create_database,
    drop_database,
    external,
)
from webtrial.measure.progress import Progress, Tell
from webtrial.measure.resources import Connection, local_postmaster
from webtrial.measure.scenarios import Material, Tokens, material_from
from webtrial.measure.validity import disturbed
from webtrial.parameters import Parameters, read_parameters
from webtrial.records import PlannedTrial, Trial
from webtrial.runs import RUNS, Manifest, RunWriter
from webtrial.stacks import Stack, choose_stacks, load_stacks

PARAMETERS = "WEBTRIAL_PARAMETERS"

CONNECTIONS_HELD = 6000  # at least, and a fifth more than a trial opens
TOKEN_LIFETIME_S = 24 * 3600  # users sign in once in each block, however long it takes
TEMPLATE = "template"
COUNTER = "counter"

Measure = Callable[[PlannedTrial, int], Trial]


@dataclass(frozen=True, slots=True)
class _Lab:
    """What blocks are measured with."""

    parameters: Parameters
    server: Server
    stacks: list[Stack]
    settings: ServiceSettings  # of all stacks, but for the database
    rig: Rig
    logs: Path
    writer: RunWriter
    progress: Progress


def main() -> int:
    """Run the experiment that the environment asks for; returns the exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    tell = _teller()
    try:
        parameters = read_parameters(json.loads(os.environ[PARAMETERS]))
        run_experiment(parameters, RUNS, tell)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:
        if not isinstance(error, WebtrialError):
            traceback.print_exc()
        tell({"event": "error", "kind": type(error).__name__, "message": str(error)})
        return 1
    return 0


def run_experiment(parameters: Parameters, runs: Path, tell: Tell) -> Path:
    """Measure everything that `parameters` ask for; returns the run's directory.

    Whatever happens, what was measured is kept, the manifest says how it ended, and nothing that
    was started goes on.
    """
    writer = RunWriter(_manifest(parameters, runs), runs)
    path = str(writer.path)
    signal.signal(signal.SIGINT, partial(_interrupted, writer))
    tell({"event": "run", "id": writer.manifest.id, "path": path})
    try:
        with ExitStack() as up:
            try:
                _measure(_set_up(parameters, writer, Progress(parameters, tell), up))
            except Exception as error:
                _close(writer, "failed", str(error) or type(error).__name__)
                raise
        _close(writer, "finished", None)
    finally:
        tell({"event": "end", "state": writer.manifest.state, "path": path})
    return writer.path


def measure_block(
    trials: Iterable[PlannedTrial], measure: Measure, repeats: int
) -> dict[int, Trial]:
    """Measure `trials` in order, then again, at most `repeats` times, those during which the
    machine was disturbed. Returns the last attempt at each, by number."""
    last: dict[int, Trial] = {}
    waiting = list(trials)
    for attempt in range(1, repeats + 2):
        for planned in waiting:
            last[planned.number] = measure(planned, attempt)
        waiting = [each for each in waiting if disturbed(last[each.number].validity)]
    return last


def _measure(lab: _Lab) -> None:
    first = pilot(lab.parameters)
    guessed = {name: dict.fromkeys(stacks, 1000.0) for name, stacks in _asked(lab).items()}
    lab.progress.expect([*first, *plan(lab.parameters, guessed)])
    capacities = capacities_of(_block(lab, first).values()) if first else {}
    planned = plan(lab.parameters, capacities)
    lab.writer.update(
        planned_trials=len(first) + len(planned),
        capacities_per_s=capacities,
        rates_per_s=common_rates(lab.parameters, capacities),
    )
    if first:
        lab.progress.expect(planned)
    for _, trials in groupby(planned, key=attrgetter("block")):
        _block(lab, list(trials))


def _asked(lab: _Lab) -> dict[str, list[str]]:
    return {name: contenders(lab.parameters, name) for name in lab.parameters.scenarios}


def _block(lab: _Lab, trials: list[PlannedTrial]) -> dict[int, Trial]:
    with _stacks_up(lab, trials[0].block) as (sites, start_again):

        def measure(planned: PlannedTrial, attempt: int) -> Trial:
            lab.progress.begins(planned, attempt)
            site = sites[planned.stack]
            if not is_alive(site):
                site = sites[planned.stack] = start_again(site)
            trial, samples = attempt_trial(planned, attempt, site, lab.rig)
            lab.writer.append(trial, samples)
            lab.progress.judged(trial)
            restore(planned, site, lab.rig)
            return trial

        # A pilot only sets rates, for which a disturbed trial is good enough.
        repeats = lab.parameters.repeats if trials[0].block else 0
        return measure_block(trials, measure, repeats)


@contextmanager
def _stacks_up(lab: _Lab, block: int) -> Iterator[tuple[dict[str, Site], Callable[[Site], Site]]]:
    """Every stack in fresh processes on its own copy of the data, found to answer alike; and how
    one that has ended is started again, on the same data."""
    blocks = lab.parameters.blocks
    name = f"block {block} of {blocks}" if block else "pilot"
    lab.progress.step(f"starting {len(lab.stacks)} stacks, {name}")
    with ExitStack() as ends:
        wanted = {stack.name: _wanted(lab, stack, block, ends) for stack in lab.stacks}
        services = ends.enter_context(launch_stacks(wanted, lab.rig.split.service_cores))
        urls = {name: service.url for name, service in services.items()}
        lab.progress.step(f"comparing the answers of {len(lab.stacks)} stacks, {name}")
        tokens = _signed_in(lab, urls)
        answers = agreed_answers(urls, lab.parameters.scenarios, lab.rig.material, tokens)

        def start_again(site: Site) -> Site:
            stack = site.service.stack
            lab.progress.step(f"starting {stack.name} again, which ended")
            alone = launch_stacks({stack.name: wanted[stack.name]}, lab.rig.split.service_cores)
            return replace(site, service=ends.enter_context(alone)[stack.name])

        sites = {
            name: Site(services[name], settings.database_url, answers[name], tokens[name], log)
            for name, (_, settings, log) in wanted.items()
        }
        yield sites, start_again


def _signed_in(lab: _Lab, urls: dict[str, str]) -> dict[str, Tokens]:
    """Tokens of all accounts where the dashboard is measured, of one where it is only compared."""
    if "dashboard" not in lab.parameters.scenarios:
        return {stack: {} for stack in urls}
    material, measured = lab.rig.material, contenders(lab.parameters, "dashboard")
    return {
        stack: sign_in(
            stack, url, material.accounts[: None if stack in measured else 1], material.password
        )
        for stack, url in urls.items()
    }


def _wanted(
    lab: _Lab, stack: Stack, block: int, ends: ExitStack
) -> tuple[Stack, ServiceSettings, Path]:
    ends.callback(drop_database, lab.server, stack.name)
    url = create_database(lab.server, stack.name, TEMPLATE)
    return stack, replace(lab.settings, database_url=url), lab.logs / f"{stack.name}-{block}.log"


def _set_up(parameters: Parameters, writer: RunWriter, progress: Progress, up: ExitStack) -> _Lab:
    """Everything that stays for the whole run; it ends with `up`."""
    split = machine.core_split()
    os.sched_setaffinity(0, split.service_cores)
    logs = kept_scratch() / "logs"
    logs.mkdir()
    stacks = choose_stacks(parameters.all_stacks, load_stacks())
    password = secrets.token_urlsafe(16)
    progress.step("starting PostgreSQL")
    server = up.enter_context(_postgresql(parameters, split))
    progress.step("filling the database")
    log = logs / "database.log"
    built = build_template(server, TEMPLATE, stacks, parameters.seed, password, log)
    upstreams = up.enter_context(_upstreams(parameters, split, logs))
    material = material_from(built, password)
    counter = up.enter_context(_counter(server))
    rig = _rig(parameters, split, material, upstreams, counter, server)
    settings = _settings(parameters, upstreams)
    writer.update(
        versions=provenance.versions(server.version),
        data={name: value for name, value in built.items() if name != "accounts"},
        budgets=_budgets(parameters, settings, split, server),
    )
    return _Lab(parameters, server, stacks, settings, rig, logs, writer, progress)


def _rig(
    parameters: Parameters,
    split: CoreSplit,
    material: Material,
    upstreams: Upstreams,
    counter: Connection,
    server: Server,
) -> Rig:
    ours, database_pid = [os.getppid()], server.pid  # our parent is the keeper
    if database_pid is None and (database_pid := local_postmaster(counter)) is not None:
        # Somebody else's server, but it works for us: on this machine it is not foreign.
        ours.append(database_pid)
    return Rig(
        parameters=parameters,
        split=split,
        material=material,
        upstreams=upstreams,
        counter=counter,
        database_pid=database_pid,
        ours=tuple(ours),
        cores=_cores_used(parameters, split),
    )


def _cores_used(parameters: Parameters, split: CoreSplit) -> tuple[int, ...]:
    """Another's PostgreSQL may run on any core; what we start stays on those that we were given."""
    if parameters.database_url:
        return tuple(range(psutil.cpu_count() or 1))
    driver = () if split.driver_core is None else (split.driver_core,)
    return (*split.service_cores, *driver)


def _upstreams(
    parameters: Parameters, split: CoreSplit, logs: Path
) -> AbstractContextManager[Upstreams]:
    delay_ms, sigma = parameters.upstream_delay_ms, parameters.upstream_sigma
    return launch_upstreams(delay_ms, sigma, parameters.seed, split.service_cores, logs)


def _postgresql(parameters: Parameters, split: CoreSplit) -> AbstractContextManager[Server]:
    needed = len(parameters.all_stacks) * parameters.database_connections + SPARE_CONNECTIONS
    if parameters.database_url:
        return external(parameters.database_url, needed)
    return embedded(kept_scratch(), needed + SPARE_CONNECTIONS, split.service_cores)


@contextmanager
def _counter(server: Server) -> Iterator[Connection]:
    """A connection of our own, to a database of our own, from which all statements are seen."""
    url = create_database(server, COUNTER)
    with psycopg.connect(url, autocommit=True) as connection:
        if can_count_statements(server):
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        yield connection


def _settings(parameters: Parameters, upstreams: Upstreams) -> ServiceSettings:
    most = max([*parameters.closed_users, parameters.max_connections, PILOT_USERS])
    return ServiceSettings(
        database_url="",
        secret_key=draw_secret(),
        inventory_url=upstreams.inventory_url,
        analytics_url=upstreams.analytics_url,
        connections=parameters.database_connections,
        threads=parameters.database_connections // parameters.server_processes,
        processes=parameters.server_processes,
        upstream_connections=parameters.database_connections,  # as many as threads
        token_lifetime_s=TOKEN_LIFETIME_S,
        connections_held=max(CONNECTIONS_HELD, most * 6 // 5),
    )


def _manifest(parameters: Parameters, runs: Path) -> Manifest:
    started = _now()
    stacks = choose_stacks(parameters.all_stacks, load_stacks())
    return Manifest(
        id=_fresh_id(f"{started:%Y%m%dT%H%M%SZ}-{parameters.profile}-{parameters.seed}", runs),
        started_at=started.isoformat(),
        parameters=parameters,
        machine=machine.describe(),
        versions=provenance.versions("not started"),
        git=provenance.commit(),
        data={},
        stacks={stack.name: asdict(stack) for stack in stacks},
        budgets={},
    )


def _fresh_id(name: str, runs: Path) -> str:
    names = chain([name], (f"{name}-{n}" for n in count(2)))
    return next(each for each in names if not (runs / each).exists())


def _budgets(
    parameters: Parameters, settings: ServiceSettings, split: CoreSplit, server: Server
) -> dict[str, Any]:
    """What every stack was given, equally."""
    return {
        "server_processes": settings.processes,
        "database_connections": settings.connections,
        "threads_per_process": settings.threads,
        "upstream_connections": settings.upstream_connections,
        "connections_held": settings.connections_held,
        "backlog": settings.backlog,
        "keep_alive_s": settings.keep_alive_s,
        "driver_core": split.driver_core,
        "service_cores": list(split.service_cores),
        "database_settings": DATABASE_SETTINGS,
        "server_settings": None if parameters.database_url else SERVER_SETTINGS,
        "counts_statements": can_count_statements(server),
        "upstream_delay_ms": parameters.upstream_delay_ms,
        "upstream_sigma": parameters.upstream_sigma,
        "upstream_timeout_s": settings.upstream_timeout_s,
        "token_lifetime_s": settings.token_lifetime_s,
        "logging": "warnings and errors, no line per request",
    }


def _interrupted(writer: RunWriter, *_: object) -> NoReturn:
    """Close the run before anything is stopped: there may be too little time for both."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _close(writer, "interrupted", "interrupted from outside")
    raise KeyboardInterrupt


def _close(writer: RunWriter, state: str, why: str | None) -> None:
    writer.update(finished_at=_now().isoformat(), state=state, why=why)


def _teller() -> Tell:
    """Standard output is for events alone: whatever else is printed goes to standard error."""
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def tell(event: dict[str, Any]) -> None:
        events.write(json.dumps(event) + "\n")

    return tell


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


if __name__ == "__main__":
    sys.exit(main())
