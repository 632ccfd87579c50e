"""Every stack in every cell once per block, in an order and with seeds drawn from one seed."""

from collections import Counter, defaultdict
from itertools import chain, pairwise
from typing import Any

import pytest

from tests.trial_builder import a_trial
from webtrial.load.scenarios import FAN_OUT_COUNTS, FAN_OUT_DELAYS_MS
from webtrial.run.parameters import Parameters, read_parameters
from webtrial.run.plan import (
    LAUNCH_BATCH_SIZE,
    PILOT_WARMUP_S,
    PILOT_WINDOW_S,
    capacities_of,
    common_rates,
    grid_below,
    launch_batches,
    longest_idle_s,
    persistent_loads,
    pilot,
    plan,
    window_of,
)
from webtrial.run.records import Load, PlannedTrial
from webtrial.run.stacks import load_stacks

STACKS = ["django", "flask", "fastapi"]
SCENARIOS = ["user_detail", "crud"]
CAPACITIES = {
    "user_detail": {"django": 240.0, "flask": 300.0, "fastapi": 2100.0},
    "crud": {"django": 130.0, "flask": 140.0, "fastapi": 990.0},
}


def parameters(**changes: Any) -> Parameters:
    given = {"stacks": STACKS, "scenarios": SCENARIOS, "closed_users": [1, 100], "blocks": 4}
    return read_parameters(given | changes)


def in_cells(trials: list[PlannedTrial]) -> dict[tuple[int, int], list[PlannedTrial]]:
    cells = defaultdict(list)
    for trial in trials:
        cells[trial.block, trial.cell].append(trial)
    return dict(cells)


def order(trials: list[PlannedTrial]) -> list[tuple[str, str, str]]:
    return [(trial.scenario, str(trial.load), trial.stack) for trial in trials]


def test_every_stack_is_in_every_cell_once_per_block() -> None:
    trials = plan(parameters(), CAPACITIES)
    counted = Counter((t.block, t.scenario, str(t.load), t.stack) for t in trials)
    loads = {
        "user_detail": ("1 user", "100 users", "100/s"),
        "crud": ("1 user", "100 users", "50/s"),
    }
    assert counted == {
        (block, scenario, load, stack): 1
        for block in (1, 2, 3, 4)
        for scenario in SCENARIOS
        for load in loads[scenario]
        for stack in STACKS
    }


def test_the_stacks_of_a_cell_follow_one_another_with_the_same_load_and_seed() -> None:
    trials = plan(parameters(), CAPACITIES)
    assert [(t.block, t.cell) for t in trials] == sorted((t.block, t.cell) for t in trials)
    for cell in in_cells(trials).values():
        assert len({(t.scenario, t.load, t.seed) for t in cell}) == 1


def test_no_more_stacks_are_up_than_a_sitting_holds() -> None:
    names = list(load_stacks())[:20]
    trials = plan(parameters(stacks=names, blocks=1), {})
    cut = launch_batches(trials)
    assert list(chain(*cut)) == trials
    up = [{each.stack for each in batch} for batch in cut]
    assert max(map(len, up)) == LAUNCH_BATCH_SIZE
    # Each ends only because the next trial would have needed one more.
    for before, after in pairwise(cut):
        assert len({each.stack for each in before} | {after[0].stack}) == LAUNCH_BATCH_SIZE + 1


def test_few_stacks_stay_up_for_the_whole_block() -> None:
    trials = plan(parameters(blocks=1), {})
    assert launch_batches(trials) == [trials]


def test_cells_have_seeds_of_their_own() -> None:
    cells = in_cells(plan(parameters(), CAPACITIES))
    assert len({cell[0].seed for cell in cells.values()}) == len(cells) == 4 * 6


def test_numbers_go_on_from_the_pilot_without_a_gap() -> None:
    given = parameters()
    trials = pilot(given) + plan(given, CAPACITIES)
    assert [t.number for t in trials] == list(range(1, 6 + 4 * 6 * 3 + 1))


def test_the_same_seed_gives_the_same_plan() -> None:
    assert plan(parameters(), CAPACITIES) == plan(parameters(), CAPACITIES)
    assert pilot(parameters()) == pilot(parameters())


def test_another_seed_gives_another_order_of_the_same_trials() -> None:
    one, other = plan(parameters(seed=1), CAPACITIES), plan(parameters(seed=2), CAPACITIES)
    assert order(one) != order(other)
    assert sorted(order(one)) == sorted(order(other))
    assert not {t.seed for t in one} & {t.seed for t in other}


def test_blocks_and_cells_are_shuffled_differently() -> None:
    trials = plan(parameters(), CAPACITIES)
    blocks = {tuple(order([t for t in trials if t.block == block])) for block in (1, 2, 3, 4)}
    cells = {tuple(t.stack for t in cell) for cell in in_cells(trials).values()}
    assert len(blocks) == 4
    assert len(cells) > 1


