"""The report checked against two lists of common benchmarking mistakes, item by item.

The lists are the SIGPLAN Empirical Evaluation Checklist (Berger, Blackburn, Hauswirth and Hicks,
2018) and Heiser's Systems Benchmarking Crimes (2010 and later). The questions are ours: *yes* is
good.
"""

import csv
from collections import Counter
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, get_args

from webtrial.errors import PublishError
from webtrial.results.base.display import Prose
from webtrial.results.base.formatting import listed, pluralize
from webtrial.system.folders import REPOSITORY

FILE = REPOSITORY / "data" / "audit.csv"

Answer = Literal["yes", "partly", "no"]
_HEAD = "| item | question | answer | evidence and limitations |\n| :-- | :-- | :-- | :-- |\n"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a checklist.

    `evidence` is Markdown with links; `limitation` says what is not met, and is empty if the answer
    is *yes*.
    """

    checklist: str
    item: str
    question: str
    answer: Answer
    evidence: str
    limitation: str


def read_audit(path: Path = FILE) -> list[Item]:
    """Return every item of the file.

    PublishError if its columns or an answer are invalid, or if an answer other than *yes* has no
    limitation.
    """
    columns = [each.name for each in fields(Item)]
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    if wrong := [header] * (header != columns) or [row for row in rows if len(row) != len(columns)]:
        raise PublishError(
            f"{path.name}: row {', '.join(wrong[0])!r} does not have the columns {listed(columns)}"
        )
    items = [Item(*row) for row in rows]  # type: ignore[arg-type]
    for item in items:
        if item.answer not in get_args(Answer):
            raise PublishError(
                f"{path.name}, {item.item}: unknown answer {item.answer!r}; known:"
                f" {', '.join(get_args(Answer))}"
            )
        if bool(item.limitation) == (item.answer == "yes"):
            raise PublishError(
                f"{path.name}, {item.item}: answer {item.answer!r} with limitation"
                f" {item.limitation!r}; give a limitation for every answer except 'yes'"
            )
    return items


def audit(name: str) -> Prose:
    """Return the items of one list as a Markdown table, which can contain links."""
    rows = (
        f"| {item.item} | {item.question} | {item.answer} | {item.evidence} {item.limitation} |"
        for item in read_audit()
        if item.checklist == name
    )
    return Prose(_HEAD + "\n".join(rows))


def audits_text() -> Prose:
    """Return how many items of both lists are met."""
    items = read_audit()
    counts = Counter(item.answer for item in items)
    answers = [f"{counts[answer]} {answer}" for answer in get_args(Answer) if counts[answer]]
    return Prose(f"Of {pluralize(len(items), 'item')}: {listed(answers)}.")
