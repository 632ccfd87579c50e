"""What all stacks of a run are told beside their database."""

from pathlib import Path
from typing import Any

import pytest

from webtrial.errors import ParameterError
from webtrial.measure.environment import settings_for, started_environment
from webtrial.measure.launch import ServiceSettings, Upstreams
from webtrial.measure.machine import CoreSplit
from webtrial.run.parameters import read_parameters

UPSTREAMS = Upstreams("http://127.0.0.1:1", "http://127.0.0.1:2", ())


def settings(**given: Any) -> ServiceSettings:
    return settings_for(read_parameters(given), UPSTREAMS)


@pytest.mark.parametrize(
    ("given", "at_least"),
    [
        ({}, 6000),
        ({"closed_users": [6000]}, 7200),
        ({"max_connections": 10_000}, 12_000),
        ({"persistent_connections": [100, 8000]}, 9600),
        ({"persistent_connections": [5000], "idle_connections": [10, 5000]}, 12_000),
    ],
)
def test_a_server_may_hold_a_fifth_more_connections_than_any_trial_opens(
    given: dict[str, Any], at_least: int
) -> None:
    assert settings(**given).accepted_connections == at_least


def test_a_connection_may_rest_for_as_long_as_it_is_not_due_to_ask() -> None:
    assert settings().keep_alive_s == 75
    assert settings(persistent_connections=[100], persistent_rate_per_s=100.0).keep_alive_s == 75
    told = {
        "persistent_connections": [5000],
        "persistent_rate_per_s": 50.0,
    }  # 10 s to open, then 100 s
    assert settings(**told).keep_alive_s == 132


def test_more_processes_than_services_have_cores_are_refused_before_anything_starts(
    tmp_path: Path,
) -> None:
    two, one_core = read_parameters({"server_processes": 2}), CoreSplit(1, (0,))
    never: Any = None
    with (
        pytest.raises(ParameterError, match="cores for services on this machine is 1, and each"),
        started_environment(two, [], "", one_core, tmp_path, never),
    ):
        pass
