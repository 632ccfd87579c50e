"""Which stacks the tests of the contract ask: few in `make test`, without leaving a path out."""

from tests.contract.conftest import of_each_combination, of_each_level, of_one_framework
from tests.contract.stage import AXES, STACKS

OWN_CODE = of_one_framework()


def levels(names):
    """Framework, axis and level of each of the stacks."""
    return {
        (STACKS[name].framework, axis, getattr(STACKS[name], axis))
        for name in names
        for axis in AXES
    }


def test_of_each_framework_every_level_of_every_axis_is_asked():
    chosen = of_each_level(OWN_CODE, AXES)
    assert levels(chosen) == levels(OWN_CODE)
    assert len(chosen) < len(OWN_CODE) / 2


def test_in_full_every_combination_of_levels_is_asked_once():
    chosen = of_each_combination(tuple(STACKS), AXES)
    combinations = [tuple(getattr(STACKS[name], axis) for axis in AXES) for name in chosen]
    assert len(combinations) == len({*combinations})
    assert levels(chosen) == levels(STACKS)
