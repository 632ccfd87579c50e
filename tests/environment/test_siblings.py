"""Threads of one core: recorded, and never shared by the driver and the services by choice."""

from pathlib import Path

import pytest

from tests.environment import trees
from tests.test_resume import a_manifest
from webtrial.measure import machine
from webtrial.measure.machine import CoreSplit, core_split
from webtrial.measure.resume import reopened
from webtrial.run.store import open_run
from webtrial.run.writer import RunWriter
from webtrial.system.topology import Core, cores_of


@pytest.mark.parametrize(
    ("listed", "available", "cores"),
    [
        (["0-1", "2-3"], {0, 1, 2, 3}, [(0, 1), (2, 3)]),
        (["0,2", "1,3"], {0, 1, 2, 3}, [(0, 2), (1, 3)]),
        (["0,64", "1,65"], {1, 64}, [(1, 65), (0, 64)]),
        (["0", "1"], {0, 1}, [(0,), (1,)]),
        ([], {0, 1}, [(0,), (1,)]),
    ],
)
def test_cores_are_read_with_all_their_threads(
    tmp_path: Path, listed: list[str], available: set[int], cores: list[Core]
) -> None:
    root = trees.written(trees.topology(*listed), tmp_path)
    assert cores_of(available, root) == cores


TWO_BY_TWO = [(0, 2), (1, 3)]
FOUR_BY_TWO = [(0, 4), (1, 5), (2, 6), (3, 7)]


@pytest.mark.parametrize(
    ("cores", "workers", "split"),
    [
        (TWO_BY_TWO, 1, CoreSplit(3, (0, 2), idle_cores=(1,))),
        ([(0, 1), (2, 3)], 1, CoreSplit(3, (0, 1), idle_cores=(2,))),
        (TWO_BY_TWO, 2, CoreSplit(3, (0, 2), (1, 3))),
        (FOUR_BY_TWO, 1, CoreSplit(7, (0, 1, 2, 4, 5, 6), idle_cores=(3,))),
        (FOUR_BY_TWO, 2, CoreSplit(7, (0, 1, 4, 5), (6, 7), idle_cores=(2, 3))),
        (FOUR_BY_TWO, 4, CoreSplit(7, (0, 4), (1, 5, 6, 7), idle_cores=(2, 3))),
    ],
)
def test_the_driver_shares_no_core_with_the_services(
    cores: list[Core], workers: int, split: CoreSplit
) -> None:
    threads = {thread for core in cores for thread in core}
    assert core_split(threads, workers, cores) == split


@pytest.mark.parametrize(
    ("cores", "workers", "split"),
    [
        ([(0, 1)], 1, CoreSplit(1, (0,))),
        (TWO_BY_TWO, 3, CoreSplit(3, (0,), (1, 2, 3))),
    ],
)
def test_where_there_is_no_choice_cores_are_shared(
    cores: list[Core], workers: int, split: CoreSplit
) -> None:
    threads = {thread for core in cores for thread in core}
    assert core_split(threads, workers, cores) == split


def test_threads_that_are_not_ours_are_nobodys() -> None:
    assert core_split({0, 1, 65}, 1, [(0, 64), (1, 65)]) == CoreSplit(65, (0,), idle_cores=(1,))


def test_what_runs_on_an_idle_thread_is_watched() -> None:
    assert sorted(core_split({0, 1, 2, 3}, 1, TWO_BY_TWO).all_cores) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("cores", "threads", "told"),
    [(TWO_BY_TWO, 2, ["0,2", "1,3"]), ([(0,), (1,)], 1, [])],
)
def test_the_manifest_tells_of_threads_that_share_a_core(
    monkeypatch: pytest.MonkeyPatch, cores: list[Core], threads: int, told: list[str]
) -> None:
    monkeypatch.setattr(machine, "cores_of", lambda _: cores)
    found = machine.describe()
    assert (found["threads_per_core"], found["threads_of_cores"]) == (threads, told)


def test_a_run_that_could_not_tell_of_threads_goes_on(tmp_path: Path) -> None:
    path = RunWriter(a_manifest(), tmp_path).path
    now = a_manifest()
    now = now.model_copy(update={"machine": now.machine | {"threads_per_core": 2}})
    assert reopened(open_run(path), now).manifest.state == "running"
