"""Findings written, read and put side by side."""

from pathlib import Path

import pandas as pd
import pytest

from webtrial.errors import CapabilityError
from webtrial.results.capabilities.estimate import capability_findings, capability_table
from webtrial.results.capabilities.text import features_table, footprint_table
from webtrial.run.capabilities import Finding, write_findings


def finding(
    framework: str, capability: str, question: str, value: str, unit: str = "", machine: str = ""
) -> Finding:
    day = "2026-01-31" if machine else ""
    return Finding(framework, capability, question, value, unit, "tried", "/", day, machine)


FINDINGS = [
    finding("Django", "admin", "is there", "yes"),
    finding("Django", "memory", "idle", "90", "MiB", "a machine"),
    finding("Flask", "admin", "is there", "no"),
    finding("Flask", "admin", "only asked here", "none"),
    finding("Flask", "installed packages", "the service: package names", "Flask, click"),
    finding("Flask", "memory", "idle", "80", "MiB", "a machine"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "data" / "capabilities.csv"
    write_findings(FINDINGS, place)
    return place


def test_what_is_written_is_read_again_question_by_question(path: Path) -> None:
    read = [Finding(*row) for row in capability_findings(path).to_numpy().tolist()]
    assert sorted(map(str, read)) == sorted(map(str, FINDINGS))
    assert [(each.question, each.framework) for each in read] == [
        ("is there", "Django"),
        ("is there", "Flask"),
        ("idle", "Django"),
        ("idle", "Flask"),
        ("only asked here", "Flask"),
        ("the service: package names", "Flask"),
    ]


def test_side_by_side_each_framework_has_a_column(path: Path) -> None:
    findings = capability_findings(path)
    table = capability_table(findings).set_index(["capability", "question"])
    assert list(table.columns) == ["unit", "Django", "Flask"]
    for row in findings.itertuples():
        assert table.loc[(row.capability, row.question), row.framework] == row.value
    assert pd.isna(table.loc[("admin", "only asked here"), "Django"])


def test_features_and_footprint_are_separate_tables(path: Path) -> None:
    findings = capability_findings(path)
    table = capability_table(findings)
    assert features_table(table).cells() == [
        ["admin", "is there", "yes", "no"],
        ["admin", "only asked here", "–", "none"],
    ]
    sizes = footprint_table(table, findings)
    assert sizes.cells() == [["memory", "idle (MiB)", "90", "80"]]
    assert sizes.caption.endswith("Seconds and MiB measured on a machine, on 2026-01-31.")


@pytest.mark.parametrize("content", [None, "", "framework,value\nDjango,yes\n"])
def test_an_unusable_file_is_refused_with_the_command_that_creates_it(
    tmp_path: Path, content: str | None
) -> None:
    place = tmp_path / "capabilities.csv"
    if content is not None:
        place.write_text(content)
    with pytest.raises(CapabilityError, match=r"create it (again )?with `make capabilities`"):
        capability_findings(place)
