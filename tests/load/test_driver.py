"""The load driver in its own process, against a server that knows what it did."""

import errno
import os
import subprocess
import sys
import zlib
from dataclasses import replace

import httpx
import pytest

from tests.load.truth import OK, Truth, truth
from webtrial.errors import DriverError
from webtrial.measure.load.driver import Outcome, Task, driving
from webtrial.measure.load.loops import poisson_arrivals
from webtrial.measure.load.user import kind_of
from webtrial.measure.ports import free_port
from webtrial.measure.scenarios import Known, Material
from webtrial.records import Load

BODY = OK.partition(b"\r\n\r\n")[2]
KNOWN = {"/ping": Known(len(BODY), zlib.crc32(BODY))}


def task(url: str, load: Load, **changes: object) -> Task:
    plain = Task(
        base_url=url,
        scenario="ping",
        load=load,
        seed=7,
        warmup_s=0.2,
        window_s=0.6,
        timeout_s=5.0,
        think_time_s=0.0,
        max_connections=50,
        core=None,
        material=Material(100, {}, (), ""),
        answers=KNOWN,
        tokens={},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def drive(server: Truth, load: Load, **changes: object) -> Outcome:
    with driving(task(server.url, load, **changes)) as it:
        return it.outcome()


def closed(users: int) -> Load:
    return Load("closed", users=users)


def opened(rate_per_s: float) -> Load:
    return Load("open", rate_per_s=rate_per_s)


def test_every_kind_of_failure_is_counted_as_often_as_the_server_did_it() -> None:
    script = ("ok", "status", "ok", "empty", "closed", "wrong_length", "reset", "truncated")
    with truth(*script, "malformed", "ok") as server:
        outcome = drive(server, closed(5))
    seen = outcome.samples.to_pandas()["outcome"].value_counts()
    assert {kind: n for kind, n in seen.items() if n} == dict(server.counts)
    assert set(server.counts) == set(script) | {"malformed"}


PREPARED = """
import psutil
from webtrial.measure.drivers import drivers
from webtrial.measure.machine import core_split
from webtrial.parameters import Parameters
with drivers(Parameters(), core_split()):
    print(any("forkserver" in " ".join(each.cmdline()) for each in psutil.Process().children()))
"""


def test_what_drivers_are_forked_from_is_there_before_the_first_task() -> None:
    done = subprocess.run([sys.executable, "-c", PREPARED], capture_output=True, check=True)
    assert done.stdout == b"True\n"


def test_a_driver_with_a_core_of_its_own_goes_first_there_if_it_may() -> None:
    may = subprocess.run(["chrt", "--rr", "1", "true"], capture_output=True, check=False)
    with truth() as server:
        shared = drive(server, closed(1))
        own = drive(server, closed(1), core=max(os.sched_getaffinity(0)))
    assert not shared.client.goes_first
    assert own.client.goes_first == (may.returncode == 0)


def test_a_request_that_times_out_is_a_censored_sample() -> None:
    with truth("ok", "ok", "timeout") as server:
        outcome = drive(server, closed(3), timeout_s=0.3)
    samples = outcome.samples.to_pandas()
    late = samples[samples["outcome"] == "timeout"]
    assert len(late) == server.counts["timeout"] > 0
    assert ((late["done_ns"] - late["sent_ns"]) >= 0.3e9).all()
    assert outcome.counts.errors["timeout"] == (late["phase"] == "measured").sum()


def test_refused_connections_are_counted_and_do_not_stop_the_trial() -> None:
    with driving(task(f"http://127.0.0.1:{free_port()}", closed(2))) as it:
        counts = it.outcome().counts
    assert counts.succeeded == counts.completed == 0
    assert counts.errors == {"refused": counts.sent}
    assert counts.sent > 0


def test_a_closed_loop_has_as_many_in_flight_as_users_and_never_more() -> None:
    with truth(delay_s=0.02) as server:
        outcome = drive(server, closed(8))
    assert server.most_at_once == 8
    assert server.connections == outcome.client.connections == 8
    assert outcome.client.in_flight_counted == pytest.approx(8, rel=0.05)
    assert sum(server.counts.values()) == outcome.samples.num_rows


def test_latency_is_never_below_what_the_server_took() -> None:
    with truth(delay_s=0.03) as server:
        samples = drive(server, closed(4)).samples.to_pandas()
    assert ((samples["done_ns"] - samples["sent_ns"]) >= 0.03e9).all()
    assert (samples["sent_ns"] >= samples["intended_ns"]).all()


def test_think_time_separates_an_answer_from_the_next_request() -> None:
    with truth() as server:
        samples = drive(server, closed(1), think_time_s=0.05).samples.to_pandas()
    gaps_ns = samples["intended_ns"].to_numpy()[1:] - samples["done_ns"].to_numpy()[:-1]
    assert gaps_ns == pytest.approx(0.05e9)


def test_open_arrivals_are_the_drawn_ones_whatever_the_server_does() -> None:
    with truth(delay_s=0.01) as server:
        outcome = drive(server, opened(300.0), max_connections=1000)
    intended = outcome.samples["intended_ns"].to_numpy()
    drawn = poisson_arrivals(300.0, 10**9, 7)
    expected = [instant - 200_000_000 for instant in drawn][: len(intended)]
    assert intended.tolist() == expected
    assert outcome.counts.scheduled == sum(0 <= instant < 600_000_000 for instant in expected)


def test_a_stall_of_the_server_is_felt_by_all_who_came_while_it_lasted() -> None:
    with (
        truth() as server,
        driving(task(server.url, opened(400.0), timeout_s=2.0, max_connections=500)) as it,
    ):
        server.stall_until = it.window_opens_ns / 1e9 + 0.4
        samples = it.outcome().samples.to_pandas()
    stalled = samples[samples["intended_ns"].between(0, 300_000_000)]
    waits_ns = stalled["done_ns"] - stalled["intended_ns"]
    assert len(stalled) > 50
    assert (waits_ns >= 400_000_000 - stalled["intended_ns"] - 1_000_000).all()


def test_an_arrival_that_finds_every_connection_busy_is_dropped_and_counted() -> None:
    with truth(delay_s=0.2) as server:
        counts = drive(server, opened(200.0), max_connections=4).counts
    assert counts.dropped > 0
    assert counts.scheduled == counts.sent + counts.dropped
    assert server.most_at_once == 4


def test_counts_add_up() -> None:
    with truth("ok", "status", "ok") as server:
        outcome = drive(server, closed(4))
    counts = outcome.counts
    samples = outcome.samples.to_pandas()
    assert counts.sent == counts.succeeded + sum(counts.errors.values())
    assert counts.sent == (samples["phase"] == "measured").sum()
    ok = samples["outcome"] == "ok"
    assert counts.completed == (ok & samples["done_ns"].between(0, 600_000_000 - 1)).sum()


def test_in_flight_by_latency_is_in_flight_as_counted() -> None:
    with truth(delay_s=0.01) as server:
        client = drive(server, opened(300.0)).client
    assert client.in_flight_by_latency == pytest.approx(client.in_flight_counted, rel=0.005)
    assert client.in_flight_counted > 2


def test_a_connection_that_the_server_closes_is_opened_again_and_counted() -> None:
    with truth("ok", "ok", "closed") as server:
        client = drive(server, closed(2)).client
    assert client.connections == 2
    assert client.connections_reopened == server.connections - 2 > 0


def test_a_driver_that_is_killed_is_an_error_at_once() -> None:
    """At once: who waits for the window's end is never heard of again."""
    with truth() as server, driving(task(server.url, closed(2), window_s=1e6)) as it:
        assert it.window_opens_ns
        it.kill()
        with pytest.raises(DriverError, match="died"):
            it.outcome()


def test_a_fault_in_judging_an_answer_fails_the_trial_and_does_not_vanish() -> None:
    with truth() as server:
        broken = task(server.url, opened(100.0), answers={"/ping": "no Known"})
        with driving(broken) as it, pytest.raises(DriverError, match="has no attribute 'length'"):
            it.outcome()


def test_what_this_side_lacks_is_no_outcome_and_says_what_to_do() -> None:
    error = httpx.ConnectError("no connection")
    error.__cause__ = OSError(errno.EMFILE, "Too many open files")
    with pytest.raises(DriverError, match=r"Too many open files: .*ulimit -n"):
        kind_of(error)
    error.__cause__ = OSError(errno.ECONNREFUSED, "Connection refused")
    assert kind_of(error) == "refused"
