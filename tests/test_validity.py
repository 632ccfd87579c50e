"""Each gate strikes above its bound, not at it; what the service does strikes none."""

from dataclasses import replace
from typing import Any

import pytest

from tests.trial_builder import CLIENT, CLOSED, COUNTS, MACHINE, OPEN
from webtrial.measure.validity import disturbed, judge, judge_workers
from webtrial.run.records import Counts, Load, Machine, Validity, Worker


def verdict(
    load: Load = CLOSED,
    counts: Counts = COUNTS,
    machine: Machine = MACHINE,
    **client: Any,
) -> Validity:
    return judge(load, counts, replace(CLIENT, **client), machine)


def struck(validity: Validity) -> list[tuple[str, str, str]]:
    return [(reason.gate, reason.kind, reason.verdict) for reason in validity.reasons]


@pytest.mark.parametrize("load", [CLOSED, OPEN])
def test_an_undisturbed_trial_is_valid_without_a_reason(load: Load) -> None:
    assert verdict(load) == Validity("valid", ())


@pytest.mark.parametrize(
    ("client", "gate", "expected"),
    [
        ({"cpu_fraction": 0.70}, None, "valid"),
        ({"cpu_fraction": 0.71}, "client_cpu", "suspect"),
        ({"cpu_fraction": 0.80}, "client_cpu", "suspect"),
        ({"cpu_fraction": 0.81}, "client_cpu", "invalid"),
        ({"worst_stall_ms": 20.0}, None, "valid"),
        ({"worst_stall_ms": 20.1}, "stall", "suspect"),
        ({"worst_stall_ms": 100.0}, "stall", "suspect"),
        ({"worst_stall_ms": 100.1}, "stall", "invalid"),
        ({"in_flight_by_latency": 98.0}, None, "valid"),
        ({"in_flight_by_latency": 102.0}, None, "valid"),
        ({"in_flight_by_latency": 97.9}, "little", "invalid"),
        ({"in_flight_by_latency": 102.1}, "little", "invalid"),
        ({"connections": 1000, "connections_reopened": 1}, None, "valid"),
        ({"connections": 999, "connections_reopened": 1}, "reopened", "invalid"),
        ({"connections": 1000, "connections_reopened": 2}, "reopened", "invalid"),
        ({"responses_unread": 1}, "unread", "invalid"),
    ],
)
def test_instrument_gates_strike_above_their_bounds(
    client: dict[str, Any], gate: str | None, expected: str
) -> None:
    found = verdict(**client)
    assert found.verdict == expected
    assert struck(found) == ([(gate, "instrument", expected)] if gate else [])
    assert not disturbed(found)


@pytest.mark.parametrize(
    ("lag_p99_ms", "median_ms", "late"),
    [
        (1.0, 10.0, False),
        (1.01, 10.0, True),
        (1.0, None, False),
        (1.01, None, True),
        (2.0, 40.0, False),
        (2.01, 40.0, True),
    ],
)
def test_arrivals_may_be_late_by_1_ms_or_5_percent_of_the_median(
    lag_p99_ms: float, median_ms: float | None, late: bool
) -> None:
    found = verdict(OPEN, lag_p99_ms=lag_p99_ms, median_latency_ms=median_ms)
    assert struck(found) == ([("lag", "instrument", "invalid")] if late else [])


def test_connections_that_are_held_have_a_timetable_too() -> None:
    held = Load("persistent", connections=100, rate_per_s=100.0)
    assert struck(verdict(held, lag_p99_ms=50.0)) == [("lag", "instrument", "invalid")]
    late = verdict(held, unsent(dropped=900), lag_p99_ms=50.0)
    assert "unsent" in [gate for gate, _, _ in struck(late)]


def test_a_closed_loop_has_no_timetable_to_be_late_for() -> None:
    assert verdict(CLOSED, lag_p99_ms=50.0).verdict == "valid"


def unsent(dropped: int) -> Counts:
    return replace(COUNTS, sent=1000 - dropped, dropped=dropped, succeeded=1000 - dropped)


@pytest.mark.parametrize(
    "client",
    [{"cpu_fraction": 0.75}, {"lag_p99_ms": 1.5}, {"worst_stall_ms": 30.0}],
)
def test_unsent_arrivals_invalidate_where_the_driver_is_to_blame(client: dict[str, Any]) -> None:
    gates = [gate for gate, _, _ in struck(verdict(OPEN, unsent(21), **client))]
    assert "unsent" in gates
    assert verdict(OPEN, unsent(21), **client).verdict == "invalid"
    assert "unsent" not in [gate for gate, _, _ in struck(verdict(OPEN, unsent(20), **client))]


def test_unsent_arrivals_of_a_fit_driver_are_the_services_outcome() -> None:
    assert verdict(OPEN, unsent(900)).verdict == "valid"


def test_nothing_scheduled_is_not_a_fault_of_the_driver() -> None:
    assert verdict(OPEN, Counts(0, 0, 0, 0, 0), cpu_fraction=0.75).verdict == "suspect"


