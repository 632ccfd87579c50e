"""Drivers on a machine that may be busy."""

import pytest

from tests.waiting import LIMIT_S
from webtrial.load import driver


@pytest.fixture(autouse=True)
def _drivers_may_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is given up for that; a test of one that hangs sets its own limit."""
    for limit in ("SETTING_UP_LIMIT_S", "SILENCE_LIMIT_S", "ENDING_LIMIT_S"):
        monkeypatch.setattr(driver, limit, LIMIT_S)
