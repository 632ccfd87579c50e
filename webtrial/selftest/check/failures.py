"""Failure counts: a server fails in every known way, and the driver's counts must match."""

from functools import partial

from webtrial.load.driver import running_driver
from webtrial.run.records import Load
from webtrial.selftest.check.behaviours import WIRES, Failing, drawn_script
from webtrial.selftest.check.observation import Observed, observe, task_of
from webtrial.selftest.check.precision import arrivals_within
from webtrial.selftest.check.rows import Row, equal
from webtrial.system.ports import free_port

USERS = 20
RATE_PER_S = 200.0
WINDOW_S = 3.0
TIMEOUT_S = 0.3
COUNTED_AS = {"slow": "timeout"}  # a response that is incomplete at the timeout does not count


def check() -> tuple[list[Row], str]:
    """Return rows for each kind of failure.

    No disturbance is reported, because none can change a count.
    """
    behaviour = partial(Failing, drawn_script(1000, 15), 2 * TIMEOUT_S)
    task = task_of(Load("closed", users=USERS), 15, WINDOW_S, timeout_s=TIMEOUT_S)
    return [*judged(observe(behaviour, task)), refused()], ""


def judged(observed: Observed) -> list[Row]:
    """Return the server's and the driver's counts by kind, including warm-up and cooldown."""
    kinds = observed.log["began_ns"].map(lambda number: list(WIRES)[number - 1])
    truth = kinds.replace(COUNTED_AS).value_counts()
    counted = observed.outcome.samples.to_pandas()["outcome"].value_counts()
    return [
        equal(f"responses of kind {kind}", int(truth[kind]), int(counted.get(kind, 0)))
        for kind in truth.index.sort_values()
    ]


def refused() -> Row:
    """Return a row: if nothing listens, every drawn arrival must be refused."""
    task = task_of(
        Load("open", rate_per_s=RATE_PER_S), 16, 1.0, base_url=f"http://127.0.0.1:{free_port()}"
    )
    with running_driver(task) as driver:
        outcome = driver.outcome()
    truth = arrivals_within(task)
    return equal("connections refused", truth, outcome.counts.errors.get("refused", 0))
