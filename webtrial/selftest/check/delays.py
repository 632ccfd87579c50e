"""Driver error against a server with known delays: any excess over the delay is an error."""

from functools import partial

import numpy as np

from webtrial.run.records import Load
from webtrial.selftest.check.behaviours import Delaying
from webtrial.selftest.check.observation import Observed, matched, observe, percentile, task_of
from webtrial.selftest.check.rows import Row, at_most, within

KINDS = ("constant", "log-normal", "bimodal")
RATE_PER_S = 1000.0
WINDOW_S = 8.0
ERROR_P99_MAX_MS = 1.0
PERCENTILES = (50, 90, 99)
PERCENTILE_TOLERANCE = 0.02


def delays_ms(kind: str, seed: int = 1) -> np.ndarray:
    """Return 10,000 delays: constant, log-normal, or of two kinds."""
    random = np.random.default_rng(seed)
    if kind == "constant":
        return np.full(10_000, 20.0)
    if kind == "log-normal":
        return random.lognormal(np.log(20.0), 0.5, 10_000)
    return np.where(random.random(10_000) < 0.8, 10.0, 60.0)


def check(kind: str) -> tuple[list[Row], str]:
    """Return rows for delays of one kind, and the machine disturbance that forbids a judgement."""
    behaviour = partial(Delaying, (delays_ms(kind) * 1e6).astype(np.int64))
    observed = observe(behaviour, task_of(Load("open", rate_per_s=RATE_PER_S), 11, WINDOW_S))
    return judged(kind, observed), observed.disturbance


def judged(kind: str, observed: Observed) -> list[Row]:
    """Return the driver's error per request, and the percentiles that it reports."""
    both = matched(observed)
    error_ms = (both["latency_ms"] - both["service_ms"]).abs()
    name = f"{kind} delays at {RATE_PER_S:g}/s"
    note = f"median {error_ms.median():.3f} ms, {len(both):,} requests"
    rows = [at_most(f"{name}: p99 of error, ms", percentile(error_ms, 99), ERROR_P99_MAX_MS, note)]
    for p in PERCENTILES:
        truth, measured = percentile(both["service_ms"], p), percentile(both["latency_ms"], p)
        rows.append(within(f"{name}: p{p}, ms", truth, measured, PERCENTILE_TOLERANCE))
    return rows
