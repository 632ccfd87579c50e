"""Sentences of the chapters: their numbers are counted."""

import pytest

from webtrial.results.plan.text import plan_text
from webtrial.run.parameters import read_parameters, read_profile

PILOT = {"closed_users": [100], "common_fractions": [0.5], "stacks": ["flask", "fastapi"]}


@pytest.mark.parametrize(
    ("profile", "trials", "loads"),
    [("smoke", 6, 1), ("quick", 12 + 87, 2), ("standard", 12 + 615, 4), ("full", 21 + 4290, 13)],
)
def test_the_plan_is_counted_whole(profile: str, trials: int, loads: int) -> None:
    said = plan_text(read_profile(profile)).text
    assert said.startswith(f"About {trials:,} trials: ")
    assert f"{loads} load" in said


def test_the_pilot_takes_its_own_time() -> None:
    given = PILOT | {"scenarios": ["ping"], "blocks": 1, "duration_s": 600.0, "warmup_s": 0.0}
    said = plan_text(read_parameters(given)).text
    assert "Sending requests alone takes 40 minutes" in said
    assert "a pilot of 2 trials" in said
