"""Run all experiments in turn and repeat those that the machine disturbed."""

from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd

from webtrial.selftest.check import (
    coverage,
    delays,
    disturbed,
    failures,
    itself,
    precision,
    queueing,
    stopped,
)
from webtrial.selftest.check.rows import Row, not_now

ATTEMPTS = 30

Experiment = Callable[[], tuple[list[Row], str]]

EXPERIMENTS: dict[str, Experiment] = {
    "failures": failures.check,
    **{f"{kind} delays": partial(delays.check, kind) for kind in delays.KINDS},
    **{f"{rate:g} arrivals/s": partial(precision.check, rate) for rate in precision.RATES_PER_S},
    **{f"a server that is stopped, {x} loop": partial(stopped.check, x) for x in stopped.LOADS},
    **{f"a queue at {load:.0%}": partial(queueing.check, load) for load in queueing.LOADS},
    "a client that is disturbed": disturbed.check,
}


def run(say: Callable[[str], None], database_url: str | None = None) -> Iterator[Row]:
    """Yield the rows of every experiment as they come; needs a supervisor."""
    for name, experiment in EXPERIMENTS.items():
        yield from undisturbed(name, experiment, say)
    say("a stack against itself")
    pairs = itself.measure(database_url=database_url)
    yield itself.check(pairs)
    say("the intervals, by simulation")
    throughputs = pd.Series(pairs[["first", "second"]].to_numpy().ravel())
    yield from coverage.check(coverage.Noise(*itself.noise_of(throughputs)))


def undisturbed(name: str, experiment: Experiment, say: Callable[[str], None]) -> list[Row]:
    """Return the rows of the first attempt that the machine did not disturb.

    If there is none, the rows of the last attempt are returned as not passed.
    """
    for attempt in range(1, ATTEMPTS + 1):
        say(name + (f", attempt {attempt}" if attempt > 1 else ""))
        rows, disturbance = experiment()
        if not disturbance:
            return rows
        say(f"  not now: {disturbance}")
    return [not_now(row, disturbance) for row in rows]
