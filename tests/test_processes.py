"""Process trees: sums that never fall, found again when a process ended, read at little cost."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from webtrial.measure.processes import (
    MachineTime,
    Reading,
    Roots,
    Trees,
    foreign_fraction,
    machine_time,
    marks_s,
    read_each_second,
    sleep_until,
    stolen_fraction,
)

CORES = tuple(range(psutil.cpu_count() or 1))

# A process that starts another; both use CPU when told to, and the inner one ends when told to.
SPIN = """
import sys, time
end = time.process_time() + 0.2
while time.process_time() < end: pass
print("spun", flush=True); sys.stdin.readline()
"""
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {SPIN!r}], stdin=-1, stdout=-1, text=True)
child.stdout.readline()
exec({SPIN!r})
child.communicate("end")
print("reaped", flush=True); sys.stdin.readline()
"""


@pytest.fixture
def family() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def after(process: subprocess.Popen[str], word: str) -> Reading:
    assert process.stdout is not None
    assert process.stdout.readline().strip() == word
    return Trees(Roots(process.pid)).read()


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_tree_keeps_the_time_of_children_that_ended(family: subprocess.Popen[str]) -> None:
    with_child = after(family, "spun").service
    go_on(family)
    without_child = after(family, "reaped").service
    assert with_child is not None
    assert without_child is not None
    assert with_child.cpu_s >= 0.39  # both spun for 0.2 s, counted in ticks of 10 ms
    assert without_child.cpu_s >= with_child.cpu_s
    assert 0 < without_child.memory_mib < with_child.memory_mib


def test_a_tree_is_found_again_when_one_of_its_processes_has_ended(
    family: subprocess.Popen[str],
) -> None:
    assert family.stdout is not None
    family.stdout.readline()
    trees = Trees(Roots(family.pid))
    before = trees.read().service
    go_on(family)
    family.stdout.readline()
    after_it = trees.read().service
    assert before is not None
    assert after_it is not None
    assert after_it.cpu_s >= before.cpu_s >= 0.39


def test_a_tree_that_is_gone_or_not_here_is_unknown_not_zero(
    family: subprocess.Popen[str],
) -> None:
    trees = Trees(Roots(family.pid))
    family.kill()
    family.wait()
    reading = trees.read()
    assert (reading.service, reading.database, reading.upstreams) == (None, None, None)


def test_trees_are_not_looked_for_again_because_one_of_them_is_not_here(
    family: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trees = Trees(Roots(family.pid))

    def search(*_: object) -> None:
        pytest.fail("looked for processes while nothing had ended")

    monkeypatch.setattr(Trees, "_find", search)
    reading = trees.read()
    assert reading.service is not None
    assert (reading.database, reading.upstreams) == (None, None)


def test_what_works_beside_the_database_is_left_out(family: subprocess.Popen[str]) -> None:
    assert family.stdout is not None
    family.stdout.readline()
    (child,) = psutil.Process(family.pid).children()
    whole = Trees(Roots(database=family.pid)).read().database
    without = Trees(Roots(database=family.pid, excluded=frozenset({child.pid}))).read().database
    assert whole is not None
    assert without is not None
    assert whole.cpu_s - without.cpu_s >= 0.19


def test_the_machine_is_at_least_as_busy_as_we_are() -> None:
    now = machine_time([os.getpid()], CORES)
    assert now.busy_s > now.ours_s > 0
    assert now.stolen_s >= 0


def test_a_tree_within_another_is_counted_once() -> None:
    with subprocess.Popen([sys.executable, "-c", SPIN], stdin=-1, stdout=-1, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        alone = machine_time([child.pid], CORES).ours_s
        with_child_named = machine_time([os.getpid(), child.pid], CORES).ours_s
        afterwards = machine_time([os.getpid()], CORES).ours_s
        child.communicate("end")
    # The kernel cuts user and system time to whole ticks.
    assert alone > 0.2 - 2 / os.sysconf("SC_CLK_TCK")
    assert with_child_named <= afterwards


def test_only_the_cores_that_we_use_are_read() -> None:
    assert 0 < machine_time([], CORES[:1]).busy_s < machine_time([], CORES).busy_s
    assert machine_time([], ()).busy_s == 0


@pytest.mark.parametrize(
    ("window_s", "marks"),
    [
        (0.5, [0, 0.5]),
        (1.0, [0, 1.0]),
        (1.5, [0, 1, 1.5]),
        (2.0, [0, 1, 2.0]),
        (3.1, [0, 1, 2, 3.1]),
    ],
)
def test_a_window_is_read_at_both_ends_and_each_second(window_s: float, marks: list[float]) -> None:
    assert marks_s(window_s) == marks


def test_a_window_that_is_over_is_still_read_at_every_mark() -> None:
    taken = iter(range(10))
    assert read_each_second(0, 2.0, lambda: next(taken)) == [0, 1, 2]  # type: ignore[arg-type, return-value]


def test_nobody_wakes_before_the_moment_that_was_asked_for() -> None:
    at_ns = time.perf_counter_ns() + 5_000_000
    sleep_until(at_ns)
    assert time.perf_counter_ns() >= at_ns


ENDS = [MachineTime(10_000_000_000, 100.0, 1.0, 9.0), MachineTime(12_000_000_000, 102.4, 1.1, 11.0)]


def test_foreign_cpu_is_what_was_busy_without_us() -> None:
    assert foreign_fraction(ENDS, cores=2) == pytest.approx((2.4 - 2.0) / 4)
    assert stolen_fraction(ENDS, cores=2) == pytest.approx(0.1 / 4)


def test_foreign_cpu_is_never_below_nothing() -> None:
    idle = [ENDS[0], MachineTime(12_000_000_000, 100.5, 1.1, 11.0)]
    assert foreign_fraction(idle, cores=2) == 0.0
