"""Thousands of connections held by one driver: errors, and memory per connection."""

from webtrial.load.driver import running_driver
from webtrial.load.requests import SeededData
from webtrial.load.task import Outcome, Task
from webtrial.measure.machine import core_split
from webtrial.run.records import Load
from webtrial.selftest.bench.efficiency import bare_server

CONNECTIONS = 5000
WINDOW_S = 4.0
THINK_TIME_S = 2.0


def measure(connections: int = CONNECTIONS) -> dict[str, float]:
    """Measure `connections` users that think between requests.

    Returns `connections`, `requests`, `errors`, and `memory_kib` per connection beyond the first.
    """
    with bare_server(core_split().service_cores) as url:
        one, many = (_drive(url, users) for users in (1, connections))
    grown_kib = (many.client.memory_mib - one.client.memory_mib) * 1024
    return {
        "connections": many.client.connections,
        "requests": many.counts.sent,
        "errors": sum(many.counts.errors.values()),
        "memory_kib": grown_kib / (connections - 1),
    }


def _drive(url: str, users: int) -> Outcome:
    task = Task(
        base_url=url,
        scenario="ping",
        load=Load("closed", users=users),
        seed=1,
        warmup_s=3.0,
        window_s=WINDOW_S,
        timeout_s=10.0,
        think_time_s=THINK_TIME_S,
        max_connections=users,
        core=core_split().driver_core,
        seeded_data=SeededData(1, {}, (), ""),
        expected_bodies={},
        tokens={},
    )
    with running_driver(task) as driver:
        return driver.outcome()
