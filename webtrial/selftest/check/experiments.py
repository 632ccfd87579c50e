"""Run all experiments in turn and repeat those that the machine disturbed."""

from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd

from webtrial.selftest.check import (
    coverage,
    delays,
    disturbed,
    failures,
    precision,
    queueing,
    same_stack,
    stopped,
)
from webtrial.selftest.check.rows import Row, undecided

ATTEMPTS = 30

Experiment = Callable[[], tuple[list[Row], str]]

EXPERIMENTS: dict[str, Experiment] = {
    "failures": failures.check,
    **{f"{kind} delays": partial(delays.check, kind) for kind in delays.KINDS},
    **{f"{rate:g} arrivals/s": partial(precision.check, rate) for rate in precision.RATES_PER_S},
    **{f"stopped server, {x} loop": partial(stopped.check, x) for x in stopped.LOADS},
    **{f"queue at {load:.0%} load": partial(queueing.check, load) for load in queueing.LOADS},
    "disturbed client": disturbed.check,
}


def run(say: Callable[[str], None], database_url: str | None = None) -> Iterator[Row]:
    """Yield the rows of every experiment as they come; needs a supervisor."""
    for name, experiment in EXPERIMENTS.items():
        yield from undisturbed(name, experiment, say)
    say("A/A test of a stack against itself")
    pairs = same_stack.measure(database_url=database_url)
    yield same_stack.check(pairs)
    say("coverage of the intervals, by simulation")
    throughputs = pd.Series(pairs[["first", "second"]].to_numpy().ravel())
    yield from coverage.check(coverage.Noise(*same_stack.noise_of(throughputs)))


def undisturbed(name: str, experiment: Experiment, say: Callable[[str], None]) -> list[Row]:
    """Return the rows of the first attempt that the machine did not disturb.

    If there is none, the rows of the last attempt are returned as not passed.
    """
    for attempt in range(1, ATTEMPTS + 1):
        say(name + (f", attempt {attempt}" if attempt > 1 else ""))
        rows, disturbance = experiment()
        if not disturbance:
            return rows
        say(f"  disturbed: {disturbance}")
    return [undecided(row, disturbance) for row in rows]
