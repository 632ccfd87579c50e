"""Parameters become trials: which stack, scenario and load, in which order, with which seed.

    run = pilot? + blocks;  block = cells (scenario × load) shuffled;  cell = stacks shuffled

Shuffling cells spreads the machine's slow drift over loads; keeping the stacks of a cell
adjacent leaves it out of their ratios (a randomised block design: Montgomery, Design and
Analysis of Experiments, chapter 4). Everything here is a pure function of its arguments.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from webtrial.parameters import Parameters
from webtrial.records import Load, PlannedTrial, Role, Trial

PILOT_BLOCK = 0
PILOT_USERS = 100
PILOT_WARMUP_S = 1.0
PILOT_WINDOW_S = 1.5

Capacities = dict[str, dict[str, float]]
"""Scenario → stack → successes per second in the pilot."""


@dataclass(frozen=True, slots=True)
class _Cell:
    scenario: str
    loads: dict[str, Load]  # by stack


def pilot(parameters: Parameters) -> list[PlannedTrial]:
    """One closed trial per scenario and stack, from which rates are derived; [] when none are."""
    if not parameters.needs_pilot:
        return []
    load = Load("closed", users=max(parameters.closed_users, default=PILOT_USERS))
    cells = [
        _Cell(scenario, dict.fromkeys(contenders(parameters, scenario), load))
        for scenario in parameters.scenarios
    ]
    return list(_block(parameters, cells, PILOT_BLOCK, first_number=1, role="pilot"))


def plan(parameters: Parameters, capacities: Capacities) -> list[PlannedTrial]:
    """The trials of all blocks, numbered on from the pilot's, in the order to measure them."""
    cells = list(_cells(parameters, capacities))
    trials = pilot(parameters)
    number = len(trials) + 1
    planned: list[PlannedTrial] = []
    for block in range(1, parameters.blocks + 1):
        planned += _block(parameters, cells, block, number + len(planned), "measure")
    return planned


def contenders(parameters: Parameters, scenario: str) -> list[str]:
    """The stacks that are compared in `scenario`."""
    beside = parameters.extra_stacks if scenario in parameters.extra_scenarios else []
    return [*parameters.stacks, *beside]


def capacities_of(trials: Iterable[Trial]) -> Capacities:
    """What the pilot found: successes per second, by scenario and stack."""
    found: Capacities = {}
    for trial in trials:
        of_scenario = found.setdefault(trial.planned.scenario, {})
        of_scenario[trial.planned.stack] = trial.counts.completed / trial.window_s
    return found


def common_rates(parameters: Parameters, capacities: Capacities) -> dict[str, list[float]]:
    """Arrival rates per second that all stacks of a scenario are given, ascending.

    The given ones, and the fractions of the slowest stack's capacity rounded down on the 1-2-5
    grid, so that a rate is likely to recur on another machine. A stack that answered nothing
    in the pilot sets no rate.
    """
    rates = {}
    for scenario in parameters.scenarios:
        slowest = min(_positive(capacities.get(scenario, {})).values(), default=None)
        fractions = parameters.common_fractions if slowest else []
        derived = [grid_below(fraction * (slowest or 0.0)) for fraction in fractions]
        rates[scenario] = sorted({*parameters.open_rates_per_s, *derived})
    return rates


def grid_below(rate_per_s: float) -> float:
    """The largest of …, 1, 2, 5, 10, 20, 50, … that is not above `rate_per_s` (> 0)."""
    exponent = math.floor(math.log10(rate_per_s))
    # One decade more on either side: log10 rounds, and 1000 must give 1000.
    grid = (float(f"{m}e{e}") for e in range(exponent - 1, exponent + 2) for m in (1, 2, 5))
    return max(each for each in grid if each <= rate_per_s)


def window_of(planned: PlannedTrial, parameters: Parameters) -> tuple[float, float]:
    """Warm-up and measured window of a trial, in seconds."""
    if planned.role == "pilot":
        return PILOT_WARMUP_S, PILOT_WINDOW_S
    return parameters.warmup_s, parameters.duration_s


def _cells(parameters: Parameters, capacities: Capacities) -> Iterator[_Cell]:
    rates = common_rates(parameters, capacities)
    for scenario in parameters.scenarios:
        names = contenders(parameters, scenario)
        common = [
            *(Load("closed", users=users) for users in parameters.closed_users),
            *(Load("open", rate_per_s=rate) for rate in rates[scenario]),
        ]
        yield from (_Cell(scenario, dict.fromkeys(names, load)) for load in common)
        measured = _positive(capacities.get(scenario, {}))
        for fraction in parameters.own_fractions if measured else []:
            yield _Cell(scenario, {name: _own(fraction, rate) for name, rate in measured.items()})


def _own(fraction: float, capacity_per_s: float) -> Load:
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
    for place, index in enumerate(shuffled.permutation(len(cells)), start=1):
        cell = cells[index]
        seed = int(_seeds(parameters, block, int(index)).generate_state(1)[0])
        entries: list[tuple[str, Role]] = [(stack, role) for stack in cell.loads]
        again = parameters.aa_stack
        if role == "measure" and again is not None and again in cell.loads:
            entries.append((again, "a/a"))
        for entry in shuffled.permutation(len(entries)):
            stack, its_role = entries[entry]
            load = cell.loads[stack]
            yield PlannedTrial(number, block, place, stack, cell.scenario, load, seed, its_role)
            number += 1


def _seeds(parameters: Parameters, *key: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(parameters.seed, spawn_key=key)
