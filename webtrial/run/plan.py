"""Plan the trials of a run: stack, scenario, load, order and seed of each.

    run = pilot? + blocks;  block = cells (scenario × load) shuffled;  cell = stacks shuffled

Shuffling cells spreads the machine's slow drift over loads. Keeping the stacks of a cell
adjacent keeps that drift out of their ratios (a randomised block design: Montgomery, Design and
Analysis of Experiments, chapter 4). Everything here is a pure function of its arguments.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from webtrial.run.parameters import Parameters
from webtrial.run.records import Load, PlannedTrial, Role, Trial
from webtrial.run.scenario_names import ONE_AT_A_TIME

PILOT_BLOCK = 0
PILOT_USERS = 100
PILOT_WARMUP_S = 1.0
PILOT_WINDOW_S = 1.5

LAUNCH_BATCH_SIZE = 8
"""Stacks that run at the same time: enough for the widest comparison of one scenario, apart from
user_detail."""

TWO_CYCLES_S = 5.5
"""A window this long contains every fan-out at least once: one cycle through all of them takes
2.4 s in upstreams alone."""

OPENINGS_PER_S = {"ping": 500.0, "user_detail": 100.0}
"""Rate at which persistent connections are opened, by the scenario of their first request. It is
lower than the slowest stack's throughput: no queue is left when the window opens."""

Capacities = dict[str, dict[str, float]]
"""Scenario → stack → successes per second in the pilot."""


@dataclass(frozen=True, slots=True)
class _Cell:
    scenario: str
    loads: dict[str, Load]  # by stack
    aa_stack: str | None = None  # the stack that is also measured against itself

    @property
    def is_persistent(self) -> bool:
        return any(load.kind == "persistent" for load in self.loads.values())


def pilot(parameters: Parameters) -> list[PlannedTrial]:
    """Return the pilot: one closed trial for each of `scenarios` and `stacks`.

    Rates are derived from it; [] if no rate needs it.
    """
    if not parameters.needs_pilot:
        return []
    cells = [
        _Cell(scenario, dict.fromkeys(parameters.stacks, _largest_load(parameters)))
        for scenario in _at_any_load(parameters)
    ]
    return list(_block(parameters, cells, PILOT_BLOCK, first_number=1, role="pilot"))


def plan(parameters: Parameters, capacities: Capacities) -> list[PlannedTrial]:
    """Return the trials of all blocks in the order of measurement, numbered after the pilot's."""
    cells = list(_cells(parameters, capacities))
    trials = pilot(parameters)
    number = len(trials) + 1
    planned: list[PlannedTrial] = []
    for block in range(1, parameters.blocks + 1):
        planned += _block(parameters, cells, block, number + len(planned), "measure")
    return planned


def launch_batches(trials: Iterable[PlannedTrial]) -> list[list[PlannedTrial]]:
    """Split a block's trials, in order, into batches of at most LAUNCH_BATCH_SIZE stacks each."""
    batches: list[list[PlannedTrial]] = []
    running: set[str] = set()
    for planned in trials:
        running.add(planned.stack)
        if not batches or len(running) > LAUNCH_BATCH_SIZE:
            batches.append([])
            running = {planned.stack}
        batches[-1].append(planned)
    return batches


def capacities_of(trials: Iterable[Trial]) -> Capacities:
    """Return the pilot's results: successes per second, by scenario and stack."""
    found: Capacities = {}
    for trial in trials:
        by_stack = found.setdefault(trial.planned.scenario, {})
        by_stack[trial.planned.stack] = trial.counts.completed / trial.window_s
    return found


def common_rates(parameters: Parameters, capacities: Capacities) -> dict[str, list[float]]:
    """Return the arrival rates per second common to all stacks of a scenario, ascending.

    These are the given rates, and the given fractions of the slowest stack's capacity. The latter
    are rounded down on the 1-2-5 grid, which makes the same rate likely on another machine. A stack
    whose pilot measured no throughput sets no rate.
    """
    rates = {}
    for scenario in _at_any_load(parameters):
        slowest = min(_positive(capacities.get(scenario, {})).values(), default=None)
        fractions = parameters.common_fractions if slowest else []
        derived = [grid_below(fraction * (slowest or 0.0)) for fraction in fractions]
        rates[scenario] = sorted({*parameters.open_rates_per_s, *derived})
    return rates


def grid_below(rate_per_s: float) -> float:
    """Return the largest of …, 1, 2, 5, 10, 20, 50, … that is at most `rate_per_s` (> 0)."""
    exponent = math.floor(math.log10(rate_per_s))
    # Include a decade on either side: log10 rounds, and 1000 must give 1000.
    grid = (float(f"{m}e{e}") for e in range(exponent - 1, exponent + 2) for m in (1, 2, 5))
    return max(each for each in grid if each <= rate_per_s)


def window_of(planned: PlannedTrial, parameters: Parameters) -> tuple[float, float]:
    """Return warm-up and measured window of a trial, in seconds.

    Longer than the parameters ask if some kinds of request would otherwise be missed.
    """
    if planned.role == "pilot":
        return PILOT_WARMUP_S, PILOT_WINDOW_S
    if planned.scenario in ONE_AT_A_TIME:
        return parameters.warmup_s, max(parameters.duration_s, TWO_CYCLES_S)
    return _warmup_s(planned.scenario, planned.load, parameters), parameters.duration_s


