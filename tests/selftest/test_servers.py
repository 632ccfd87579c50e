"""The servers know the truth, and the driver agrees with them where nothing depends on time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from tests.waiting import LIMIT_S
from webtrial.load import driver
from webtrial.run.records import Load
from webtrial.selftest.check import delays, failures, precision, queueing, server, stopped
from webtrial.selftest.check.behaviours import WIRES, Delaying, Failing, Queueing, drawn_script
from webtrial.selftest.check.observation import Observed, matched, observe, task_of

SHORT_S = 1.0
TRIES = 5


@pytest.fixture(autouse=True, scope="module")
def _processes_may_be_slow() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "_PATIENCE_S", LIMIT_S)
        for limit in ("SETTING_UP_LIMIT_S", "SILENCE_LIMIT_S", "ENDING_LIMIT_S"):
            patch.setattr(driver, limit, LIMIT_S)
        yield


def is_whole(found: Observed) -> bool:
    """Whether all that was due within the window was sent."""
    return found.outcome.counts.dropped == 0


def observed(
    behaviour: object,
    load: Load,
    is_enough: Callable[[Observed], bool] = is_whole,
    **changes: object,
) -> Observed:
    """Once more where the machine stood still for most of the window."""
    for _ in range(TRIES):
        found = observe(behaviour, task_of(load, 5, SHORT_S, **changes))  # type: ignore[arg-type]
        if is_enough(found):
            break
    return found


def test_every_kind_of_failure_is_counted_as_often_as_the_server_did_it() -> None:
    """A slow machine may have more requests time out than those that the server was slow for."""

    def has_every_kind(found: Observed) -> bool:
        return len(failures.judged(found)) == len(WIRES) - 1  # what is slow is seen as a timeout

    behaviour = partial(Failing, drawn_script(200, 15), 0.6)
    found = observed(behaviour, Load("closed", users=20), has_every_kind, timeout_s=0.3)
    assert has_every_kind(found)
    rows = {row.experiment.rpartition(" ")[2]: row for row in failures.judged(found)}
    assert sum(row.truth for row in rows.values()) == sum(row.measured for row in rows.values())
    timeouts = rows.pop("timeout")
    assert timeouts.measured >= timeouts.truth > 0
    assert [kind for kind, row in rows.items() if row.measured > row.truth] == []


def test_where_nobody_listens_all_drawn_arrivals_are_refused() -> None:
    for _ in range(TRIES):
        row = failures.refused()
        if row.passed:  # else the machine may have stood still until the end
            break
    assert row.truth > 50
    assert row.passed


@pytest.fixture(scope="module")
def delayed() -> Observed:
    """What was sent to a server that answers each request after 2 ms, and its log."""
    behaviour = partial(Delaying, np.array([2_000_000]))
    return observed(behaviour, Load("open", rate_per_s=300.0))


def test_every_request_is_found_in_the_log_of_the_server(delayed: Observed) -> None:
    both = matched(delayed)
    assert len(both) == len(delayed.measured) == precision.arrivals_within(delayed.task) > 200
    assert (both["connection"] == both["user"]).all()
    assert (both["service_ms"] >= 2.0).all()
    assert (both["latency_ms"] >= both["service_ms"]).all()


def test_a_request_that_the_server_did_not_log_is_noticed(delayed: Observed) -> None:
    log = delayed.log
    missing = replace(delayed, log=log.drop(log.index[len(log) // 2]))
    with pytest.raises(AssertionError, match="missing"):
        matched(missing)


def test_a_queue_serves_one_at_a_time_in_the_order_of_arrival() -> None:
    services = np.random.default_rng(1).exponential(4e6, 1000).astype(np.int64)
    found = observed(partial(Queueing, services), Load("open", rate_per_s=200.0))
    log = found.log.sort_values("received_ns")
    assert log["began_ns"].is_monotonic_increasing
    assert (log["began_ns"].to_numpy()[1:] >= log["sent_ns"].to_numpy()[:-1]).all()


def test_lindleys_recursion_is_that_of_a_queue_worked_by_hand() -> None:
    log = pd.DataFrame(
        {
            "received_ns": [0, 2_000_000, 3_000_000, 20_000_000],
            "began_ns": [0, 5_000_000, 9_000_000, 20_000_000],
            "sent_ns": [5_000_000, 9_000_000, 10_000_000, 21_000_000],
        }
    )
    assert queueing.lindley_ms(log).tolist() == [5.0, 7.0, 7.0, 1.0]


def test_who_comes_while_the_server_stands_still_waits_for_its_end() -> None:
    stop = stopped.Stop(0.0, 0.0)
    stop.began_ns, stop.ended_ns = 10**12 + 4 * 10**9, 10**12 + 5 * 10**9
    waits = stopped.waits_ms(10**12, stop)
    task = task_of(stopped.LOADS["open"], stopped.SEED, stopped.WINDOW_S)
    assert len(waits) == precision.arrivals_within(task)
    assert np.mean(waits > 2) == pytest.approx(0.1, abs=0.02)
    assert waits.max() == pytest.approx(1000, abs=30)


@pytest.mark.parametrize("kind", delays.KINDS)
def test_delays_are_drawn_alike_from_the_same_seed(kind: str) -> None:
    drawn = delays.delays_ms(kind)
    assert (drawn == delays.delays_ms(kind)).all()
    assert drawn.min() > 0