def test_stacks_beside_join_only_their_scenario_at_the_most_closed_users() -> None:
    trials = plan(parameters(extra_stacks={"user_detail": ["flask-raw"]}), CAPACITIES)
    joined = [(t.block, t.scenario, str(t.load)) for t in trials if t.stack == "flask-raw"]
    assert joined == [(block, "user_detail", "100 users") for block in (1, 2, 3, 4)]
    cells = in_cells(trials).values()
    assert sorted(map(len, cells)) == [3] * (4 * 5) + [4] * 4


def test_a_scenario_that_only_stands_beside_is_measured_for_its_stacks_alone() -> None:
    given = parameters(extra_stacks={"ping": ["flask", "bare"]}, aa_stack="flask")
    trials = [t for t in pilot(given) + plan(given, CAPACITIES) if t.scenario == "ping"]
    asked = Counter((t.block, t.stack, str(t.load), t.role) for t in trials)
    expected = [(b, s, "100 users", "measure") for b in (1, 2, 3, 4) for s in ("flask", "bare")]
    assert asked == dict.fromkeys(expected, 1)


def test_a_stack_against_itself_is_in_every_cell_at_any_place() -> None:
    cells = in_cells(plan(parameters(aa_stack="flask", blocks=8), CAPACITIES)).values()
    for cell in cells:
        assert [t.role for t in cell if t.stack == "flask"].count("a/a") == 1
        assert [t.role for t in cell].count("a/a") == 1
        assert len(cell) == 4
    places = {[t.role for t in cell].index("a/a") for cell in cells}
    assert places == {0, 1, 2, 3}


def test_own_fractions_give_each_stack_its_own_rate_in_one_cell() -> None:
    given = parameters(closed_users=[], common_fractions=[], own_fractions=[0.5, 0.9], blocks=1)
    cells = in_cells(plan(given, CAPACITIES)).values()
    rates = {
        (t.scenario, t.load.capacity_fraction, t.stack): t.load.rate_per_s
        for cell in cells
        for t in cell
    }
    assert len(cells) == 4
    assert rates["user_detail", 0.5, "fastapi"] == 1050.0
    assert rates["user_detail", 0.9, "django"] == 216.0
    assert {str(t.load) for cell in cells for t in cell} == {"50 % of pilot", "90 % of pilot"}


def test_a_stack_that_answered_nothing_sets_no_rate_but_is_given_the_common_ones() -> None:
    silent = {"user_detail": {"django": 0.0, "flask": 300.0, "fastapi": 2100.0}}
    given = parameters(scenarios=["user_detail"], own_fractions=[0.5])
    trials = plan(given, silent)
    assert common_rates(given, silent) == {"user_detail": [100.0]}
    assert "django" in {t.stack for t in trials if str(t.load) == "100/s"}
    assert "django" not in {t.stack for t in trials if t.load.capacity_fraction}


def test_where_no_stack_answered_only_the_given_loads_are_left() -> None:
    silent = {"user_detail": dict.fromkeys(STACKS, 0.0)}
    trials = plan(parameters(scenarios=["user_detail"], own_fractions=[0.5]), silent)
    assert {str(t.load) for t in trials} == {"1 user", "100 users"}


def test_common_rates_are_fractions_of_the_slowest_on_the_grid_beside_the_given() -> None:
    given = parameters(open_rates_per_s=[100.0, 7.0], common_fractions=[0.5, 0.9])
    assert common_rates(given, CAPACITIES) == {
        "user_detail": [7.0, 100.0, 200.0],
        "crud": [7.0, 50.0, 100.0],
    }


@pytest.mark.parametrize(
    ("rate", "below"),
    [
        (1000.0, 1000.0),
        (999.999, 500.0),
        (500.0, 500.0),
        (499.0, 200.0),
        (200.0, 200.0),
        (199.9, 100.0),
        (1.0, 1.0),
        (0.99, 0.5),
        (0.2, 0.2),
        (0.001, 0.001),
        (100_000.0, 100_000.0),
    ],
)
def test_rates_are_rounded_down_on_the_grid(rate: float, below: float) -> None:
    assert grid_below(rate) == below


def test_the_pilot_offers_each_scenario_and_stack_one_closed_load_for_a_short_time() -> None:
    given = parameters(extra_stacks={"user_detail": ["flask-raw"], "ping": ["bare"]})
    trials = pilot(given)
    asked = sorted((t.scenario, t.stack) for t in trials)
    assert asked == sorted((scenario, stack) for scenario in SCENARIOS for stack in STACKS)
    assert {(t.role, t.block, str(t.load)) for t in trials} == {("pilot", 0, "100 users")}
    assert window_of(trials[0], given) == (PILOT_WARMUP_S, PILOT_WINDOW_S)


