"""What is published of a run: complete, the same each time, and nobody's private business."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from zipfile import ZipFile

import jsonschema
import pytest
import yaml

from tests.environment.user_settings import settings_for_publishing
from tests.waiting import LONG_S
from webtrial.load.samples import OUTCOMES
from webtrial.publish import publication, report
from webtrial.publish.citation import citation_of
from webtrial.publish.codebook import codebook, documented_columns, kind_of, unit_of
from webtrial.publish.publication import add_to_report, run_to_publish
from webtrial.publish.report import chapter_names
from webtrial.run.records import Cost, Load
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import open_run

REPOSITORY = Path(__file__).parent.parent.parent

# Of the Citation File Format's schema (1.2.0) what a file such as ours can get wrong.
CITATION = {
    "type": "object",
    "required": ["authors", "cff-version", "message", "title"],
    "additionalProperties": False,
    "properties": {
        **{name: {"type": "string", "minLength": 1} for name in ("abstract", "message", "title")},
        "cff-version": {"const": "1.2.0"},
        "type": {"enum": ["dataset", "software"]},
        "version": {"type": "string"},
        "commit": {"type": "string"},
        "date-released": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "keywords": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "authors": {"$ref": "#/$defs/authors"},
        "references": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["authors", "title", "type"],
                "additionalProperties": False,
                "properties": {
                    "authors": {"$ref": "#/$defs/authors"},
                    "title": {"type": "string", "minLength": 1},
                    "type": {"enum": ["website", "article", "dataset"]},
                    "url": {"type": "string", "pattern": r"^(https|http|ftp|sftp)://.+"},
                },
            },
        },
    },
    "$defs": {
        "authors": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {
                "type": "object",
                "required": ["name"],
                "additionalProperties": False,
                "properties": {"name": {"type": "string", "minLength": 1}},
            },
        }
    },
}


@pytest.fixture(scope="module")
def site(run_path: Path, published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "dist"
    shutil.copytree(published, folder)
    add_to_report(open_run(run_path), lambda _: None, folder)
    return folder


def _files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_it_is_all_that_a_static_host_needs(site: Path) -> None:
    notebooks = {
        f"notebooks/{name}.{ending}" for name in chapter_names() for ending in ("html", "ipynb")
    }
    assert set(_files(site)) == notebooks | {"index.html", "report.pdf", "data.zip", "CITATION.cff"}


@pytest.mark.full
def test_two_builds_of_a_run_are_the_same_wherever_it_lies_and_whoever_builds(
    site: Path, run_path: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere" / run_path.name
    shutil.copytree(run_path, moved)
    command = [sys.executable, "-m", "webtrial", "publish", str(moved), "--into", "again"]
    environment = os.environ | settings_for_publishing(tmp_path / "home")
    subprocess.run(
        command, cwd=tmp_path, env=environment, check=True, timeout=LONG_S, capture_output=True
    )
    first, second = _files(site), _files(tmp_path / "again")
    assert list(second) == list(first)
    assert [name for name in first if second[name] != first[name]] == []


def test_nothing_is_left_of_the_run_that_was_published_before(site: Path, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    shutil.copytree(site, dist)
    mine = [dist / "CNAME", dist / "notebooks" / "own.html"]
    earlier = [dist / "data.zip", dist / "notebooks" / "8-removed.html"]
    for path in (*mine, *earlier):
        path.write_text("of before")
    report._remove_earlier(dist, {"1-measure"})
    assert set(_files(dist)) == {"CNAME", "notebooks/own.html", "notebooks/1-measure.ipynb"}


def test_it_says_nothing_of_where_it_was_made(site: Path, run_path: Path) -> None:
    contents = _files(site)
    with ZipFile(site / "data.zip") as archive:
        contents |= {name: archive.read(name) for name in archive.namelist()}
    private = [str(place).encode() for place in (run_path.parent, REPOSITORY, Path.home() / "x")]
    private = [place.removesuffix(b"x") for place in private]
    assert [
        (name, place) for name in contents for place in private if place in contents[name]
    ] == []


def test_notebooks_as_pages_load_nothing_and_lead_to_each_other(site: Path) -> None:
    for name in chapter_names():
        text = (site / "notebooks" / f"{name}.html").read_text()
        assert not re.search(
            r"<script|<img|<iframe|@import|url\((?!#)|\bsrc=|<link(?! rel=.icon)", text
        )
        linked = re.findall(r'<a href="([^"#][^":]*)"', text)
        assert len(linked) >= len(chapter_names()) + 2
        for address in linked:
            page, _, anchor = address.partition("#")
            there = site / "notebooks" / page
            assert there.is_file()
            assert not anchor or f'id="{unescape(anchor)}"' in unescape(there.read_text())


def test_figures_of_notebooks_as_pages_are_named_by_what_they_show(site: Path) -> None:
    for name in ("0-overview", "2-throughput-and-latency"):
        text = (site / "notebooks" / f"{name}.html").read_text()
        drawings = re.findall(r'<svg role="img" aria-label="([^"]{40,})"', text)
        assert len(drawings) == text.count("<svg") == text.count("<figcaption>") > 0
        identifiers = re.findall(r'\bid="([^"]+)"', text)
        assert len(identifiers) == len(set(identifiers))


def test_the_archive_holds_the_run_and_can_be_analysed(
    site: Path, run_path: Path, tmp_path: Path
) -> None:
    with ZipFile(site / "data.zip") as archive:
        archive.extractall(tmp_path)
    original = open_run(run_path)
    copy = open_run(tmp_path / original.manifest.id)
    assert copy.manifest == original.manifest
    assert copy.trials == original.trials
    assert copy.samples(copy.trials[0]).equals(original.samples(original.trials[0]))
    for name in ("claims", "references", "capabilities"):
        file = f"{name}.csv"
        assert (tmp_path / file).read_bytes() == (REPOSITORY / "data" / file).read_bytes()


def test_the_archives_entries_are_of_the_run_not_of_the_day(site: Path) -> None:
    with ZipFile(site / "data.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 1, 5, 10, 30, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}


def test_the_codebook_has_each_column_once_and_none_that_is_not_there() -> None:
    named = [
        (record.name, column.name)
        for file in codebook()
        for record in file.records
        if record.name != "Parameters"  # which describe themselves
        for column in record.columns
    ]
    assert len(named) == len(set(named))
    assert set(named) == documented_columns()


def test_every_column_has_a_meaning_and_a_kind() -> None:
    columns = [each for file in codebook() for record in file.records for each in record.columns]
    assert len(columns) > 150
    assert [each for each in columns if len(each.meaning) < 4 or not each.kind] == []


def test_whatever_can_become_of_a_request_is_told() -> None:
    told = {column.name: column.meaning for column in codebook()[0].records[0].columns}
    assert set(OUTCOMES) <= set(re.findall(r"\w+", told["outcome"]))
    assert list(told) == SAMPLES.names


def test_the_archives_readme_tells_every_column(site: Path) -> None:
    with ZipFile(site / "data.zip") as archive:
        text = archive.read("README.md").decode()
    assert "- `intended_ns` (integer, ns): intended start: the drawn arrival" in text
    for file in codebook():
        part = text[text.index(f"## {file.pattern}\n") :]
        for record in file.records:
            listed = part[part.index(f"### {record.name}\n") :].split("\n#")[0]
            assert re.findall(r"^- `(\w+)`", listed, re.M) == [each.name for each in record.columns]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("intended_ns", "ns"),
        ("speed_before_per_s", "per second"),
        ("window_s", "s"),
        ("memory_mib", "MiB"),
        ("status", ""),
    ],
)
def test_units_are_read_from_names(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_kinds_are_said_in_words() -> None:
    assert kind_of(float | None) == "number or null"
    assert kind_of(dict[str, int]) == "object of integer"
    assert kind_of(tuple[Cost, ...]) == "list of Cost"
    assert kind_of(Load.__dataclass_fields__["kind"].type) == "closed or open or persistent"


def test_the_citation_is_valid_and_of_this_run(site: Path) -> None:
    told = yaml.safe_load((site / "CITATION.cff").read_text())
    assert told["date-released"] == date(2026, 1, 5)
    told["date-released"] = told["date-released"].isoformat()
    jsonschema.validate(told, CITATION)
    assert told["version"] == "synthetic"
    assert "TechEmpower" in str(told["references"])


def test_a_commit_is_cited_where_it_holds_what_was_measured(run_path: Path) -> None:
    run = open_run(run_path)
    told = [
        yaml.safe_load(citation_of(replace(run, manifest=run.manifest.model_copy(update=git))))
        for git in ({"git": {"commit": "c0ffee", "dirty": dirty}} for dirty in (False, True))
    ]
    assert told[0].pop("commit") == "c0ffee"
    assert told[0] == told[1]


def test_without_a_name_the_run_that_comes_with_the_project_is_published(
    run_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "SAMPLE", run_path)
    assert run_to_publish(None).path == run_path
    monkeypatch.setattr(publication, "SAMPLE", tmp_path)
    monkeypatch.setattr(publication, "latest_run", lambda: "the newest")
    assert run_to_publish(None) == "the newest"
    assert run_to_publish(str(run_path)).path == run_path
