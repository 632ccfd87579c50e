"""A server stands still for a second: the open loop feels what queueing theory says, the closed
loop hardly anything. The classic lesson of coordinated omission, side by side."""

from functools import partial

import numpy as np

from webtrial.check.behaviours import Delaying
from webtrial.check.rows import Row, within
from webtrial.check.server import Served
from webtrial.check.signals import Stop
from webtrial.check.watched import Observed, observe, percentile, task_of
from webtrial.measure.load.driver import Driving
from webtrial.measure.load.loops import poisson_arrivals
from webtrial.records import Load

RATE_PER_S = 50.0  # so that the backlog is soon served and theory can leave it out
USERS = 10
WINDOW_S = 10.0
STOP_AFTER_S = 4.0
STOP_S = 1.0
PERCENTILES = (95, 99)
TOLERANCE = 0.05
HARDLY = 0.1  # of the truth: what the closed loop shows at most
_DELAY_NS = 1_000_000


def check() -> tuple[list[Row], str]:
    """Rows for both loops, and what the machine did that forbids a judgement."""
    opened, stop = _observed(Load("open", rate_per_s=RATE_PER_S))
    closed, _ = _observed(Load("closed", users=USERS))
    return judged(opened, closed, stop), opened.disturbance or closed.disturbance


def _observed(load: Load) -> tuple[Observed, Stop]:
    stop = Stop(STOP_AFTER_S, STOP_S)

    def stopping(served: Served, driver: Driving) -> None:
        stop.soon(served.pid, driver.window_opens_ns)

    behaviour = partial(Delaying, np.array([_DELAY_NS]))
    return observe(behaviour, task_of(load, 13, WINDOW_S), stopping), stop


def judged(opened: Observed, closed: Observed, stop: Stop) -> list[Row]:
    """Both loops' percentiles beside what every arrival had to wait."""
    rows = []
    expected_ms = waits_ms(opened, stop)
    for p in PERCENTILES:
        truth = float(np.percentile(expected_ms, p))
        evenly_ms = max(0.0, 1 - (1 - p / 100) * WINDOW_S / STOP_S) * STOP_S * 1e3
        measured = percentile(opened.measured["latency_ms"], p)
        hidden = percentile(closed.measured["latency_ms"], p)
        name = f"server stopped for {STOP_S:g} s of {WINDOW_S:g}"
        note = f"{evenly_ms:.0f} ms were arrivals even"
        rows.append(within(f"{name}, open loop: p{p}, ms", truth, measured, TOLERANCE, note))
        rows.append(_hides(f"{name}, closed loop: p{p}, ms", truth, hidden))
    return rows


def _hides(experiment: str, truth: float, measured: float) -> Row:
    error = measured / truth - 1
    note = "omits what nobody was there to wait for, as it should"
    return Row(experiment, truth, measured, error, measured < HARDLY * truth, note)


def waits_ms(observed: Observed, stop: Stop) -> np.ndarray:
    """What queueing theory gives each drawn arrival of the window: who comes while the server
    stands still waits for its end (the few milliseconds of the backlog are left out)."""
    task = observed.task
    warmup_ns, window_ns = int(task.warmup_s * 1e9), int(task.window_s * 1e9)
    drawn = poisson_arrivals(RATE_PER_S, warmup_ns + window_ns + 500_000_000, task.seed)
    arrivals_ns = np.array(drawn) - warmup_ns
    arrivals_ns = arrivals_ns[(arrivals_ns >= 0) & (arrivals_ns < window_ns)] + observed.opened_ns
    stopped = (arrivals_ns >= stop.began_ns) & (arrivals_ns < stop.ended_ns)
    return (np.where(stopped, stop.ended_ns - arrivals_ns, 0) + _DELAY_NS) / 1e6
