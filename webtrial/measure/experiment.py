"""Turn parameters into a run: the only module that assembles the parts.

    python -m webtrial.system.supervisor -- python -m webtrial.measure.experiment

reads WEBTRIAL_PARAMETERS (JSON), WEBTRIAL_RUNS (a folder, optional) and WEBTRIAL_RESUME (a run to
resume, optional), and writes its events as JSON lines to standard output. Notebooks and terminals
start it with `webtrial.measure.runner`.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain, count, groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, NoReturn

import psutil

from webtrial.errors import RunError, WebtrialError
from webtrial.load.requests import SeededData, seeded_data_from
from webtrial.measure import machine, provenance
from webtrial.measure.blocks import BlockContext, measure_block
from webtrial.measure.context import RunContext
from webtrial.measure.drivers import Drive, drivers
from webtrial.measure.embedded import SERVER_SETTINGS
from webtrial.measure.environment import Environment, started_environment
from webtrial.measure.launch import describe_data
from webtrial.measure.machine import CoreSplit
from webtrial.measure.measurement_lock import measurement_lock
from webtrial.measure.postgres import DATABASE_SETTINGS, can_count_statements
from webtrial.measure.process_limit import demand_process_limit
from webtrial.measure.progress import EmitEvent, Progress
from webtrial.measure.resume import demand_same, last_attempts, missing, reopened
from webtrial.measure.targets import account_password, targets_of
from webtrial.run.manifest import Manifest
from webtrial.run.parameters import Parameters, read_parameters
from webtrial.run.plan import capacities_of, common_rates, pilot, plan
from webtrial.run.records import Trial
from webtrial.run.stacks import choose_stacks, load_stacks
from webtrial.run.store import RUNS, Run, open_run
from webtrial.run.writer import RunWriter, ensure_dir
from webtrial.system.interruption import SIGNALS
from webtrial.system.scheduling import pin_to_cores, set_realtime_priority
from webtrial.system.supervisor import scratch_dir

PARAMETERS = "WEBTRIAL_PARAMETERS"
RESUME = "WEBTRIAL_RESUME"


def main() -> int:
    """Run the experiment given by the environment variables; return the exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    emit = _event_emitter()
    try:
        parameters = read_parameters(json.loads(os.environ[PARAMETERS]))
        resumed = os.environ.get(RESUME)
        run_experiment(parameters, RUNS, emit, open_run(resumed) if resumed else None)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except Exception as error:
        if not isinstance(error, WebtrialError):
            traceback.print_exc()
        emit({"event": "error", "kind": type(error).__name__, "message": str(error)})
        return 1
    return 0


def run_experiment(
    parameters: Parameters, runs: Path, emit: EmitEvent, resumed: Run | None = None
) -> Path:
    """Measure everything in `parameters`; return the run's directory.

    With `resumed`, only what is missing in that run is measured. Whatever happens, the measured
    trials are kept, the manifest says how the run ended, and no started process keeps running.
    """
    manifest = _manifest(parameters, runs)
    path = resumed.path if resumed else ensure_dir(runs) / manifest.id
    with measurement_lock(path.parent, path.name):
        writer = reopened(resumed, manifest) if resumed else RunWriter(manifest, runs)
        before = last_attempts(resumed) if resumed else {}
        for signal_number in SIGNALS:
            signal.signal(signal_number, partial(_interrupted, writer))
        emit({"event": "run", "id": writer.manifest.id, "path": str(path)})
        try:
            _measure_all(parameters, writer, Progress(parameters, emit), before)
        finally:
            emit({"event": "end", "state": writer.manifest.state, "path": str(path)})
    return path


def _measure_all(
    parameters: Parameters, writer: RunWriter, progress: Progress, before: dict[int, Trial]
) -> None:
    """Measure, and record in the manifest how the run ended."""
    with ExitStack() as resources:
        try:
            _measure(_set_up(parameters, writer, progress, resources, before))
        except Exception as error:
            # The cause of the failure may prevent writing the manifest, too: raise the cause.
            with suppress(RunError):
                _close(writer, "failed", str(error) or type(error).__name__)
            raise
    _close(writer, "finished", None)


def _measure(context: BlockContext) -> None:
    first = pilot(context.parameters)
    capacities = context.writer.manifest.capacities_per_s
    # Any positive capacity: it is the number of trials that the estimate of the time left needs.
    guess = dict.fromkeys(context.parameters.stacks, 1000.0)
    guessed = dict.fromkeys(context.parameters.scenarios, guess)
    context.progress.expect([*first, *plan(context.parameters, guessed)])
    if first and (not capacities or missing(first, context.before, context.parameters.repeats)):
        piloted = measure_block(context, first)
        capacities = capacities or capacities_of(piloted.values())
    planned = plan(context.parameters, capacities)
    context.writer.update(
        planned_trials=len(first) + len(planned),
        capacities_per_s=capacities,
        rates_per_s=common_rates(context.parameters, capacities),
    )
    context.progress.expect(planned)
    for _, trials in groupby(planned, key=attrgetter("block")):
        measure_block(context, list(trials))


