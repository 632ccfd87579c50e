"""A run that somebody else made: nothing in it can speak for the page, the PDF or a notebook."""

import json
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pypdf
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests.counted import injected
from tests.test_runs import a_manifest
from tests.trial_builder import a_trial, some_samples
from webtrial.errors import RunError
from webtrial.publish.chapters import Chapter, read_chapter
from webtrial.publish.document import write_document
from webtrial.publish.front import Front
from webtrial.publish.page import write_page
from webtrial.results.claims.facts import Count
from webtrial.run.manifest import PLAIN
from webtrial.run.records import Reason, Validity
from webtrial.run.store import open_run
from webtrial.run.writer import RunWriter

SCRIPT = "<script>document.title = 'gone'</script><img src=x onerror=alert(1)>"
TYPST = '```\n```{=typst}\n#read("/etc/passwd")\n#panic("inside")\n```\n#eval("1")'
FORMULA = '=HYPERLINK("http://127.0.0.1/"&A1)'
EVIL = [
    *(SCRIPT, TYPST, FORMULA),
    *("{{ 7 * 7 }}", "$(touch evil)", "[a](javascript:alert(1))", "\\n#eval"),
]


def a_run_with(folder: Path, text: str) -> Path:
    reason = Reason("driver", "instrument", "invalid", text)
    writer = RunWriter(a_manifest().model_copy(update={"machine": {"processor": text}}), folder)
    trial = a_trial(validity=Validity("invalid", (reason,)), service_ended=text)
    writer.append(trial, some_samples())
    writer.update(state="failed", why=text)
    return writer.path


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("place", ["name", "title", "trial"])
def test_an_invalid_stack_name_is_rejected(tmp_path: Path, name: str, place: str) -> None:
    path = RunWriter(a_manifest(), tmp_path).path
    manifest = json.loads((path / "manifest.json").read_text())
    stacks = {"name": {name: {}}, "title": {"flask": {"title": name}}, "trial": {}}[place]
    (path / "manifest.json").write_text(json.dumps(manifest | {"stacks": stacks}))
    if place == "trial":
        writer = RunWriter.reopened(open_run(path), "2026-11-22T13:00:00+00:00", {})
        writer.append(a_trial(stack=name), some_samples())
    with pytest.raises(RunError, match=r"is not a valid stack name|has invalid characters"):
        _ = open_run(path).trials


def test_samples_outside_the_run_are_rejected(tmp_path: Path) -> None:
    path = a_run_with(tmp_path, "plain")
    trial = path / "trials" / "0001-1.json"
    trial.write_text(trial.read_text().replace("samples/0001-1", "../../secret"))
    (path / "SHA256SUMS").unlink()
    with pytest.raises(RunError, match=r"is not a valid path of samples"):
        _ = open_run(path).trials


def test_a_record_shows_text_as_text(tmp_path: Path) -> None:
    for number, text in enumerate(EVIL):
        run = open_run(a_run_with(tmp_path / str(number), text))
        for shown in (run, run.manifest, run.trials, run.trials[0], run.trials[0].validity):
            page = BeautifulSoup(shown._repr_html_(), "html.parser")
            assert not page.find_all(["script", "img", "a"]), text
            assert not [tag for tag in page.find_all(True) if any("on" in key for key in tag.attrs)]
    injected("code injected into a run", len(EVIL))


@pytest.fixture(scope="module")
def chapters(tmp_path_factory: pytest.TempPathFactory) -> list[Chapter]:
    """A notebook that said all of it, as text, as markdown and as a table."""
    said = "\n".join(EVIL)
    outputs = [new_output("stream", text=said), new_output("execute_result", {"text/plain": said})]
    cells = [new_markdown_cell("# A chapter"), new_code_cell("run", outputs=outputs)]
    path = tmp_path_factory.mktemp("notebook") / "2-chapter.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return [read_chapter(path)]


@pytest.fixture
def front() -> Front:
    """One on which whoever made the run could write."""
    return Front(
        title="A report",
        subtitle="of a run",
        facts=EVIL,
        findings=EVIL,
        matched=None,
        verdicts=[Count("measured performance", 1, 1, {"supported": 1})],
        values={"evil": EVIL},
        run="20261122T120000Z-smoke-1",
        digest="0" * 64,
        parameters={"profile": "smoke"},
        made_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def test_a_page_shows_what_a_cell_said_and_does_nothing_of_it(
    chapters: list[Chapter], front: Front, tmp_path: Path
) -> None:
    write_page(chapters, front, tmp_path / "index.html")
    page = BeautifulSoup((tmp_path / "index.html").read_text(), "html.parser")
    body = page.find("main") or page.body
    assert "document.title = 'gone'" in body.get_text()
    scripts = [tag for tag in page.find_all("script") if tag.get("type") != "application/json"]
    assert not [tag for tag in scripts if "gone" in tag.get_text()]
    assert not page.find_all("img", src="x")
    assert not page.find_all(href=lambda href: href and href.startswith("javascript"))
    injected("code injected into the page", len(EVIL))


def test_the_document_shows_it_and_does_nothing_of_it(
    chapters: list[Chapter], front: Front, tmp_path: Path
) -> None:
    write_document(chapters, front, tmp_path / "report.pdf")
    pages = pypdf.PdfReader(tmp_path / "report.pdf").pages
    text = " ".join(page.extract_text() for page in pages)
    assert '#panic("inside")' in text
    assert "root:" not in text
    injected("code injected into the PDF", len(EVIL))


@pytest.mark.parametrize("begins", "=+-@\t\r")
def test_no_cell_of_a_table_can_begin_as_a_formula(begins: str) -> None:
    """What is written as CSV are numbers and the names of stacks."""
    assert not PLAIN.fullmatch(f"{begins}SUM(A1)")