def _warmup_s(scenario: str, load: Load, parameters: Parameters) -> float:
    """Return the requested warm-up, extended if opening every connection takes longer."""
    if load.connections is None:
        return parameters.warmup_s
    return max(parameters.warmup_s, (load.connections + load.idle) / OPENINGS_PER_S[scenario])


def persistent_loads(parameters: Parameters) -> list[Load]:
    """Return the loads of persistent connections, ascending by number of connections.

    Idle connections are combined with the smallest number of active ones.
    """
    rate_per_s, active = parameters.persistent_rate_per_s, parameters.persistent_connections
    sizes = [(connections, 0) for connections in active]
    sizes += [(min(active), idle) for idle in parameters.idle_connections]
    return [
        Load("persistent", rate_per_s=rate_per_s, connections=connections, idle=idle)
        for connections, idle in sorted(sizes, key=sum)
    ]


def longest_idle_s(parameters: Parameters) -> float:
    """Return the longest time from opening a persistent connection to its next request, or 0."""
    return max(
        (
            _warmup_s(parameters.persistent_scenario, load, parameters)
            + (load.connections or 0) / parameters.persistent_rate_per_s
            for load in persistent_loads(parameters)
        ),
        default=0.0,
    )


def _cells(parameters: Parameters, capacities: Capacities) -> Iterator[_Cell]:
    rates = common_rates(parameters, capacities)
    at_any_load = _at_any_load(parameters)
    for scenario in at_any_load:
        measured = _positive(capacities.get(scenario, {}))
        for loads in (
            *_closed_loads(parameters, scenario),
            *_open_loads(parameters, rates[scenario], measured),
        ):
            yield _Cell(scenario, loads, parameters.aa_stack)
    for scenario in parameters.all_scenarios:
        if scenario not in at_any_load and parameters.stacks_at_full_load(scenario):
            load = (
                Load("closed", users=1) if scenario in ONE_AT_A_TIME else _largest_load(parameters)
            )
            yield _Cell(scenario, dict.fromkeys(parameters.stacks_at_full_load(scenario), load))
    for load in persistent_loads(parameters):
        yield _Cell(
            parameters.persistent_scenario, dict.fromkeys(parameters.stacks_with_persistent, load)
        )


def _at_any_load(parameters: Parameters) -> list[str]:
    """Return the scenarios that are measured at every load."""
    return [name for name in parameters.scenarios if name not in ONE_AT_A_TIME]


def _closed_loads(parameters: Parameters, scenario: str) -> Iterator[dict[str, Load]]:
    """Yield the closed loads of one of `scenarios`, by stack.

    Stacks that only `extra_stacks` names are measured at the largest load alone.
    """
    for users in parameters.closed_users:
        load = Load("closed", users=users)
        is_largest = load == _largest_load(parameters)
        yield dict.fromkeys(
            parameters.stacks_at_full_load(scenario) if is_largest else parameters.stacks, load
        )


def _open_loads(
    parameters: Parameters, rates_per_s: list[float], measured: dict[str, float]
) -> Iterator[dict[str, Load]]:
    """Yield the open loads of a scenario, by stack; `measured` holds capacities by stack."""
    for rate in rates_per_s:
        yield dict.fromkeys(parameters.stacks, Load("open", rate_per_s=rate))
    for fraction in parameters.own_fractions if measured else []:
        yield {stack: _own_rate_load(fraction, capacity) for stack, capacity in measured.items()}


def _largest_load(parameters: Parameters) -> Load:
    return Load("closed", users=max(parameters.closed_users, default=PILOT_USERS))


def _own_rate_load(fraction: float, capacity_per_s: float) -> Load:
    rate = float(f"{fraction * capacity_per_s:.3g}")
    return Load("open", rate_per_s=rate, capacity_fraction=fraction)


def _positive(capacities: dict[str, float]) -> dict[str, float]:
    return {stack: rate for stack, rate in capacities.items() if rate > 0}


def _block(
    parameters: Parameters,
    cells: Sequence[_Cell],
    block: int,
    first_number: int,
    role: Role,
) -> Iterator[PlannedTrial]:
    shuffled = np.random.default_rng(_seeds(parameters, block))
    number = first_number
    for place, index in enumerate(_order(cells, shuffled), start=1):
        cell = cells[index]
        seed = int(_seeds(parameters, block, index).generate_state(1)[0])
        entries: list[tuple[str, Role]] = [(stack, role) for stack in cell.loads]
        if cell.aa_stack is not None and cell.aa_stack in cell.loads:
            entries.append((cell.aa_stack, "a/a"))
        for entry in shuffled.permutation(len(entries)):
            stack, entry_role = entries[entry]
            load = cell.loads[stack]
            yield PlannedTrial(number, block, place, stack, cell.scenario, load, seed, entry_role)
            number += 1


def _order(cells: Sequence[_Cell], shuffled: np.random.Generator) -> list[int]:
    """Return the shuffled order of the cells; those with persistent connections stay in sequence.

    That sequence is from few to many connections, because a process keeps memory once allocated.
    """
    order = [int(index) for index in shuffled.permutation(len(cells))]
    persistent = iter(index for index, cell in enumerate(cells) if cell.is_persistent)
    return [next(persistent) if cells[index].is_persistent else index for index in order]


def _seeds(parameters: Parameters, *key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(parameters.seed, spawn_key=key)
