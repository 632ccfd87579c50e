"""What the probes find on the way from one framework to another, and that they would find fault."""

from pathlib import Path

import httpx
import pytest

from tests.contract.stage import STACKS, Seeded
from tests.test_launch import SETTINGS, small
from webtrial.load.requests import seeded_data_from
from webtrial.measure.capabilities import migration
from webtrial.measure.capabilities.migration import (
    CAPABILITY,
    HALF_MIGRATED,
    ROUTES,
    moves_stepwise,
    serves_together,
)
from webtrial.measure.launch import launch_stack
from webtrial.run.capabilities import NO, YES, Finding
from webtrial.run.stacks import Stack


@pytest.mark.full
def test_both_ways_work(moved: list[Finding]) -> None:
    assert [(each.framework, each.capability, each.value) for each in moved] == [
        ("Django", CAPABILITY, YES),
        ("Flask", CAPABILITY, YES),
    ]


@pytest.mark.full
def test_every_group_is_asked_at_every_step(moved: list[Finding]) -> None:
    assert moved[1].evidence == f"{len(ROUTES) + 1} steps: 200 for each of {', '.join(ROUTES)}"


def test_where_there_is_nothing_nothing_goes_together(seeded: Seeded, tmp_path: Path) -> None:
    seeded_data = seeded_data_from(seeded.built, seeded.password)
    with launch_stack(small(), SETTINGS, None, tmp_path / "log") as service:
        assert serves_together(service.url, seeded_data).value == NO


def test_a_step_at_which_something_fails_is_named(seeded: Seeded, tmp_path: Path) -> None:
    """That service answers every GET, and no POST."""
    seeded_data = seeded_data_from(seeded.built, seeded.password)
    answer = moves_stepwise(small(), SETTINGS, tmp_path / "log", seeded_data)
    assert answer.value == NO
    every = [f"{step} moved, /token: 501" for step in range(len(ROUTES) + 1)]
    assert answer.evidence == ", ".join(every)


def test_where_nothing_fails_the_steps_are_counted(
    seeded: Seeded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = []

    def answered(stack: Stack, *_: object) -> list[httpx.Response]:
        moved.append(stack.environment["MOVED"])
        return [httpx.Response(200)]

    monkeypatch.setattr(migration, "_responses", answered)
    seeded_data = seeded_data_from(seeded.built, seeded.password)
    answer = moves_stepwise(STACKS[HALF_MIGRATED], SETTINGS, tmp_path / "log", seeded_data)
    assert answer.value == YES
    assert answer.evidence.startswith(f"{len(ROUTES) + 1} steps: 200 for each of ")
    groups = list(ROUTES)
    assert moved == ["none", *(", ".join(groups[:n]) for n in range(1, len(groups) + 1))]
