"""What the report admits of itself: from the run, and against lists that others made."""

import re
from pathlib import Path

import pytest

from tests.synthetic_run import CLOSED, LATE, OPEN, STOLEN, Truth, synthetic_run
from webtrial.analyse.threats import threats
from webtrial.errors import PublishError
from webtrial.publish.audits import FILE, audit, audits_in_words, read_audit
from webtrial.publish.chapters import anchor_within, read_chapter
from webtrial.publish.execute import NOTEBOOKS
from webtrial.publish.report import chapter_names

LISTS = {"SIGPLAN": 22, "Heiser": 18}


@pytest.mark.parametrize("name", LISTS)
def test_every_item_of_both_lists_is_answered_once(name: str) -> None:
    items = [item for item in read_audit() if item.list == name]
    assert len(items) == len({item.item for item in items}) == LISTS[name]
    assert all(item.asks.endswith("?") and len(item.evidence) > 40 for item in items)
    assert audit(name).text.count("\n") == LISTS[name] + 1


def test_each_answer_has_its_evidence_or_an_admission() -> None:
    for item in read_audit():
        assert "](" in item.evidence or "`" in item.evidence
        if item.answer != "yes":
            assert re.search(r"\b(not|no|none|nobody|few|yet|fits)\b", item.evidence.lower())


def test_evidence_leads_to_a_heading_that_is_there() -> None:
    chapters = [read_chapter(NOTEBOOKS / f"{name}.ipynb") for name in chapter_names()]
    anchors = {heading.anchor for chapter in chapters for heading in chapter.headings}
    texts = {
        f"{name}.ipynb#{heading.text.replace(' ', '-')}"
        for name, chapter in zip(chapter_names(), chapters, strict=True)
        for heading in chapter.headings
    }
    led = [link for item in read_audit() for link in re.findall(r"\]\((\S+?)\)", item.evidence)]
    assert len(led) > 40
    assert [link for link in led if anchor_within(link) not in anchors] == []
    assert [link for link in led if link not in texts] == []  # as JupyterLab finds them


def test_the_counts_are_those_of_the_file() -> None:
    said = [int(count) for count in re.findall(r"\d+", audits_in_words().text)]
    assert said[0] == sum(said[1:]) == sum(LISTS.values())


def test_another_answer_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "audit.csv"
    path.write_text(FILE.read_text().replace(",yes,", ",surely,", 1))
    with pytest.raises(PublishError, match="'surely', and has to be yes, partly and no"):
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
    assert seen["invalid and suspect trials"].startswith("Of 24 trials 0 are invalid and 0 suspect")
    assert seen["few blocks"].startswith("4 blocks; 0 of")
    assert " in 0 of 24 attempts" in seen["time stolen by the host"]
    assert seen["short windows, one occasion"].startswith(
        "0.50 s measured in a trial, 0.20 minutes"
    )


def test_a_disturbed_run_has_other_threats(tmp_path: Path) -> None:
    seen = _seen(
        tmp_path,
        verdicts={(1, "flask"): [LATE], (2, "flask"): [LATE], (3, "django"): [STOLEN]},
    )
    assert seen["invalid and suspect trials"].startswith("Of 24 trials 4 are invalid and 2 suspect")
    assert "Django 0 %, Flask 50.0 % and FastAPI 0 %" in seen["invalid and suspect trials"]
    assert not seen["few blocks"].startswith("4 blocks; 0 of")


def test_factors_that_never_vary_alone_are_named(tmp_path: Path) -> None:
    seen = _seen(tmp_path)["choices that change together"]
    alone, together = seen.split(". Only together with others: ")
    assert "framework" in together
    assert "framework" not in alone
