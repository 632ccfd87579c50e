"""What is told of the machine, and how its cores are shared out."""

import os
import platform
from types import SimpleNamespace

import pytest

from webtrial.measure import machine
from webtrial.measure.machine import CoreSplit, core_split, describe, speed_per_s
from webtrial.measure.provenance import commit, versions
from webtrial.system.cores import usable_cores


def test_where_the_system_tells_no_allowed_cores_those_of_the_machine_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert usable_cores() == len(os.sched_getaffinity(0))
    monkeypatch.delattr(os, "sched_getaffinity")  # macOS and Windows have none
    monkeypatch.setattr(os, "cpu_count", lambda: 12)
    assert usable_cores() == 12
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_cores() == 1


def test_the_driver_has_the_last_core_where_there_are_two() -> None:
    assert core_split({0, 1}) == CoreSplit(1, (0,))
    assert core_split({2, 5, 7}) == CoreSplit(7, (2, 5))


def test_several_drivers_have_the_last_cores_where_that_leaves_some() -> None:
    assert core_split({0, 1, 2, 3, 4}, workers=3) == CoreSplit(4, (0, 1), (2, 3, 4))
    assert core_split({0, 1}, workers=2) == CoreSplit(1, (0,))
    assert core_split({0}, workers=2) == CoreSplit(None, (0,))


def test_a_single_core_is_shared() -> None:
    assert core_split({3}) == CoreSplit(None, (3,))


def test_the_split_uses_only_what_we_may_use() -> None:
    split = core_split()
    used = {*split.service_cores} | (
        {split.driver_core} if split.driver_core is not None else set()
    )
    assert used == os.sched_getaffinity(0)


def test_neither_host_nor_user_nor_paths_are_told() -> None:
    told = " ".join(map(str, describe().values()))
    assert platform.node() not in told.split()
    assert "/" not in told


def test_the_speed_is_that_of_the_fastest_piece_while_the_core_is_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pieces_s = [0.15, 0.002, 0.3, 0.001]  # the last would come after the core was watched
    clock = SimpleNamespace(now_s=5.0, left=iter(pieces_s))

    def piece_ns() -> int:
        took_s = next(clock.left)
        clock.now_s += took_s
        return round(took_s * 1e9)

    monkeypatch.setattr(machine, "perf_counter", lambda: clock.now_s)
    monkeypatch.setattr(machine, "_piece_ns", piece_ns)
    assert speed_per_s() == 500.0
    assert list(clock.left) == [0.001]


def test_a_piece_of_work_takes_time() -> None:
    assert machine._piece_ns() > 0


def test_versions_are_those_that_are_installed() -> None:
    found = versions("18.6")
    assert found["PostgreSQL"] == "18.6"
    assert found["Python"] == platform.python_version()
    assert {"Django", "Flask", "fastapi", "httpx"} <= set(found)


def test_outside_of_a_repository_the_commit_is_unknown(tmp_path) -> None:  # type: ignore[no-untyped-def]
    why = "this is not a git checkout"
    assert commit(tmp_path) == {"commit": None, "dirty": None, "why": why}
