"""Findings about each framework's capabilities: the rows of data/capabilities.csv."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from io import StringIO
from pathlib import Path

from webtrial.system.folders import REPOSITORY
from webtrial.system.whole_file import whole_file

FILE = REPOSITORY / "data" / "capabilities.csv"

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer to one question about one framework.

    `value` is yes, no, names, or a number with its `unit`. `how` is the method. `evidence` is the
    place: requested paths with the status of the response, file:line below services/, or the name
    of a module. `measured_at` (a date) and `machine` are set for figures that depend on the machine
    or the day, and empty otherwise.
    """

    framework: str
    capability: str
    question: str
    value: str
    unit: str
    how: str
    evidence: str
    measured_at: str = ""
    machine: str = ""


COLUMNS = tuple(field.name for field in fields(Finding))


def write_findings(findings: Iterable[Finding], path: Path = FILE) -> None:
    """Replace the file atomically.

    Rows are grouped by question, in the order in which each question first occurs.
    """
    findings = list(findings)
    questions = list(dict.fromkeys((each.capability, each.question) for each in findings))
    findings.sort(key=lambda each: questions.index((each.capability, each.question)))
    path.parent.mkdir(exist_ok=True)
    text = StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(each) for each in findings)
    with whole_file(path) as file:
        file.write(text.getvalue().encode())