def test_errors_timeouts_and_refusals_are_outcomes() -> None:
    errors = {"timeout": 400, "refused": 300, "status": 300}
    counts = replace(COUNTS, succeeded=0, completed=0, errors=errors, statuses={"500": 300})
    for load in (CLOSED, OPEN):
        assert verdict(load, counts, median_latency_ms=None).verdict == "valid"


@pytest.mark.parametrize(
    ("counted", "by_latency", "apart"),
    [(0.10, 0.11, False), (0.10, 0.111, True), (0.5, 0.509, False), (0.5, 0.5101, True)],
)
def test_littles_law_forgives_a_hundredth_of_a_request(
    counted: float, by_latency: float, apart: bool
) -> None:
    found = verdict(OPEN, in_flight_observed=counted, in_flight_by_latency=by_latency)
    assert struck(found) == ([("little", "instrument", "invalid")] if apart else [])


@pytest.mark.parametrize(
    ("machine", "gate"),
    [
        (replace(MACHINE, stolen_fraction=0.05), None),
        (replace(MACHINE, stolen_fraction=0.051), "stolen"),
        (replace(MACHINE, foreign_cpu_fraction=0.05), None),
        (replace(MACHINE, foreign_cpu_fraction=0.051), "foreign_cpu"),
        (replace(MACHINE, speed_after_per_s=660.0), None),
        (replace(MACHINE, speed_after_per_s=661.0), "speed_drift"),
        (replace(MACHINE, speed_after_per_s=540.0), None),
        (replace(MACHINE, speed_after_per_s=539.0), "speed_drift"),
    ],
)
def test_a_disturbed_machine_makes_a_trial_suspect_and_asks_for_another_attempt(
    machine: Machine, gate: str | None
) -> None:
    found = verdict(machine=machine)
    assert struck(found) == ([(gate, "machine", "suspect")] if gate else [])
    assert disturbed(found) is (gate is not None)


def test_the_verdict_is_the_worst_and_every_reason_is_kept() -> None:
    found = verdict(
        machine=replace(MACHINE, stolen_fraction=0.2), cpu_fraction=0.75, responses_unread=2
    )
    assert found.verdict == "invalid"
    assert [reason.gate for reason in found.reasons] == ["client_cpu", "unread", "stolen"]


def test_a_reason_gives_value_and_bound() -> None:
    (reason,) = verdict(worst_stall_ms=130.0).reasons
    assert reason.text == "the load driver's event loop stalled for 130.0 ms, more than 100 ms"


# --- several drivers


def a_worker(index: int, clock_error_ms: float = 0.0, **client: Any) -> Worker:
    return Worker(index, 50, COUNTS, replace(CLIENT, **client), clock_error_ms)


def of_two(first: Worker, second: Worker, broken: tuple[int, int] = (0, 0)) -> Validity:
    """The merged view is that of drivers without fault."""
    reasons = judge_workers(CLOSED, [first, second], broken, window_s=3.0)
    return judge(CLOSED, COUNTS, CLIENT, MACHINE, of_workers=reasons)


def test_a_trial_is_as_bad_as_the_worst_of_its_workers_and_names_it() -> None:
    found = of_two(a_worker(0), a_worker(1, cpu_fraction=0.85))
    assert found.verdict == "invalid"
    (reason,) = found.reasons
    assert reason.text.startswith("worker 2 of 2: the load driver used 85.0% of its core")


def test_a_gate_that_two_workers_fail_is_one_reason_with_the_worse_verdict() -> None:
    found = of_two(a_worker(0, worst_stall_ms=30.0), a_worker(1, worst_stall_ms=130.0))
    assert struck(found) == [("stall", "instrument", "invalid")]
    assert "worker 1 of 2: " in found.reasons[0].text
    assert "worker 2 of 2: " in found.reasons[0].text


def test_a_gate_reported_for_workers_is_not_reported_again_for_all() -> None:
    busy = replace(CLIENT, cpu_fraction=0.75, responses_unread=1)
    reasons = judge_workers(
        CLOSED, [Worker(0, 50, COUNTS, replace(busy, responses_unread=0))], (0,), 3.0
    )
    found = judge(CLOSED, COUNTS, busy, MACHINE, of_workers=reasons)
    assert [reason.gate for reason in found.reasons] == ["client_cpu", "unread"]
    assert found.reasons[0].text.startswith("worker 1 of 1")


def test_a_worker_may_reconnect_as_often_as_its_own_requests_failed() -> None:
    reopened = a_worker(1, connections_reopened=2)
    assert of_two(a_worker(0), reopened, broken=(0, 2)).verdict == "valid"
    assert of_two(a_worker(0), reopened, broken=(2, 0)).verdict == "invalid"


@pytest.mark.parametrize(("error_ms", "known"), [(30.0, True), (30.1, False)])
def test_a_clock_must_be_known_to_a_hundredth_of_the_window(error_ms: float, known: bool) -> None:
    found = of_two(a_worker(0), a_worker(1, clock_error_ms=error_ms))
    assert struck(found) == ([] if known else [("clock", "instrument", "invalid")])
