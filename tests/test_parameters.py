"""Parameters that cannot be run are refused by name, with what is allowed."""

from typing import Any

import pytest

from webtrial.errors import ParameterError
from webtrial.run.parameters import Parameters, read_parameters, read_profile
from webtrial.run.records import Load


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"duration": 3.0}, ["duration: unknown", "duration_s"]),
        ({"duration_s": -1.0}, ["duration_s = -1.0", "greater than or equal to 0.5"]),
        ({"duration_s": "3"}, ["duration_s = '3'", "valid number"]),
        ({"duration_s": float("nan")}, ["duration_s"]),
        ({"blocks": 0}, ["blocks = 0", "greater than or equal to 1"]),
        ({"blocks": 2.5}, ["blocks = 2.5", "integer"]),
        ({"blocks": True}, ["blocks = True", "integer"]),
        ({"blocks": "three"}, ["blocks = 'three'", "integer"]),
        ({"seed": -1}, ["seed = -1"]),
        ({"seed": "7"}, ["seed = '7'", "integer"]),
        ({"stacks": []}, ["stacks = []", "at least 1"]),
        ({"stacks": ["flask", "rails"]}, ["unknown stack: rails", "django", "fastapi"]),
        ({"stacks": ["flask", "flask"]}, ["named twice"]),
        ({"stacks": "flask"}, ["stacks = 'flask'", "list"]),
        ({"scenarios": ["checkout"]}, ["unknown scenario: checkout", "user_detail"]),
        ({"closed_users": [0]}, ["closed_users.0 = 0", "greater than or equal to 1"]),
        ({"closed_users": [100], "common_fractions": [1.0]}, ["common_fractions.0", "less than 1"]),
        ({"open_rates_per_s": [0.0]}, ["open_rates_per_s.0", "greater than 0"]),
        ({"closed_users": [10, 100, 10]}, ["closed_users = [10, 100, 10]", "the label 10 users"]),
        ({"open_rates_per_s": [1e5, 99999.99]}, ["open_rates_per_s", "the label 100000/s"]),
        ({"common_fractions": [0.5, 0.5]}, ["common_fractions", "several loads have the label"]),
        ({"own_fractions": [0.95, 0.951]}, ["own_fractions", "the label 95 % of pilot"]),
        ({"closed_users": [], "common_fractions": []}, ["no load", "own_fractions"]),
        ({"aa_stack": "django", "stacks": ["flask"]}, ["aa_stack 'django'", "flask"]),
        ({"extra_stacks": {"crud": ["flask"]}}, ["['flask'] are in both stacks", "crud"]),
        ({"extra_stacks": {"crud": []}}, ["extra_stacks.crud = []", "at least 1"]),
        ({"extra_stacks": {"checkout": ["flask-raw"]}}, ["unknown scenario: checkout"]),
        ({"extra_stacks": {"ping": ["rails"]}}, ["unknown stack: rails"]),
        ({"extra_stacks": {"ping": ["flask", "flask"]}}, ["named twice"]),
        ({"extra_stacks": {"ping": ["flask"]}, "closed_users": []}, ["closed_users is empty"]),
        ({"extra_stacks": {"crud": ["bare"]}}, ["bare does not serve crud", "ping or user_detail"]),
        ({"stacks": ["bare"]}, ["bare does not serve crud", "`extra_stacks`"]),
        ({"persistent_connections": [0]}, ["persistent_connections.0 = 0"]),
        (
            {"persistent_connections": [100, 100]},
            ["persistent_connections", "the label 100 connections"],
        ),
        ({"idle_connections": [16]}, ["persistent_connections is empty"]),
        ({"persistent_stacks": ["rails"]}, ["unknown stack: rails"]),
        (
            {"persistent_scenario": "crud"},
            ["persistent_scenario = 'crud'", "'ping' or 'user_detail'"],
        ),
        ({"profile": "../elsewhere"}, ["profile = '../elsewhere'"]),
        ({"server_processes": 3}, ["server_processes", "16"]),
        ({"workers": 0}, ["workers = 0"]),
        ({"workers": 2, "scheduler": "tcp://one:8786"}, ["workers = 2", "one of the two"]),
        ({"scheduler": "one:8786"}, ["scheduler = 'one:8786'", "tcp"]),
        ({"targets": {"rails": "http://one:80"}}, ["targets ['rails']", "django"]),
        ({"targets": {"flask": "https://one"}}, ["'https://one' of flask", "http://host:port"]),
        ({"targets": {"flask": "http://one/"}}, ["'http://one/' of flask"]),
        ({"targets": {"flask": "http://one"}}, ["['crud']", "remove these scenarios"]),
        (
            {
                "scenarios": ["ping"],
                "extra_stacks": {"crud": ["flask-raw"]},
                "targets": {"flask": "http://one"},
            },
            ["['crud']", "remove these scenarios"],
        ),
        ({"results_url": "shards"}, ["results_url = 'shards'", "absolute path"]),
        ({"results_url": "memory://shards"}, ["results_url", "every worker"]),
        ({"results_url": "ftp://me:word@one/shards"}, ["results_url", "credentials"]),
    ],
)
def test_invalid_parameters_are_rejected(given: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ParameterError) as refusal:
        read_parameters(given)
    for each in words:
        assert each in str(refusal.value)


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ParameterError) as refusal:
        read_parameters({"blocks": 0, "warmup_s": -1.0, "colour": "red"})
    assert all(name in str(refusal.value) for name in ("blocks", "warmup_s", "colour"))