def _set_up(
    parameters: Parameters,
    writer: RunWriter,
    progress: Progress,
    resources: ExitStack,
    before: dict[int, Trial],
) -> BlockContext:
    """Start everything that lasts for the whole run; it ends with `resources`."""
    split = machine.core_split(workers=parameters.workers)
    logs = scratch_dir() / "logs"
    logs.mkdir()
    stacks = choose_stacks(parameters.all_stacks, load_stacks())
    targets = targets_of(parameters, stacks)
    launched = [stack for stack in stacks if stack.name not in targets]
    demand_process_limit(parameters, launched)
    password = account_password(parameters)
    drive = resources.enter_context(drivers(parameters, split))
    environment = None
    if launched:
        environment = resources.enter_context(
            started_environment(parameters, launched, password, split, logs, progress)
        )
    built = (
        environment.built if environment else describe_data(parameters.seed, logs / "database.log")
    )
    pin_to_cores(split.service_cores)  # not earlier: filling the database uses every core
    # Without it, a busy service would delay our readings of its usage until its window is over.
    set_realtime_priority()
    seeded_data = seeded_data_from(built, password)
    context = _run_context(parameters, split, seeded_data, environment, drive)
    if parameters.results_url:
        context = replace(
            context, results=f"{parameters.results_url.rstrip('/')}/{writer.manifest.id}"
        )
    facts = _facts(parameters, split, environment, built)
    if before:
        demand_same(writer.manifest, facts)
    writer.update(**facts)
    return BlockContext(
        parameters, stacks, targets, environment, context, logs, writer, progress, before
    )


def _facts(
    parameters: Parameters,
    split: CoreSplit,
    environment: Environment | None,
    built: Mapping[str, Any],
) -> dict[str, dict[str, Any]]:
    """Return the manifest's versions, data and budgets."""
    version = environment.server.version if environment else "not launched"
    return {
        "versions": provenance.versions(version),
        "data": {name: value for name, value in built.items() if name != "accounts"},
        "budgets": _budgets(parameters, split, environment),
    }


def _run_context(
    parameters: Parameters,
    split: CoreSplit,
    seeded_data: SeededData,
    environment: Environment | None,
    drive: Drive,
) -> RunContext:
    database_pid = environment.database_pid if environment else None
    # Our parent is the supervisor. An external PostgreSQL works for us and is not foreign here.
    ours = (os.getppid(),) if database_pid is None else (os.getppid(), database_pid)
    return RunContext(
        parameters=parameters,
        split=split,
        seeded_data=seeded_data,
        upstreams=environment.upstreams if environment else None,
        counter=environment.counter if environment else None,
        database_pid=database_pid,
        ours=ours,
        cores=_cores_used(parameters, split),
        drive=drive,
    )


def _cores_used(parameters: Parameters, split: CoreSplit) -> tuple[int, ...]:
    """Return the cores that the run may use.

    An external PostgreSQL or Dask workers may run on any core. What we start stays on the cores
    that we were given.
    """
    if parameters.database_url or parameters.scheduler:
        return tuple(range(psutil.cpu_count() or 1))
    return split.all_cores


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
    parameters: Parameters, split: CoreSplit, environment: Environment | None
) -> dict[str, Any]:
    """Return the budget that all stacks share, if they are launched here, and the load drivers."""
    driven: dict[str, Any] = {
        "load_drivers": "workers of a cluster" if parameters.scheduler else parameters.workers,
        "driver_core": split.driver_core,
        "worker_cores": list(split.worker_cores),
        **({"idle_cores": list(split.idle_cores)} if split.idle_cores else {}),
        "not_launched_by_us": sorted(parameters.targets or ()),
    }
    if environment is None:
        return driven
    settings = environment.settings
    return driven | {
        "server_processes": settings.processes,
        "database_connections": settings.connections,
        "threads_per_process": settings.threads,
        "upstream_connections": settings.upstream_connections,
        "accepted_connections": settings.accepted_connections,
        "backlog": settings.backlog,
        "keep_alive_s": settings.keep_alive_s,
        "service_cores": list(split.service_cores),
        "database_settings": DATABASE_SETTINGS,
        "server_settings": None if parameters.database_url else SERVER_SETTINGS,
        "counts_statements": can_count_statements(environment.server),
        "upstream_delay_ms": parameters.upstream_delay_ms,
        "upstream_sigma": parameters.upstream_sigma,
        "upstream_timeout_s": settings.upstream_timeout_s,
        "token_lifetime_s": settings.token_lifetime_s,
        "logging": "warnings and errors, no line per request",
    }


_INTERRUPTED_BY = {
    signal.SIGINT: "interrupted by SIGINT",
    signal.SIGHUP: "its terminal was closed (SIGHUP)",
}


def _interrupted(writer: RunWriter, signal_number: int, _: object) -> NoReturn:
    """Close the run before anything is stopped: there may be too little time for both."""
    for each in SIGNALS:
        signal.signal(each, signal.default_int_handler)
    _close(writer, "interrupted", _INTERRUPTED_BY[signal.Signals(signal_number)])
    raise KeyboardInterrupt


def _close(writer: RunWriter, state: str, why: str | None) -> None:
    writer.update(finished_at=_now().isoformat(), state=state, why=why)


def _event_emitter() -> EmitEvent:
    """Return a function that writes events to standard output.

    Standard output is reserved for events: everything else that is printed goes to standard error.
    """
    events = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def emit(event: dict[str, Any]) -> None:
        events.write(json.dumps(event) + "\n")

    return emit


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


if __name__ == "__main__":
    sys.exit(main())
