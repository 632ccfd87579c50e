"""Publish a run as a folder that any static host can serve."""

from pathlib import Path

from webtrial.publish.archive import write_archive
from webtrial.publish.chapters import read_chapter
from webtrial.publish.citation import citation_of
from webtrial.publish.front import TITLE
from webtrial.publish.notebook_pages import write_notebook_pages
from webtrial.publish.notebook_parameters import find_run
from webtrial.publish.report import DIST, Say, chapter_names, report_of_run
from webtrial.run.store import SAMPLE, Run, latest_run, open_run


def publish(run: Run, say: Say, dist: Path = DIST) -> None:
    """Publish `run` in the folder `dist`.

    Writes the report (index.html, report.pdf), every chapter as a notebook and as a page
    (notebooks/), the data (data.zip) and the citation file (CITATION.cff). The same run produces
    the same bytes. Raises WebtrialError.
    """
    report_of_run(str(run.path), say, dist)
    add_to_report(run, say, dist)


def add_to_report(run: Run, say: Say, dist: Path) -> None:
    """Add the notebook pages, the data and the citation file to the report on `run` in `dist`."""
    notebooks = dist / "notebooks"
    chapters = [read_chapter(notebooks / f"{name}.ipynb") for name in chapter_names()]
    write_notebook_pages(chapters, notebooks)
    say(f"wrote {len(chapters)} notebook pages in {notebooks}")
    write_archive(run, TITLE, dist / "data.zip")
    (dist / "CITATION.cff").write_text(citation_of(run), encoding="utf-8")
    for name in ("data.zip", "CITATION.cff"):
        say(f"wrote {dist / name}")


def run_to_publish(name: str | None) -> Run:
    """Return the run with that name or folder.

    Without a name, return the sample if it exists, else the newest finished run. Raises RunError.
    """
    if name is not None:
        return find_run(name)
    return open_run(SAMPLE) if (SAMPLE / "manifest.json").is_file() else latest_run()
