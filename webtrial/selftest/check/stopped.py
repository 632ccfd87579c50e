"""Coordinated omission: a server is stopped for a second, under an open and a closed loop.

The open loop measures the response times that queueing theory predicts. The closed loop hardly
notices the stop.
"""

from functools import partial

import numpy as np

from webtrial.load.driver import DriverHandle
from webtrial.load.loops import poisson_arrivals
from webtrial.run.records import Load
from webtrial.selftest.check.behaviours import Delaying
from webtrial.selftest.check.observation import Observed, observe, percentile, task_of
from webtrial.selftest.check.rows import Row, within
from webtrial.selftest.check.server import RunningServer
from webtrial.selftest.check.signals import Stop

RATE_PER_S = 50.0  # low, so the backlog is soon served and theory can ignore it
LOADS = {"open": Load("open", rate_per_s=RATE_PER_S), "closed": Load("closed", users=10)}
SEED = 13
WINDOW_S = 10.0
STOP_AFTER_S = 4.0
STOP_S = 1.0
PERCENTILES = (95, 99)
TOLERANCE = 0.05
HARDLY = 0.1  # fraction of the truth that the closed loop shows at most
_DELAY_NS = 1_000_000


def check(loop: str) -> tuple[list[Row], str]:
    """Return rows for one of LOADS, and the machine disturbance that forbids a judgement."""
    stop = Stop(STOP_AFTER_S, STOP_S)

    def stopping(server: RunningServer, driver: DriverHandle) -> None:
        stop.soon(server.pid, driver.window_opens_ns)

    behaviour = partial(Delaying, np.array([_DELAY_NS]))
    observed = observe(behaviour, task_of(LOADS[loop], SEED, WINDOW_S), stopping)
    return judged(loop, observed, stop), observed.disturbance


def judged(loop: str, observed: Observed, stop: Stop) -> list[Row]:
    """Compare the loop's percentiles with the response times of arrivals at RATE_PER_S."""
    expected_ms = waits_ms(observed.opened_ns, stop)
    rows = []
    for p in PERCENTILES:
        truth = percentile(expected_ms, p)
        measured = percentile(observed.measured["latency_ms"], p)
        name = f"server stopped for {STOP_S:g} s of {WINDOW_S:g}, {loop} loop: p{p}, ms"
        rows.append(_JUDGED[loop](name, truth, measured, p))
    return rows


def _feels(name: str, truth: float, measured: float, p: float) -> Row:
    evenly_ms = max(0.0, 1 - (1 - p / 100) * WINDOW_S / STOP_S) * STOP_S * 1e3
    return within(
        name, truth, measured, TOLERANCE, f"{evenly_ms:.0f} ms with evenly spaced arrivals"
    )


def _hides(name: str, truth: float, measured: float, _: float) -> Row:
    error = measured / truth - 1
    note = "omits requests that were never sent, as expected of a closed loop"
    return Row(name, truth, measured, error, measured < HARDLY * truth, note)


_JUDGED = {"open": _feels, "closed": _hides}


def waits_ms(opened_ns: int, stop: Stop) -> np.ndarray:
    """Return the response time that queueing theory predicts for each drawn arrival of the window.

    The window opened at `opened_ns`. An arrival during the stop waits for its end; the few
    milliseconds of the backlog are ignored.
    """
    task = task_of(LOADS["open"], SEED, WINDOW_S)
    warmup_ns, window_ns = int(task.warmup_s * 1e9), int(task.window_s * 1e9)
    drawn = poisson_arrivals(RATE_PER_S, warmup_ns + window_ns + 500_000_000, SEED)
    arrivals_ns = np.array(drawn) - warmup_ns
    arrivals_ns = arrivals_ns[(arrivals_ns >= 0) & (arrivals_ns < window_ns)] + opened_ns
    stopped = (arrivals_ns >= stop.began_ns) & (arrivals_ns < stop.ended_ns)
    return (np.where(stopped, stop.ended_ns - arrivals_ns, 0) + _DELAY_NS) / 1e6
