"""The load driver in its own process, against a server that knows what it did."""

import errno
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.load.truth import OK, Truth, truth
from tests.waiting import LIMIT_S
from webtrial.errors import DriverError
from webtrial.load.driver import running_driver
from webtrial.load.loops import poisson_arrivals
from webtrial.load.requests import ExpectedBody, SeededData
from webtrial.load.task import Outcome, Task
from webtrial.load.user import kind_of
from webtrial.run.records import Load
from webtrial.system.ports import free_port

BODY = OK.partition(b"\r\n\r\n")[2]
KNOWN = {"/ping": ExpectedBody(len(BODY), zlib.crc32(BODY))}


def task(url: str, load: Load, **changes: object) -> Task:
    plain = Task(
        base_url=url,
        scenario="ping",
        load=load,
        seed=7,
        warmup_s=0.2,
        window_s=0.6,
        timeout_s=LIMIT_S,
        think_time_s=0.0,
        max_connections=50,
        core=None,
        seeded_data=SeededData(100, {}, (), ""),
        expected_bodies=KNOWN,
        tokens={},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def is_whole(outcome: Outcome) -> bool:
    """Whether all that was due within the window was sent, and anything was."""
    return outcome.counts.sent > 0 and outcome.counts.dropped == 0


TRIES = 5


def driven(
    load: Load,
    *script: str,
    drive: Callable[[Task], AbstractContextManager[Any]] = running_driver,
    server: Mapping[str, float] | None = None,
    is_enough: Callable[[Outcome], bool] = is_whole,
    **changes: object,
) -> tuple[Truth, Outcome]:
    """A trial against a server that repeats `script`; `server` are changes to its fields.

    A machine may stand still for all of a window. Then there is nothing to judge, and a trial
    is driven anew.
    """
    for _ in range(TRIES):
        with (
            truth(*script, **server or {}) as asked,
            drive(task(asked.url, load, **changes)) as it,
        ):
            outcome = it.outcome()
        if is_enough(outcome):
            break
    return asked, outcome


def closed(users: int) -> Load:
    return Load("closed", users=users)


def opened(rate_per_s: float) -> Load:
    return Load("open", rate_per_s=rate_per_s)


def test_every_kind_of_failure_is_counted_as_often_as_the_server_did_it() -> None:
    script = ("ok", "status", "ok", "empty", "closed", "wrong_length", "reset", "truncated")
    kinds = {*script, "malformed"}

    def has_every_kind(outcome: Outcome) -> bool:
        return kinds <= set(outcome.samples["outcome"].to_pylist())

    server, outcome = driven(closed(5), *script, "malformed", "ok", is_enough=has_every_kind)
    seen = outcome.samples.to_pandas()["outcome"].value_counts()
    assert {kind: n for kind, n in seen.items() if n} == dict(server.counts)
    assert set(server.counts) == kinds


PREPARED = """
import psutil
from webtrial.measure.drivers import drivers
from webtrial.measure.machine import core_split
from webtrial.run.parameters import Parameters
with drivers(Parameters(), core_split()):
    print(any("forkserver" in " ".join(each.cmdline()) for each in psutil.Process().children()))
"""


def test_what_drivers_are_forked_from_is_there_before_the_first_task() -> None:
    done = subprocess.run([sys.executable, "-c", PREPARED], capture_output=True, check=True)
    assert done.stdout == b"True\n"


def test_a_driver_with_a_core_of_its_own_goes_first_there_if_it_may() -> None:
    may = subprocess.run(["chrt", "--rr", "1", "true"], capture_output=True, check=False)
    _, shared = driven(closed(1))
    _, own = driven(closed(1), core=max(os.sched_getaffinity(0)))
    assert not shared.client.realtime_priority
    assert own.client.realtime_priority == (may.returncode == 0)


def test_a_request_that_times_out_is_a_censored_sample() -> None:
    """A slow machine may have more requests time out than those that the server did not answer."""
    server, outcome = driven(closed(3), "ok", "ok", "timeout", timeout_s=0.3)
    samples = outcome.samples.to_pandas()
    late = samples[samples["outcome"] == "timeout"]
    assert len(late) >= server.counts["timeout"] > 0
    assert len(late) + (samples["outcome"] == "ok").sum() == len(samples)
    assert ((late["done_ns"] - late["sent_ns"]) >= 0.3e9).all()
    measured = (late["phase"] == "measured").sum()
    assert outcome.counts.errors.get("timeout", 0) == measured


def test_refused_connections_are_counted_and_do_not_stop_the_trial() -> None:
    for _ in range(TRIES):
        with running_driver(task(f"http://127.0.0.1:{free_port()}", closed(2))) as it:
            outcome = it.outcome()
        if is_whole(outcome):
            break
    counts = outcome.counts
    assert counts.succeeded == counts.completed == 0
    assert counts.errors == {"refused": counts.sent}
    assert counts.sent > 0


def test_a_closed_loop_has_as_many_in_flight_as_users_and_never_more() -> None:
    server, outcome = driven(closed(8), server={"gathers": 8, "delay_s": 0.02})
    assert server.most_at_once == 8
    assert server.connections == outcome.client.connections == 8
    assert outcome.client.in_flight_observed <= 8
    assert sum(server.counts.values()) == outcome.samples.num_rows


def test_latency_is_never_below_what_the_server_took() -> None:
    _, outcome = driven(closed(4), server={"delay_s": 0.03})
    samples = outcome.samples.to_pandas()
    assert ((samples["done_ns"] - samples["sent_ns"]) >= 0.03e9).all()
    assert (samples["sent_ns"] >= samples["intended_ns"]).all()


def test_think_time_separates_an_answer_from_the_next_request() -> None:
    _, outcome = driven(closed(1), think_time_s=0.05)
    samples = outcome.samples.to_pandas()
    gaps_ns = samples["intended_ns"].to_numpy()[1:] - samples["done_ns"].to_numpy()[:-1]
    assert gaps_ns == pytest.approx(0.05e9)


def test_open_arrivals_are_the_drawn_ones_whatever_the_server_does() -> None:
    _, outcome = driven(opened(300.0), server={"delay_s": 0.01}, max_connections=1000)
    intended = outcome.samples["intended_ns"].to_numpy()
    drawn = [instant - 200_000_000 for instant in poisson_arrivals(300.0, 10**9, 7)]
    assert intended.tolist() == drawn[: len(intended)]
    assert outcome.counts.scheduled == sum(0 <= instant < 600_000_000 for instant in drawn)


def test_a_stall_of_the_server_is_felt_by_all_who_came_while_it_lasted() -> None:
    """It answers nothing until 100 wait."""
    for _ in range(TRIES):
        with (
            truth(gathers=100) as server,
            running_driver(task(server.url, opened(400.0), max_connections=1000)) as it,
        ):
            opens_ns, samples = it.window_opens_ns, it.outcome().samples.to_pandas()
        if server.released_ns is not None:
            break
    assert server.released_ns is not None
    released_ns = server.released_ns - opens_ns
    stalled = samples[samples["intended_ns"] < released_ns]
    assert len(stalled) >= 100
    assert (stalled["done_ns"] >= released_ns).all()


def test_an_arrival_that_finds_every_connection_busy_is_dropped_and_counted() -> None:
    server, outcome = driven(
        opened(200.0),
        server={"gathers": 4, "delay_s": 0.2},
        is_enough=lambda outcome: outcome.counts.sent > 0,
        max_connections=4,
    )
    counts = outcome.counts
    assert counts.dropped > 0
    assert counts.scheduled == counts.sent + counts.dropped
    assert server.most_at_once == 4


def test_counts_add_up() -> None:
    _, outcome = driven(closed(4), "ok", "status", "ok")
    counts = outcome.counts
    samples = outcome.samples.to_pandas()
    assert counts.sent == counts.succeeded + sum(counts.errors.values())
    assert counts.sent == (samples["phase"] == "measured").sum()
    ok = samples["outcome"] == "ok"
    assert counts.completed == (ok & samples["done_ns"].between(0, 600_000_000 - 1)).sum()


def test_in_flight_by_latency_is_in_flight_as_counted() -> None:
    def has_some(outcome: Outcome) -> bool:
        return outcome.client.in_flight_observed > 2

    _, outcome = driven(opened(300.0), server={"delay_s": 0.01}, is_enough=has_some)
    client = outcome.client
    assert client.in_flight_by_latency == pytest.approx(client.in_flight_observed, rel=0.005)
    assert has_some(outcome)


def test_a_connection_that_the_server_closes_is_opened_again_and_counted() -> None:
    server, outcome = driven(
        closed(2),
        *("ok", "ok", "closed"),
        is_enough=lambda outcome: outcome.client.connections_reopened > 0,
    )
    assert outcome.client.connections == 2
    assert outcome.client.connections_reopened == server.connections - 2 > 0


def test_a_driver_that_is_killed_is_an_error_at_once() -> None:
    """At once: who waits for the window's end is never heard of again."""
    with truth() as server, running_driver(task(server.url, closed(2), window_s=1e6)) as it:
        assert it.window_opens_ns
        it.kill()
        with pytest.raises(DriverError, match="died"):
            it.outcome()


def test_a_fault_in_judging_an_answer_fails_the_trial_and_does_not_vanish() -> None:
    with truth() as server:
        broken = task(server.url, opened(100.0), expected_bodies={"/ping": "no Known"})
        failed = pytest.raises(DriverError, match="has no attribute 'length'")
        with running_driver(broken) as it, failed:
            it.outcome()


def test_a_shortage_of_file_descriptors_is_an_error_with_a_remedy_and_no_outcome() -> None:
    error = httpx.ConnectError("no connection")
    error.__cause__ = OSError(errno.EMFILE, "Too many open files")
    with pytest.raises(DriverError, match=r"Too many open files; .*ulimit -n"):
        kind_of(error)
    error.__cause__ = OSError(errno.ECONNREFUSED, "Connection refused")
    assert kind_of(error) == "refused"
