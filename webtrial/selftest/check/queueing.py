"""A single-server queue at three loads, where every response time is known.

The n-th request waits until the previous one is done: done(n) = max(arrived(n), done(n − 1)) +
took(n) (D. V. Lindley, "The theory of queues with a single server", 1952), computed from the
server's own log. For comparison, the rows also give 1 / (μ − λ), the mean of a queue with Poisson
arrivals and exponential service times.
"""

from functools import partial

import numpy as np
import pandas as pd

from webtrial.run.records import Load
from webtrial.selftest.check.behaviours import Queueing
from webtrial.selftest.check.observation import Observed, matched, observe, percentile, task_of
from webtrial.selftest.check.rows import Row, at_most, within

LOADS = (0.5, 0.8, 0.9)
SERVICE_MS = 20.0
WINDOW_S = 20.0
ERROR_P99_MAX_MS = 1.0
MEAN_TOLERANCE = 0.02


def check(load: float) -> tuple[list[Row], str]:
    """Return rows for one load, and the machine disturbance that forbids a judgement."""
    services_ms = np.random.default_rng(14).exponential(SERVICE_MS, 100_000)
    behaviour = partial(Queueing, (services_ms * 1e6).astype(np.int64))
    rate_per_s = load * 1000 / SERVICE_MS
    observed = observe(behaviour, task_of(Load("open", rate_per_s=rate_per_s), 14, WINDOW_S))
    return judged(load, observed), observed.disturbance


def judged(load: float, observed: Observed) -> list[Row]:
    """Compare each response time with Lindley's recursion, and their means.

    A request that had to open a connection takes longer by that time. The time is real but not part
    of the queue, and no server log can contain it. These requests are therefore reported
    separately.
    """
    both = matched(observed)
    both["expected_ms"] = both["received_ns"].map(lindley_ms(observed.log))
    error_ms = (both["latency_ms"] - both["expected_ms"]).abs()
    opening = both["nth"] == 0
    name = f"queue at {load:.0%} load"
    truth, measured = both["expected_ms"].mean(), both["latency_ms"].mean()
    formula = f"long-run mean of M/M/1: {SERVICE_MS / (1 - load):.1f}"
    return [
        at_most(
            f"{name}: p99 of error, ms",
            percentile(error_ms[~opening], 99),
            ERROR_P99_MAX_MS,
            _opened(error_ms[opening]),
        ),
        within(f"{name}: mean response, ms", truth, measured, MEAN_TOLERANCE, formula),
    ]


def _opened(error_ms: "pd.Series[float]") -> str:
    if error_ms.empty:
        return "no request opened a connection"
    return f"{len(error_ms)} requests opened a connection: median {error_ms.median():.2f} ms longer"


def lindley_ms(log: pd.DataFrame) -> "pd.Series[float]":
    """Return the response time of each request by Lindley's recursion, indexed by `received_ns`."""
    log = log.sort_values("began_ns")
    service_ns = (log["sent_ns"] - log["began_ns"]).to_numpy()
    arrived_ns = log["received_ns"].to_numpy()
    done_ns = np.empty(len(log), dtype=np.int64)
    last_ns = 0
    for n, (at_ns, for_ns) in enumerate(zip(arrived_ns, service_ns, strict=True)):
        last_ns = done_ns[n] = max(at_ns, last_ns) + for_ns
    return pd.Series((done_ns - arrived_ns) / 1e6, index=arrived_ns)
