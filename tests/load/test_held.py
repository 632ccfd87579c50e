"""Connections that are held, against a server that counts them and what they ask."""

from collections import Counter
from math import inf

import numpy as np
import pytest

from tests.load.test_crew import several
from tests.load.test_driver import TRIES, driven, is_whole, task
from tests.load.truth import truth
from tests.waiting import wait_until
from webtrial.load.driver import running_driver
from webtrial.load.partition import Partition
from webtrial.load.persistent_connections import persistent_requests
from webtrial.run.records import ConnectionStates, Load
from webtrial.system.ports import free_port

WARMUP_S, WINDOW_S = 0.2, 0.6  # as test_driver.task has them
ALL_OPEN = {"refused": 0, "reset": 0, "timed_out": 0, "idle_opened": 0, "idle_still_open": 0}


def holding(connections: int, rate_per_s: float, idle: int = 0) -> Load:
    return Load("persistent", connections=connections, rate_per_s=rate_per_s, idle=idle)


# --- when who asks


def asks(connections: int, rate_per_s: float, opening_s: float = 1.0, span_s: float = 10.0):
    ns = int(opening_s * 1e9), int(span_s * 1e9)
    found = persistent_requests(connections, rate_per_s, *ns, seed=7)
    return np.array(found.at_ns) / 1e9, np.array(found.connections)


def test_every_connection_opens_in_its_turn_within_the_warm_up() -> None:
    at_s, connections = asks(50, 10.0)
    first = [at_s[connections == number][0] for number in range(50)]
    assert first == pytest.approx(np.arange(50) / 50)


def test_after_opening_each_asks_at_equal_intervals_from_a_drawn_instant_on() -> None:
    at_s, connections = asks(20, 10.0)
    firsts = []
    for number in range(20):
        later = at_s[connections == number][1:]
        assert np.diff(later) == pytest.approx(2.0, abs=1e-6)
        assert 1.0 <= later[0] < 3.0
        firsts.append(later[0])
    assert len(set(np.diff(firsts).round(6))) == 19  # drawn, not spread
    assert firsts == sorted(firsts)


@pytest.mark.parametrize("connections", [1, 7, 100, 1000])
def test_all_together_ask_at_the_rate_however_many_they_are(connections: int) -> None:
    at_s, _ = asks(connections, 100.0, span_s=21.0)
    assert (at_s < 1.0).sum() == connections
    # Whole intervals of 20 s hold each connection equally often, to one.
    assert (at_s >= 1.0).sum() == pytest.approx(2000, abs=connections if connections < 100 else 0)


def test_asks_are_sorted_and_end_with_the_load() -> None:
    at_s, _ = asks(30, 50.0, span_s=3.0)
    assert (np.diff(at_s) >= 0).all()
    assert at_s.max() < 3.0


def test_drivers_share_the_connections_and_all_that_these_ask() -> None:
    every = persistent_requests(7, 20.0, 10**9, 5 * 10**9, seed=3)
    parts = [every.part(Partition(index, 3)) for index in range(3)]
    together = [
        (at_ns, who * 3 + index)
        for index, part in enumerate(parts)
        for at_ns, who in zip(part.at_ns, part.connections, strict=True)
    ]
    assert sorted(together) == sorted(zip(every.at_ns, every.connections, strict=True))


# --- what becomes of them


def test_the_server_sees_every_connection_once_and_every_ask() -> None:
    server, outcome = driven(holding(100, 200.0))
    drawn = persistent_requests(100, 200.0, int(WARMUP_S * 1e9), int(1.3e9), seed=7)
    samples = outcome.samples.to_pandas()
    assert server.connections == 100
    assert outcome.connection_states == ConnectionStates(opened=100, still_open=100, **ALL_OPEN)
    assert sum(server.asked) == len(samples) == sum(server.counts.values())
    due_ns = [at_ns - int(WARMUP_S * 1e9) for at_ns in drawn.at_ns]
    due_ns = [at_ns for at_ns in due_ns if at_ns < WINDOW_S * 1e9]
    samples = samples[samples["intended_ns"] < WINDOW_S * 1e9]
    assert samples["intended_ns"].tolist() == due_ns
    assert samples["connection"].tolist() == drawn.connections[: len(due_ns)]
    assert (samples["phase"] == "measured").sum() == sum(at_ns >= 0 for at_ns in due_ns)
    assert outcome.counts.sent == outcome.counts.scheduled == outcome.counts.succeeded
    assert outcome.client.connections_reopened == 0


def test_idle_connections_are_opened_and_never_ask() -> None:
    server, outcome = driven(holding(10, 100.0, idle=25))
    assert outcome.connection_states is not None
    assert (outcome.connection_states.opened, outcome.connection_states.still_open) == (10, 10)
    assert (outcome.connection_states.idle_opened, outcome.connection_states.idle_still_open) == (
        25,
        25,
    )
    assert server.connections == 35
    assert Counter(count > 0 for count in server.asked) == {True: 10, False: 25}
    assert outcome.client.connections == 10


