"""Which tests run in one worker of pytest-xdist, in which order.

Tests of a group run one after the other in one worker: what they share is made once, and
experiments do not measure each other. A group is named by the marker `xdist_group`, by a fixture
that is costly to make, else by the tests' file. The longest groups come first, so that no worker is
left alone with one in the end.
"""

from collections.abc import Iterable

import pytest

BY_FIXTURE = {
    "every_stack": "hostile",
    "asked": "capabilities",
    "moved": "capabilities",
    "published": "published",
    "commands": "measuring",
}
"""Fixture → the group of the tests that use it."""

LONGEST_FIRST = ("measuring", "contract", "published", "hostile", "capabilities")


def in_groups(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The items, each marked with its group, in the order in which groups are handed out."""
    grouped = list(items)
    for item in grouped:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_group_of(item)))
    return sorted(grouped, key=_rank)


def _group_of(item: pytest.Item) -> str:
    for fixture in getattr(item, "fixturenames", ()):
        if fixture in BY_FIXTURE:
            return BY_FIXTURE[fixture]
    parameters = getattr(item, "callspec", None)
    if parameters is not None and "group" in parameters.params:  # stacks that are up together
        return "contract " + " ".join(parameters.params["group"])
    return item.nodeid.partition("::")[0]


def _rank(item: pytest.Item) -> int:
    mark = item.get_closest_marker("xdist_group")
    assert mark is not None
    first = str(mark.args[0]).partition(" ")[0]
    return LONGEST_FIRST.index(first) if first in LONGEST_FIRST else len(LONGEST_FIRST)
