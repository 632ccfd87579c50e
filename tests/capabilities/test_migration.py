"""What the probes find on the way from one framework to another, and that they would find fault."""

from pathlib import Path

from tests.capabilities.conftest import NOWHERE
from tests.contract.stage import STACKS, Seeded, settings_of
from tests.test_launch import SETTINGS, small
from webtrial.capabilities import NO, YES, Finding
from webtrial.measure.capabilities.migration import (
    ASKED,
    CAPABILITY,
    ON_THE_WAY,
    moves_step_by_step,
    serves_beside,
)
from webtrial.measure.launch import launch_stack
from webtrial.measure.postgres import drop_database
from webtrial.measure.scenarios import material_from


def test_both_ways_work(moved: list[Finding]) -> None:
    assert [(each.framework, each.capability, each.value) for each in moved] == [
        ("Django", CAPABILITY, YES),
        ("Flask", CAPABILITY, YES),
    ]


def test_every_group_is_asked_at_every_step(moved: list[Finding]) -> None:
    assert moved[1].evidence == f"{len(ASKED) + 1} steps: 200 of all of {', '.join(ASKED)}"


def test_where_there_is_nothing_nothing_goes_together(seeded: Seeded, tmp_path: Path) -> None:
    material = material_from(seeded.built, seeded.password)
    with launch_stack(small(), SETTINGS, None, tmp_path / "log") as service:
        assert serves_beside(service.url, material).value == NO


def test_a_step_at_which_something_fails_is_named(seeded: Seeded, tmp_path: Path) -> None:
    stack = STACKS[ON_THE_WAY]
    settings = settings_of(seeded, stack, "moved-wrongly", NOWHERE)
    material = material_from(seeded.built, "wrong")
    try:
        answer = moves_step_by_step(stack, settings, tmp_path / "log", material)
    finally:
        drop_database(seeded.server, "moved-wrongly")
    assert answer.value == NO
    assert "0 moved, /token: 401" in answer.evidence
    assert f"{len(ASKED)} moved, /dashboard/stats: 401" in answer.evidence
