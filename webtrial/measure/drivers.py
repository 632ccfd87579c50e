"""Select the load drivers of a run: one process, several, or the workers of a cluster."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Protocol

from webtrial.load.driver import prepare, running_driver
from webtrial.load.driver_pool import driver_pool
from webtrial.load.task import Outcome, Task
from webtrial.measure.machine import CoreSplit
from webtrial.run.parameters import Parameters


class LoadDriver(Protocol):
    """A running load driver, such as load.driver.DriverHandle, or several of them.

    `pids` are processes on this machine that drive the load but are not below this one.
    """

    @property
    def pids(self) -> tuple[int, ...]: ...
    @property
    def window_opens_ns(self) -> int: ...
    def check(self) -> None: ...
    def outcome(self) -> Outcome: ...


Drive = Callable[[Task], AbstractContextManager[LoadDriver]]


@contextmanager
def drivers(parameters: Parameters, split: CoreSplit) -> Iterator[Drive]:
    """Yield the function that drives a task, according to `parameters`.

    Raises LaunchError if a cluster cannot be used.
    """
    if parameters.scheduler:
        from webtrial.load import dask_workers  # noqa: PLC0415 - slow to import, rarely used

        launched = {*parameters.all_stacks} - {*(parameters.targets or ())}
        with dask_workers.connected(parameters.scheduler, bool(launched)) as cluster:
            yield cluster.drive
        return
    prepare()
    if parameters.workers > 1 or parameters.results_url:
        yield partial(driver_pool, drivers=parameters.workers, cores=split.worker_cores)
    else:
        yield running_driver
