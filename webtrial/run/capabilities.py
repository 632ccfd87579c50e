"""What each framework was asked and what was found: the rows of data/capabilities.csv."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from webtrial.system.folders import REPOSITORY

FILE = REPOSITORY / "data" / "capabilities.csv"

YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Finding:
    """One question to one framework.

    `value` is yes, no, names or a number, which `unit` is of. `how` says how it was found out,
    `evidence` where: paths that were asked with the status they answered, or file:line below
    services/, or the name of a module. `measured_at` (a date) and `machine` are those of figures
    that another machine or day would change, and empty for all else.
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
    """Replace the file, whole or not at all. What was asked of several frameworks stands together,
    in the order in which it was first asked."""
    findings = list(findings)
    questions = list(dict.fromkeys((each.capability, each.question) for each in findings))
    findings.sort(key=lambda each: questions.index((each.capability, each.question)))
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".part")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(each) for each in findings)
    draft.replace(path)