@pytest.mark.parametrize(
    ("given", "stacks"),
    [
        ({"extra_stacks": {"fan_out": ["flask-raw", "flask"]}}, ["flask-raw", "flask"]),
        ({"scenarios": [*SCENARIOS, "fan_out"]}, STACKS),
        (
            {"scenarios": [*SCENARIOS, "fan_out"], "extra_stacks": {"fan_out": ["flask-raw"]}},
            [*STACKS, "flask-raw"],
        ),
    ],
)
def test_the_fan_out_is_asked_for_by_one_user_whatever_the_other_loads(
    given: dict[str, Any], stacks: list[str]
) -> None:
    told = parameters(**given, open_rates_per_s=[50.0], own_fractions=[0.5], aa_stack="flask")
    trials = pilot(told) + plan(told, CAPACITIES)
    asked = Counter((t.block, t.stack, t.load, t.role) for t in trials if t.scenario == "fan_out")
    one_user = Load("closed", users=1)
    expected = [(b, stack, one_user, "measure") for b in (1, 2, 3, 4) for stack in stacks]
    assert asked == dict.fromkeys(expected, 1)
    assert "fan_out" not in common_rates(told, CAPACITIES)


def test_every_kind_of_fan_out_comes_within_the_window_even_in_turn() -> None:
    given = parameters(scenarios=["fan_out"], duration_s=3.0)
    in_turn_s = sum(FAN_OUT_COUNTS) * sum(FAN_OUT_DELAYS_MS) / 1000
    _, window_s = window_of(plan(given, {})[0], given)
    assert window_s > 2 * in_turn_s


def test_a_run_may_ask_for_the_fan_out_alone() -> None:
    given = parameters(scenarios=["fan_out"], blocks=1)
    assert pilot(given) == []
    assert {str(t.load) for t in plan(given, {})} == {"1 user"}


HOLDING = {
    "persistent_connections": [1000, 100],
    "idle_connections": [16],
    "persistent_rate_per_s": 50.0,
}


def test_connections_are_held_by_every_stack_of_the_run_once_per_block() -> None:
    given = parameters(**HOLDING, aa_stack="flask", extra_stacks={"crud": ["flask-raw"]})
    trials = pilot(given) + plan(given, CAPACITIES)
    held = [t for t in trials if t.load.kind == "persistent"]
    asked = Counter((t.block, t.stack, t.scenario, t.role, str(t.load)) for t in held)
    loads = ("100 connections", "100 connections, 16 idle", "1000 connections")
    assert asked == {
        (block, stack, "ping", "measure", load): 1
        for block in (1, 2, 3, 4)
        for stack in STACKS
        for load in loads
    }
    assert {t.load.rate_per_s for t in held} == {50.0}


def test_connections_are_held_by_the_stacks_that_are_named_for_it() -> None:
    told = HOLDING | {"persistent_stacks": ["bare", "flask"], "persistent_scenario": "user_detail"}
    trials = plan(parameters(**told), CAPACITIES)
    held = {(t.stack, t.scenario) for t in trials if t.load.kind == "persistent"}
    assert held == {("bare", "user_detail"), ("flask", "user_detail")}


def test_within_a_block_few_connections_are_held_before_many() -> None:
    given = parameters(**HOLDING, blocks=8)
    cells = in_cells(plan(given, CAPACITIES))
    places = set()
    for block in range(1, 9):
        of_block = [cells[key] for key in sorted(cells) if key[0] == block]
        held = [place for place, cell in enumerate(of_block) if cell[0].load.kind == "persistent"]
        assert [of_block[place][0].load for place in held] == persistent_loads(given)
        places.add(tuple(held))
    assert len(places) > 1


def test_the_warm_up_is_long_enough_to_open_every_connection_at_the_rate_of_its_scenario() -> None:
    ping = parameters(**HOLDING, duration_s=9.0, warmup_s=1.0)
    warmups = {
        str(t.load): window_of(t, ping)
        for t in plan(ping, CAPACITIES)
        if t.load.kind == "persistent" or t.load.users == 1
    }
    assert warmups == {
        "1 user": (1.0, 9.0),
        "100 connections": (1.0, 9.0),
        "100 connections, 16 idle": (1.0, 9.0),
        "1000 connections": (2.0, 9.0),
    }
    assert longest_idle_s(ping) == 2.0 + 1000 / 50.0
    detail = parameters(**HOLDING, persistent_scenario="user_detail")
    assert longest_idle_s(detail) == 10.0 + 1000 / 50.0
    assert longest_idle_s(parameters()) == 0.0


def test_the_pilot_has_100_users_where_no_closed_load_is_asked_for() -> None:
    assert {str(t.load) for t in pilot(parameters(closed_users=[]))} == {"100 users"}


def test_no_pilot_runs_where_no_rate_depends_on_it() -> None:
    given = parameters(common_fractions=[])
    assert pilot(given) == []
    assert {t.number for t in plan(given, {})} == set(range(1, 4 * 4 * 3 + 1))


def test_capacities_are_what_was_completed_per_second_of_the_window() -> None:
    trials = [
        a_trial(stack="django", completed=360, window_s=1.5),
        a_trial(stack="flask", completed=450, window_s=1.5),
    ]
    assert capacities_of(trials) == {"user_detail": {"django": 240.0, "flask": 300.0}}
