"""The list of errors in the documents holds all that can be raised, and nothing else."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.said import ERRORS, Said, said

LIST = Path(__file__).parent.parent / "docs" / "errors.md"


def plain(text: str) -> str:
    """Without line breaks and quotation of code, which a table writes in its own way."""
    return re.sub(r"\s+", " ", text.replace("`", "")).strip()


def listed() -> list[tuple[str, str, str, str]]:
    """Error, text, what happened and what to do, of each row."""
    rows, error = [], ""
    for line in LIST.read_text().splitlines():
        if line.startswith("## "):
            error = re.match(r"## (\w+)", line)[1]  # type: ignore[index]
        elif line.startswith("| ") and not line.startswith("| It says"):
            rows.append((error, *(plain(cell) for cell in line.strip("| ").split(" | "))))
    return rows  # type: ignore[return-value]


@pytest.fixture(scope="module")
def raised() -> list[Said]:
    return list(said())


def test_every_error_that_is_raised_is_listed_with_what_it_says(raised: list[Said]) -> None:
    there = {(error, text) for error, text, *_ in listed()}
    missing = {(each.error, plain(each.text)) for each in raised} - there
    assert not missing, "\n".join(map(str, sorted(missing)))


def test_nothing_is_listed_that_is_not_raised(raised: list[Said]) -> None:
    known = {(each.error, plain(each.text)) for each in raised}
    gone = [(error, text) for error, text, *_ in listed() if (error, text) not in known]
    assert not gone, "\n".join(map(str, gone))


def test_every_row_says_what_happened_and_what_to_do() -> None:
    rows = listed()
    assert len(rows) > 100
    for row in rows:
        assert len(row) == 4, row
        assert all(row), row
    assert {error for error, *_ in rows} == ERRORS
    twice = [each for each, count in Counter(row[:2] for row in rows).items() if count > 1]
    assert not twice, twice
