"""Which tests run in one worker of pytest-xdist, in which order.

Tests of a group run one after the other in one worker: what they share is made once, and
experiments do not measure each other. A group is named by the marker `xdist_group`, by a fixture
that is costly to make, else by the tests' file. The longest groups come first, so that no worker is
left alone with one in the end.

pytest-xdist 3.8 marks the group in a test's id (`--dist=loadgroup`), which pytest 9.2 does not let
it do any more: it then splits groups without a word. Hence a scheduler that is told the groups.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

BY_FIXTURE = {
    "deployed": "hostile",
    "asked": "capabilities",
    "moved": "capabilities",
    "published": "published",
    "commands": "measuring",
}
"""Fixture → the group of the tests that use it."""

LONGEST_FIRST = (
    "measuring",
    "tests/test_types.py",
    "contract",
    "published",
    "notebooks",
    "hostile",
    "capabilities",
)


def in_groups(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The items, each marked with its group, in the order in which groups are handed out."""
    grouped = list(items)
    for item in grouped:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_group_of(item)))
    return sorted(grouped, key=_rank)


def groups_of(items: Iterable[pytest.Item]) -> dict[str, str]:
    """The group of each item by the item's id."""
    return {item.nodeid: str(_mark_of(item).args[0]) for item in items}


def scheduler(config: pytest.Config, log: Any, groups: Mapping[str, str]) -> Any:
    """A scheduler of pytest-xdist that hands out whole groups."""
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415 - only with workers

    class GroupScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return groups[nodeid]

    return GroupScheduling(config, log)


def _mark_of(item: pytest.Item) -> pytest.Mark:
    mark = item.get_closest_marker("xdist_group")
    assert mark is not None
    return mark


def _group_of(item: pytest.Item) -> str:
    if item.nodeid.startswith("notebooks/"):  # their kernels are forked from one process
        return "notebooks"
    for fixture in getattr(item, "fixturenames", ()):
        if fixture in BY_FIXTURE:
            return BY_FIXTURE[fixture]
    parameters = getattr(item, "callspec", None)
    if parameters is not None and "group" in parameters.params:  # stacks that are up together
        return "contract " + " ".join(parameters.params["group"])
    return item.nodeid.partition("::")[0]


def _rank(item: pytest.Item) -> int:
    first = str(_mark_of(item).args[0]).partition(" ")[0]
    return LONGEST_FIRST.index(first) if first in LONGEST_FIRST else len(LONGEST_FIRST)