def test_the_defaults_can_be_run() -> None:
    assert read_parameters({}) == Parameters()


@pytest.mark.parametrize("name", ["smoke", "quick", "standard", "full"])
def test_every_profile_reads_and_is_named_as_its_file(name: str) -> None:
    assert read_profile(name).profile == name


def test_a_profile_can_be_changed_in_passing() -> None:
    assert read_profile("smoke", seed=7).seed == 7


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match=r"'fast'.*full, quick, smoke, standard"):
        read_profile("fast")


def test_every_stack_and_every_scenario_that_is_named_anywhere_is_known_once() -> None:
    extra = {"ping": ["bare", "flask"], "user_detail": ["flask-raw", "bare"]}
    given = read_parameters({"scenarios": ["user_detail"], "extra_stacks": extra})
    assert given.all_stacks == ["django", "flask", "fastapi", "bare", "flask-raw"]
    assert given.all_scenarios == ["user_detail", "ping"]
    assert given.stacks_in("ping") == ["bare", "flask"]
    assert given.stacks_in("user_detail") == [*given.stacks, "flask-raw", "bare"]
    assert given.stacks_in("crud") == []


def test_who_holds_connections_is_a_stack_of_the_run_and_asked_for_what_it_holds_them_with() -> (
    None
):
    told = {
        "scenarios": ["crud"],
        "persistent_connections": [100],
        "persistent_stacks": ["bare", "flask"],
    }
    given = read_parameters(told)
    assert given.all_stacks == ["django", "flask", "fastapi", "bare"]
    assert given.all_scenarios == ["crud", "ping"]
    assert given.stacks_in("ping") == ["bare", "flask"]
    assert given.stacks_at_full_load("ping") == []
    everybody = read_parameters({"persistent_connections": [100]})
    assert everybody.stacks_in("ping") == everybody.stacks_with_persistent == everybody.stacks


def test_without_connections_nobody_holds_any() -> None:
    given = read_parameters({"persistent_stacks": ["bare"]})
    assert given.stacks_with_persistent == []
    assert given.all_stacks == ["django", "flask", "fastapi"]
    assert "ping" not in given.all_scenarios


def test_smoke_needs_no_pilot_and_quick_does() -> None:
    assert not read_profile("smoke").needs_pilot
    assert read_profile("quick").needs_pilot


def test_parameters_survive_json() -> None:
    given = read_profile("full", database_url="postgresql://someone:word@127.0.0.1/postgres")
    assert Parameters.model_validate_json(given.model_dump_json()) == given


def test_a_password_is_not_shown() -> None:
    given = read_parameters({"database_url": "postgresql://someone:word@127.0.0.1/postgres"})
    assert "word" not in repr(given)


def test_where_something_is_is_not_shown() -> None:
    places = {
        "scenarios": ["ping"],
        "scheduler": "tcp://one:8786",
        "targets": {"flask": "http://two:8000/shop"},
        "results_url": "s3://three/shards",
    }
    given = read_parameters(places)
    assert not [word for word in ("one", "two", "three") if f"//{word}" in repr(given)]
    assert Parameters.model_validate_json(given.model_dump_json()) == given


def test_loads_are_shown_as_axes_show_them() -> None:
    assert str(Load("closed", users=100)) == "100 users"
    assert str(Load("closed", users=1)) == "1 user"
    assert str(Load("open", rate_per_s=200.0)) == "200/s"
    assert str(Load("open", rate_per_s=160.0, capacity_fraction=0.8)) == "80 % of pilot"
    assert str(Load("persistent", connections=5000, rate_per_s=100.0)) == "5000 connections"
    extra = Load("persistent", connections=100, rate_per_s=100.0, idle=16)
    assert str(extra) == "100 connections, 16 idle"
