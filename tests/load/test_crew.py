"""Several drivers as one, against a server that knows what it was asked."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from tests.load.test_driver import closed, driven, opened, task
from tests.load.truth import truth
from tests.trial_builder import CLIENT, COUNTS, some_samples
from webtrial.errors import DriverError
from webtrial.load import driver
from webtrial.load.aggregation import counts_of
from webtrial.load.driver import _users
from webtrial.load.driver_pool import DriverPool, driver_pool, merged, partitioned
from webtrial.load.meter import Meter
from webtrial.load.samples import Samples
from webtrial.load.task import Outcome, Task
from webtrial.run.records import Load


def several(drivers: int) -> Callable[[Task], AbstractContextManager[DriverPool]]:
    """How so many drivers share a task."""
    return lambda whole: driver_pool(whole, drivers)


@pytest.mark.parametrize("load", [closed(5), opened(300.0)])
def test_two_drivers_count_together_what_the_server_counted(load: Load) -> None:
    server, outcome = driven(load, *("ok", "status", "ok"), drive=several(2), max_connections=1000)
    seen = outcome.samples.to_pandas()["outcome"].value_counts()
    assert {kind: n for kind, n in seen.items() if n} == dict(server.counts)
    assert outcome.samples.num_rows == sum(server.counts.values()) > 0
    assert outcome.client.connections == server.connections
    assert outcome.counts == counts_of(outcome.samples, 0.6, 0)


def test_each_has_its_part_of_the_users() -> None:
    server, outcome = driven(closed(5), drive=several(2), server={"gathers": 5, "delay_s": 0.02})
    assert server.most_at_once == server.connections == 5
    assert [worker.users for worker in outcome.workers] == [3, 2]
    assert [worker.client.connections for worker in outcome.workers] == [3, 2]
    connections = outcome.samples["connection"].to_numpy()
    sent = [int((connections % 2 == worker.index).sum()) for worker in outcome.workers]
    measured = outcome.samples.to_pandas().query("phase == 'measured'")["connection"]
    assert [worker.counts.sent for worker in outcome.workers] == [
        int((measured % 2 == index).sum()) for index in (0, 1)
    ]
    assert min(sent) > 0
    parts = [worker.client.in_flight_observed for worker in outcome.workers]
    assert parts[0] <= 3
    assert parts[1] <= 2
    assert outcome.client.in_flight_observed == sum(parts)


def test_the_same_seed_offers_the_same_arrivals_however_many_drivers_there_are() -> None:
    offered = [
        arrivals_of(driven(opened(400.0), drive=several(drivers), max_connections=1000)[1])
        for drivers in (1, 2, 3)
    ]
    assert offered[0] == offered[1] == offered[2] == sorted(offered[0])
    assert len(offered[0]) > 200


def arrivals_of(outcome: Outcome) -> list[int]:
    """When its requests were intended, from warm-up to the window's end."""
    return [each for each in outcome.samples["intended_ns"].to_pylist() if each < 600_000_000]


def test_users_ask_the_same_whatever_driver_they_belong_to() -> None:
    alone, together = (
        {number: asks for part in partitioned(CRUD, drivers) for number, asks in first_asks(part)}
        for drivers in (1, 3)
    )
    assert alone == together
    assert len(alone) == len(set(alone.values())) == 4


CRUD = task("http://127.0.0.1:1", closed(4), scenario="crud")


def first_asks(part: Task) -> list[tuple[int, bytes]]:
    """What each of a driver's users sends first, by the user's number."""
    users = islice(_users(part, Meter(), Samples()), part.partition.count(4))
    return [(user.index, user.session.next().request.extensions["wire"]) for user in users]


def test_one_driver_of_a_crew_measures_what_a_driver_alone_does() -> None:
    _, alone = driven(opened(200.0))
    _, outcome = driven(opened(200.0), drive=several(1))
    assert arrivals_of(outcome) == arrivals_of(alone)
    assert outcome.counts.scheduled == alone.counts.scheduled


def test_nobody_is_without_a_user() -> None:
    assert len(partitioned(task("http://127.0.0.1:1", closed(2)), 3)) == 2
    assert len(partitioned(task("http://127.0.0.1:1", opened(5.0), max_connections=1), 3)) == 1


def test_each_has_a_core_where_there_are_enough() -> None:
    whole = task("http://127.0.0.1:1", closed(9), core=3)
    assert [part.core for part in partitioned(whole, 2, (2, 3))] == [2, 3]
    assert [part.core for part in partitioned(whole, 3, ())] == [3, 3, 3]


def test_an_open_loop_without_an_arrival_is_no_fault() -> None:
    with truth() as server, driver_pool(task(server.url, opened(0.001)), 2) as it:
        outcome = it.outcome()
    assert outcome.samples.num_rows == outcome.counts.scheduled == 0


def test_percentiles_are_of_all_requests_and_never_averaged() -> None:
    slow, fast = some_samples(100), some_samples(900)
    done = slow["intended_ns"].to_numpy() + 50_000_000
    slow = slow.set_column(slow.schema.get_field_index("done_ns"), "done_ns", [done])
    both = merged(
        partitioned(task("", closed(2)), 2),
        [Outcome(COUNTS, replace(CLIENT, cpu_fraction=0.6), slow), Outcome(COUNTS, CLIENT, fast)],
    )
    assert both.client.median_latency_ms == 0.5
    assert both.client.cpu_fraction == 0.6
    assert both.client.connections == 2 * CLIENT.connections
    assert both.client.in_flight_observed == 2 * CLIENT.in_flight_observed
    assert both.counts.sent == 2 * COUNTS.sent
    assert both.counts.statuses == {"200": 2000}
    assert np.all(np.diff(both.samples["intended_ns"].to_numpy()) >= 0)


HUNG_S = 10.0


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def stop(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)


@pytest.mark.parametrize(
    ("harm", "said"), [(kill, "died"), pytest.param(stop, "hung", marks=pytest.mark.full)]
)
def test_a_driver_that_dies_or_hangs_ends_its_trial_by_name(
    harm: Callable[[int], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And at once: who waits for the window's end is never heard of again."""
    monkeypatch.setattr(driver, "SILENCE_LIMIT_S", HUNG_S)
    with (
        truth() as server,
        pytest.raises(DriverError, match=f"worker 2 of 2: the load driver {said}"),
        driver_pool(task(server.url, closed(4), window_s=1e6), 2) as it,
    ):
        assert it.window_opens_ns
        harm(pid_of(it, 1))
        while True:
            it.check()
            time.sleep(0.1)


def test_after_a_driver_that_died_others_drive() -> None:
    with truth() as server, driver_pool(task(server.url, closed(4), window_s=1e6), 2) as it:
        assert it.window_opens_ns
        kill(pid_of(it, 1))
    _, outcome = driven(closed(4), drive=several(2))
    assert outcome.counts.succeeded > 0


def pid_of(it: DriverPool, index: int) -> int:
    return it._drivers[index].pid
