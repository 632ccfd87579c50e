"""All that is published of a run: a folder that any static host serves as it is."""

from pathlib import Path

from webtrial.publish.archive import write_archive
from webtrial.publish.chapters import read_chapter
from webtrial.publish.citation import citation_of
from webtrial.publish.front import TITLE
from webtrial.publish.given import find_run
from webtrial.publish.notebook_pages import write_notebook_pages
from webtrial.publish.report import DIST, Say, chapter_names, report_of_run
from webtrial.run.store import SAMPLE, Run, latest_run, open_run


def publish(run: Run, say: Say, dist: Path = DIST) -> None:
    """Leave in `dist` the report on `run` (index.html, report.pdf), every chapter as a notebook
    and as a page (notebooks/), the data (data.zip) and how to cite it (CITATION.cff).

    The same run makes the same bytes. Raises WebtrialError.
    """
    report_of_run(str(run.path), say, dist)
    add_to_report(run, say, dist)


def add_to_report(run: Run, say: Say, dist: Path) -> None:
    """Add to the report on `run` in `dist` what else is published of it."""
    notebooks = dist / "notebooks"
    chapters = [read_chapter(notebooks / f"{name}.ipynb") for name in chapter_names()]
    write_notebook_pages(chapters, notebooks)
    say(f"wrote {len(chapters)} notebooks as pages in {notebooks}")
    write_archive(run, TITLE, dist / "data.zip")
    (dist / "CITATION.cff").write_text(citation_of(run), encoding="utf-8")
    for name in ("data.zip", "CITATION.cff"):
        say(f"wrote {dist / name}")


def run_to_publish(name: str | None) -> Run:
    """The run of that name or folder; without one the run that comes with the project, where there
    is one, else the newest finished. Raises RunError."""
    if name is not None:
        return find_run(name)
    return open_run(SAMPLE) if (SAMPLE / "manifest.json").is_file() else latest_run()
