"""Which names count as given to a notebook."""

import pytest

from webtrial.errors import ParameterError, RunError
from webtrial.publish.given import find_run, names_since_defaults

DEFAULTS = "# defaults\nseed = 1\nblocks = 3"


def test_defaults_and_what_follows_them_are_given() -> None:
    cells = ["x = 1", DEFAULTS, "# Parameters\nseed = 7\nnew = 2"]
    assert names_since_defaults(cells) == ["seed", "blocks", "new"]


def test_only_the_last_run_of_the_defaults_counts() -> None:
    assert names_since_defaults([DEFAULTS, "old = 1", DEFAULTS]) == ["seed", "blocks"]


def test_tuples_and_loops_assign_too_and_broken_cells_nothing() -> None:
    cells = [DEFAULTS, "a, (b, c) = 1, (2, 3)", "for d in []: pass", "seed = = 7"]
    assert names_since_defaults(cells) == ["seed", "blocks", "a", "b", "c", "d"]


def test_without_defaults_nothing_can_be_told() -> None:
    with pytest.raises(ParameterError, match="# defaults"):
        names_since_defaults(["seed = 1"])


def test_a_run_is_named_in_words() -> None:
    with pytest.raises(ParameterError, match="run = 7"):
        find_run(7)


def test_a_run_that_is_not_there_is_said_to_be_none() -> None:
    with pytest.raises(RunError, match=r"nowhere is not a run: it has no manifest\.json"):
        find_run("nowhere")
