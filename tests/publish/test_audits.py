"""What the report admits of itself: from the run, and against lists that others made."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.synthetic_run import CLOSED, LATE, OPEN, STOLEN, Truth, synthetic_run
from webtrial.errors import PublishError
from webtrial.publish.chapters import anchor_within, read_chapter
from webtrial.publish.execute import NOTEBOOKS
from webtrial.publish.report import chapter_names
from webtrial.results.validity.audits import FILE, audit, audits_text, read_audit
from webtrial.results.validity.threats import threats

LISTS = {"SIGPLAN": 22, "Heiser": 18}


@pytest.mark.parametrize("name", LISTS)
def test_every_item_of_both_lists_is_answered_once(name: str) -> None:
    items = [item for item in read_audit() if item.checklist == name]
    assert len(items) == len({item.item for item in items}) == LISTS[name]
    assert all(item.question.endswith("?") and len(item.evidence) > 40 for item in items)
    assert audit(name).text.count("\n") == LISTS[name] + 1


def test_each_answer_has_its_evidence() -> None:
    for item in read_audit():
        assert "](" in item.evidence or "`" in item.evidence


def test_every_answer_except_yes_needs_a_limitation(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_text(FILE.read_text().replace(",partly,", ",yes,", 1))
    with pytest.raises(PublishError, match="answer 'yes' with limitation 'Some testable"):
        read_audit(path)
    path.write_text(FILE.read_text().replace(",yes,", ",no,", 1))
    with pytest.raises(PublishError, match="answer 'no' with limitation ''; give a limitation"):
        read_audit(path)


@pytest.mark.parametrize(
    ("item", "limitation"),
    [
        ("claims have a scope", "another machine may give another verdict"),
        ("appropriate precision", "Amounts have two or three digits whatever their interval"),
        ("distributions and intervals are shown", "90th percentiles"),
        ("significance is shown", "A ratio within the noise floor may count as decided"),
        ("overheads are not played down", "is based on one step between measured stacks"),
        ("a proper baseline", "No stack was built for some kinds of matched pair"),
        ("axes do not exaggerate", "bars on a log axis"),
        ("load is independent of responses", "counted as dropped"),
        ("benchmarks fit the question", "No scenario consists only of waiting"),
    ],
)
def test_an_item_that_is_partly_met_has_a_limitation(item: str, limitation: str) -> None:
    (found,) = [each for each in read_audit() if each.item == item]
    assert found.answer == "partly"
    assert limitation in found.limitation


def test_other_columns_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_text(FILE.read_text().replace("evidence,limitation", "evidence", 1))
    with pytest.raises(PublishError, match="evidence' does not have the columns checklist, item"):
        read_audit(path)
    path.write_text(FILE.read_text() + "Heiser,a line cut short,Is it?\n")
    with pytest.raises(PublishError, match="a line cut short, Is it\\?' does not have the columns"):
        read_audit(path)


def test_evidence_leads_to_a_heading_that_is_there() -> None:
    chapters = [read_chapter(NOTEBOOKS / f"{name}.ipynb") for name in chapter_names()]
    anchors = {heading.anchor for chapter in chapters for heading in chapter.headings}
    texts = {
        f"{name}.ipynb#{heading.text.replace(' ', '-')}"
        for name, chapter in zip(chapter_names(), chapters, strict=True)
        for heading in chapter.headings
    }
    links = [link for item in read_audit() for link in re.findall(r"\]\((\S+?)\)", item.evidence)]
    assert len(links) > 40
    assert [link for link in links if anchor_within(link) not in anchors] == []
    assert [link for link in links if link not in texts] == []  # as JupyterLab finds them


def test_the_counts_are_those_of_the_file() -> None:
    counts = [int(count) for count in re.findall(r"\d+", audits_text().text)]
    assert counts[0] == sum(counts[1:]) == sum(LISTS.values())


def test_an_unknown_answer_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_text(FILE.read_text().replace(",yes,", ",surely,", 1))
    with pytest.raises(PublishError, match="unknown answer 'surely'; known: yes, partly, no"):
        read_audit(path)


MEDIANS = {"django": 8.0, "flask": 5.0, "fastapi": 2.0}


def _seen(tmp_path: Path, **verdicts: object) -> dict[str, str]:
    truth = Truth(MEDIANS, **verdicts)
    run = synthetic_run(tmp_path, truth, loads=(CLOSED, OPEN), blocks=4, window_s=0.5)
    table = threats(run)
    assert list(table.columns) == ["threat", "seen", "means"]
    assert not table["threat"].duplicated().any()
    return dict(zip(table["threat"], table["seen"], strict=True))


def test_threats_are_those_of_the_run(tmp_path: Path) -> None:
    seen = _seen(tmp_path)
    assert seen["invalid and suspect trials"].startswith(
        "Of 24 trials, 0 are invalid and 0 suspect"
    )
    assert seen["few blocks"].startswith("4 blocks; 0 of")
    assert " in 0 of 24 attempts" in seen["steal"]
    assert seen["short windows, one occasion"].startswith("0.50 s per trial (median), 0.20 minutes")


def test_a_disturbed_run_has_other_threats(tmp_path: Path) -> None:
    seen = _seen(
        tmp_path,
        verdicts={(1, "flask"): [LATE], (2, "flask"): [LATE], (3, "django"): [STOLEN]},
    )
    assert seen["invalid and suspect trials"].startswith(
        "Of 24 trials, 4 are invalid and 2 suspect"
    )
    assert "Django 0 %, Flask 50.0 % and FastAPI 0 %" in seen["invalid and suspect trials"]
    assert not seen["few blocks"].startswith("4 blocks; 0 of")


@pytest.mark.parametrize(
    ("budgets", "cores", "threat"),
    [
        (
            {"service_cores": [0], "driver_core": 1},
            "1 load driver on a separate core",
            "no network",
        ),
        ({"service_cores": [0]}, "1 load driver on the cores of the services", "no network"),
        (
            {"service_cores": [0], "worker_cores": [2, 3], "load_drivers": 2},
            "2 load drivers, each on a separate core",
            "no network",
        ),
        (
            {"not_launched_by_us": ["flask"]},
            "the assignment of cores is unknown",
            "unknown machines",
        ),
    ],
)
def test_the_assignment_of_cores_is_reported(
    budgets: dict[str, object], cores: str, threat: str, tmp_path: Path
) -> None:
    run = synthetic_run(tmp_path, Truth(MEDIANS), window_s=0.5)
    run = replace(run, manifest=run.manifest.model_copy(update={"budgets": budgets}))
    table = threats(run).set_index("threat")["seen"]
    assert cores in table["shared cores"]
    assert threat in table.index
    assert ("server processes" in table["factors that were not varied"]) == (threat == "no network")


def test_factors_that_never_vary_alone_are_named(tmp_path: Path) -> None:
    seen = _seen(tmp_path)["choices that change together"]
    alone, together = seen.split(". Varied only together with others: ")
    assert "framework" in together
    assert "framework" not in alone