def test_idle_connections_that_the_server_ends_are_not_open_any_more() -> None:
    """The others get no second answer before these are ended, so that the trial goes on."""
    load = holding(2, 100.0, idle=9)
    with (
        truth(gathers=inf, spares=1) as server,
        running_driver(task(server.url, load, window_s=2.0)) as it,
    ):
        assert it.window_opens_ns
        wait_until(lambda: server.connections == 11 and sum(server.asked) > 2, "second request")
        server.end_idle()
        server.release()
        outcome = it.outcome()
    assert outcome.connection_states is not None
    assert (outcome.connection_states.idle_opened, outcome.connection_states.idle_still_open) == (
        9,
        0,
    )
    assert outcome.connection_states.still_open == 2


def test_a_connection_that_the_server_ends_is_not_opened_again_and_its_asks_fail() -> None:
    server, outcome = driven(holding(10, 20.0), server={"answers_each": 1})
    assert server.connections == 10
    assert outcome.connection_states == ConnectionStates(
        opened=10,
        still_open=0,
        **ALL_OPEN | {"reset": 10},
    )
    assert sum(server.asked) == 10  # on opening
    assert set(outcome.counts.errors) <= {"gone", "closed", "reset"}
    assert sum(outcome.counts.errors.values()) == outcome.counts.sent > 0


def test_connections_beyond_what_the_server_takes_are_told_from_those_it_holds() -> None:
    server, outcome = driven(holding(10, 100.0), server={"hosted": 6})
    samples = outcome.samples.to_pandas()
    assert outcome.connection_states is not None
    assert outcome.connection_states.still_open == 6
    assert outcome.connection_states.refused + outcome.connection_states.reset == 4
    answered = samples[samples["outcome"] == "ok"]["connection"].unique()
    assert len(answered) == 6
    failed = samples[~samples["connection"].isin(answered)]
    assert set(failed["outcome"]) <= {"gone", "closed", "reset", "refused"}
    assert sum(server.asked) == (samples["outcome"] == "ok").sum()


def test_connections_that_nobody_takes_are_refused_and_their_asks_fail() -> None:
    for _ in range(TRIES):
        url = f"http://127.0.0.1:{free_port()}"
        with running_driver(task(url, holding(5, 50.0, idle=3))) as it:
            outcome = it.outcome()
        if is_whole(outcome):
            break
    assert outcome.connection_states == ConnectionStates(
        opened=0, still_open=0, **ALL_OPEN | {"refused": 5}
    )
    kinds = outcome.samples.to_pandas()["outcome"].value_counts()
    assert (kinds["refused"], kinds["gone"]) == (5, len(outcome.samples) - 5)
    assert outcome.counts.errors == {"gone": outcome.counts.sent}


def test_a_connection_whose_answer_does_not_come_in_time_is_given_up() -> None:
    """On a slow machine others may be, too: whose answer comes late, and who cannot even connect
    in time."""
    server, outcome = driven(holding(4, 20.0), "ok", "ok", "timeout", timeout_s=0.3)
    held = outcome.connection_states
    assert held is not None
    late = (outcome.samples.to_pandas()["outcome"] == "timeout").sum()
    assert held.timed_out >= server.counts["timeout"] > 0
    assert held.timed_out + held.refused == late
    assert held.reset == 0
    assert server.connections <= 4


def test_an_ask_that_finds_its_connection_waiting_is_dropped_and_counted() -> None:
    server, outcome = driven(
        holding(4, 40.0),  # each asks every 0.1 s
        server={"delay_s": 0.25},
        is_enough=lambda outcome: outcome.counts.sent > 0,
    )
    counts = outcome.counts
    assert counts.dropped > 0
    assert counts.scheduled == counts.sent + counts.dropped
    assert server.most_at_once <= 4


def test_a_stall_is_felt_from_the_instant_at_which_an_answer_was_asked_for() -> None:
    """Each connection gets its first answer, then nobody gets one until 60 wait."""
    for _ in range(TRIES):
        with (
            truth(gathers=60, spares=1) as server,
            running_driver(task(server.url, holding(200, 400.0))) as it,
        ):
            opens_ns, samples = it.window_opens_ns, it.outcome().samples.to_pandas()
        if server.released_ns is not None:
            break
    assert server.released_ns is not None
    released_ns = server.released_ns - opens_ns
    stalled = samples[samples["intended_ns"].between(0, released_ns, inclusive="left")]
    assert len(stalled) >= 60
    assert (stalled["done_ns"] >= released_ns).all()


def test_two_drivers_hold_together_what_the_server_counted() -> None:
    server, outcome = driven(holding(11, 200.0, idle=5), drive=several(2))
    expected = ALL_OPEN | {"idle_opened": 5, "idle_still_open": 5}
    assert outcome.connection_states == ConnectionStates(opened=11, still_open=11, **expected)
    assert server.connections == 16
    assert sum(server.asked) == outcome.samples.num_rows
    assert [worker.client.connections for worker in outcome.workers] == [6, 5]
    assert set(outcome.samples["connection"].to_pylist()) == set(range(11))
