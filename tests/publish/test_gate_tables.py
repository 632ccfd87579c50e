"""What every trial is held to, as it is printed: all that is applied."""

import inspect
import re

import pytest

from webtrial.measure import attempt, validity
from webtrial.results.validity.tables import gates_table
from webtrial.run import bounds

TEXT = gates_table().markdown()


def test_every_gate_that_can_strike_is_printed() -> None:
    source = inspect.getsource(validity) + inspect.getsource(attempt)
    struck = set(re.findall(r"(?:_invalid|_suspect|_disturbed|Reason)\(\s*\"(\w+)\"", source))
    printed = {row[0].replace(" ", "_").lower() for row in gates_table().cells()}
    assert {"driver", "lag", "speed_drift"} < struck
    assert printed == struck


@pytest.mark.parametrize("name", [name for name in vars(bounds) if name.isupper()])
def test_every_bound_is_printed(name: str) -> None:
    value = getattr(bounds, name)
    assert any(text in TEXT for text in (f"{value:g} ms", f"{value:.0%}", f"{value:.1%}")) or (
        f"{value:g} requests" in TEXT
    )
    assert getattr(validity, name) == value
