"""The page: one file that loads nothing, whose figures can be read by everyone."""

import csv
import json
import re
import subprocess
from base64 import b64decode
from collections import Counter
from html import escape
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import html5lib
import pytest
from bs4 import BeautifulSoup

from webtrial.publish.chapters import read_chapter
from webtrial.publish.front import CHECK, Front
from webtrial.publish.report import chapter_names
from webtrial.results.base.formatting import humanize
from webtrial.results.claims.claims_file import read_claims
from webtrial.run.store import open_run
from webtrial.stats.estimates import throughput_table

VOID = {"meta", "link", "br", "hr", "img", "input", "col", "wbr"}


class Seen(HTMLParser):
    """Every element with its attributes; what is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(published: Path) -> str:
    return (published / "index.html").read_text()


@pytest.fixture(scope="module")
def seen(text: str) -> Seen:
    parser = Seen()
    parser.feed(text)
    return parser


def test_every_element_is_closed_in_order(seen: Seen) -> None:
    assert seen.elements
    assert (seen.faults, seen.open) == ([], [])


def test_it_is_valid_html(text: str) -> None:
    html5lib.HTMLParser(strict=True).parse(text)  # raises at the first fault


def test_nothing_is_loaded_from_anywhere(text: str, seen: Seen) -> None:
    loading = {"img", "iframe", "object", "embed", "audio", "video", "source", "base"}
    assert not loading & {tag for tag, _ in seen.elements}
    assert not any("src" in each for each in seen.all("script"))
    assert [link["href"] for link in seen.all("link")] == ["data:,"]
    assert not re.search(r"@import|url\((?!#|data:)|srcset=|\bon\w+=\"", text)
    used = [each.get("href") or "" for each in seen.all("use")]
    assert all(href.startswith("#") for href in used)


def test_ids_are_unique_and_every_reference_leads_to_one(text: str, seen: Seen) -> None:
    ids = Counter(each["id"] for _, each in seen.elements if "id" in each)
    assert [name for name, count in ids.items() if count > 1] == []
    referred = [each.get("href") or "" for _, each in seen.elements]
    referred += [f"#{name}" for name in re.findall(r"url\(#([^)]+)\)", text)]
    inside = {name.removeprefix("#") for name in referred if name.startswith("#")}
    assert inside
    assert inside <= set(ids)


def test_every_figure_has_alternative_text_and_a_caption(text: str, seen: Seen) -> None:
    drawings = seen.all("svg")
    assert len(drawings) == len(seen.all("figure")) == len(seen.all("figcaption")) > 8
    assert all(each.get("role") == "img" for each in drawings)
    assert all(len(each.get("aria-label") or "") > 40 for each in drawings)
    captions = re.findall(r"<figcaption><b>Figure \d+\.</b> (.+?) <a ", text, re.DOTALL)
    assert len(captions) == len(drawings)


def test_every_figure_brings_its_data_and_says_where_it_comes_from(
    published: Path, run_path: Path, seen: Seen
) -> None:
    links = [each for each in seen.all("a") if each.get("class") == "data"]
    assert len(links) == len(seen.all("figure"))
    for number, link in enumerate(links, 1):
        kind, content = str(link["href"]).split(",")
        assert (link["download"], kind) == (f"figure-{number}.csv", "data:text/csv;base64")
        rows = list(csv.reader(StringIO(b64decode(content).decode())))
        assert len(rows) > 1
        assert {len(row) for row in rows} == {len(rows[0])}
    digest = subprocess.run(
        CHECK,
        shell=True,
        cwd=run_path,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()[0]
    text = (published / "index.html").read_text()
    assert text.count(digest) == text.count('<details class="code">') + 1


def test_what_it_lets_choose_from_is_what_the_tables_say(text: str, run_path: Path) -> None:
    told = json.loads(re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text)[0])
    table = throughput_table(open_run(run_path)).query("load_kind == 'closed'")
    statistic = told["statistics"].index("requests per second")
    shown = {
        (*told["places"][place], told["stacks"][stack][0]): value
        for place, stack, which, value, *_ in told["rows"]
        if which == statistic
    }
    expected = {
        (humanize(row["scenario"]), row["load"], row["title"]): row["value"]
        for row in table.to_dict("records")
    }
    assert shown == pytest.approx(expected, rel=1e-3)


def test_chapters_stand_in_order_below_one_heading(published: Path, seen: Seen) -> None:
    chapters = [read_chapter(published / "notebooks" / f"{name}.ipynb") for name in chapter_names()]
    assert len(seen.all("h1")) == 1
    anchors = [each["id"] for each in seen.all("h2")]
    assert anchors == [*(chapter.slug for chapter in chapters), "explore", "parameters"]
    linked = [each["href"] for each in seen.all("a")]
    for chapter in chapters:
        assert linked.count(f"#{chapter.slug}") >= 2  # beside, and folded above
        assert all(f"#{section.anchor}" in linked for section in chapter.sections)


def test_code_is_folded_away(seen: Seen) -> None:
    folded = [each for each in seen.all("details") if each.get("class") == "code"]
    assert len(folded) > 20
    assert not any("open" in each for each in folded)


def test_the_answer_comes_first(text: str, published_front: Front) -> None:
    front = published_front
    header = re.sub(r"<[^>]+>", "", text[text.index("<header>") : text.index("<details")])
    assert 2 <= len(front.findings) <= 4
    for finding in front.findings:
        assert finding.replace("*", "") in header
    for count in front.verdicts:
        assert f"{count.label.capitalize()} {count.size}" in header
    assert sum(count.statements for count in front.verdicts) == len(read_claims())
    assert all(escape(fact) in header for fact in front.facts)


def test_each_kind_of_claims_has_a_bar_measured_performance_first(
    text: str, published_front: Front
) -> None:
    verdicts = BeautifulSoup(text, "html.parser").select_one("section.verdicts")
    assert verdicts
    counts = published_front.verdicts
    bars = verdicts.select("div")
    assert [bar.b.text for bar in bars] == [count.label.capitalize() for count in counts]
    assert counts[0].label == "measured performance"
    for bar, count in zip(bars, counts, strict=True):
        told = [(each.b.text, each.get("style")) for each in bar.select("li")]
        shares = [f"{number}" for number in count.nonzero.values()]
        assert told == [(number, f"flex-grow: {number}") for number in shares]
    assert str(len(read_claims())) not in verdicts.text.split()


def test_text_from_the_run_is_escaped(text: str) -> None:
    assert "Example &lt;CPU&gt;" in text
    assert "Example <CPU>" not in text


def test_it_says_nothing_of_where_it_was_made(published: Path, text: str) -> None:
    assert str(Path.home()) + "/" not in text
    assert str(Path(__file__).parent.parent.parent) not in text


def test_it_is_small_enough_to_send(published: Path) -> None:
    assert (published / "index.html").stat().st_size <= 3_000_000
