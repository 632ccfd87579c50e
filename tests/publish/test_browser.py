"""The page of the sample run in a real browser: what readers see and can do."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.publish.browsing import chromium, new_page
from webtrial.publish.chapters import Chapter, read_chapter
from webtrial.publish.execute import NOTEBOOKS
from webtrial.publish.front import Front, front_of
from webtrial.publish.page import write_page
from webtrial.publish.report import MEASURES, chapter_names
from webtrial.run.store import Run

DESKTOP = {"width": 1440, "height": 900}
OPENING = ["nav", "header", "section.verdicts", "section[aria-labelledby=explore]"]
PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def front(sample: Run) -> Front:
    return front_of(sample)


@pytest.fixture(scope="module")
def chapters() -> list[Chapter]:
    names = [name for name in chapter_names() if name != MEASURES]
    return [read_chapter(NOTEBOOKS / f"{name}.ipynb") for name in names]


@pytest.fixture(scope="module")
def address(chapters: list[Chapter], front: Front, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page of the sample") / "index.html"
    write_page(chapters, front, path)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def shown(browser: Browser, address: str) -> Iterator[Page]:
    """The page, shown once: that alone takes seconds."""
    with new_page(browser, viewport=DESKTOP) as page:
        page.goto(address)
        yield page


@pytest.fixture
def desktop(shown: Page) -> Page:
    """The page on a screen, from its top; what another test has chosen stays."""
    shown.emulate_media(media="screen", color_scheme="light")
    shown.set_viewport_size(DESKTOP)
    shown.evaluate("scrollTo(0, 0)")
    return shown


@pytest.fixture
def fresh(browser: Browser, address: str) -> Iterator[Page]:
    """The page as it opens, nothing chosen, nothing focused."""
    with new_page(browser, viewport=DESKTOP) as page:
        page.goto(address)
        yield page


def _noting(heard: list[Any]) -> Callable[[Any], None]:
    """What Playwright calls: it marks what it is given, as no method of a list can be."""

    def note(event: Any) -> None:
        heard.append(event)

    return note


def test_it_opens_without_a_word_and_asks_nobody(browser: Browser, address: str) -> None:
    said: list[ConsoleMessage] = []
    failed: list[Exception] = []
    asked: list[Request] = []
    with new_page(browser, viewport=DESKTOP) as page:
        page.on("console", _noting(said))
        page.on("pageerror", _noting(failed))
        page.on("request", _noting(asked))
        page.goto(address, wait_until="networkidle")
        followed = page.locator("nav.sidebar a").evaluate_all(
            "links => links.map(each => each.click()).length"
        )
        page.select_option("select[name=statistic]", index=1)
    assert [message.text for message in said] == []
    assert failed == []
    assert followed > 20
    urls = {request.url for request in asked if not request.url.startswith("data:")}
    assert {url.split("#")[0] for url in urls} == {address}


def test_every_image_and_font_is_there(desktop: Page, chapters: list[Chapter]) -> None:
    figures = sum(
        "image/svg+xml" in output.get("data", {})
        for chapter in chapters
        for cell in chapter.notebook.cells
        for output in cell.get("outputs", [])
    )
    boxes = [each.bounding_box() for each in desktop.locator("figure svg").all()]
    assert len(boxes) == figures > 20
    assert all(box and box["width"] > 300 and box["height"] > 60 for box in boxes)
    decoded = "each => { const i = new Image(); i.src = each.href.baseVal; return i.decode(); }"
    for image in desktop.locator("svg image").all():
        image.evaluate(decoded)  # raises where it cannot be
    fonts = desktop.evaluate("document.fonts.ready.then(all => [...all].map(each => each.status))")
    assert fonts == ["loaded"] * 5


def test_the_answer_is_on_the_first_screen(desktop: Page, front: Front) -> None:
    for part in (".findings li", ".verdicts li", ".facts li"):
        for each in desktop.locator(part).all():
            box = each.bounding_box()
            assert box
            assert box["y"] + box["height"] <= DESKTOP["height"]
    assert 2 <= desktop.locator(".findings li").count() == len(front.findings) <= 4


def test_the_contents_lead_there_and_follow_the_reader(
    desktop: Page, chapters: list[Chapter]
) -> None:
    for chapter in chapters:
        desktop.click(f"nav.sidebar a[href='#{chapter.slug}']")
        desktop.wait_for_function(
            "slug => document.querySelector('nav.sidebar [aria-current]')?.hash === '#' + slug",
            arg=chapter.slug,
        )
        box = desktop.locator(f"#{chapter.slug}").bounding_box()
        assert box
        assert 0 <= box["y"] < DESKTOP["height"] / 2


def test_the_last_sections_are_marked_where_the_window_shows_several(
    desktop: Page,
) -> None:
    desktop.set_viewport_size({"width": 1440, "height": 2400})
    for anchor in ("parameters", "explore"):
        desktop.click(f"nav.sidebar a[href='#{anchor}']")
        desktop.wait_for_function(
            "hash => document.querySelector('nav.sidebar [aria-current]')?.hash === hash",
            arg=f"#{anchor}",
        )


def test_choosing_shows_what_was_measured(desktop: Page, front: Front) -> None:
    told = front.values
    place, statistic = len(told["places"]) - 1, 1
    desktop.select_option("select[name=place]", str(place))
    desktop.select_option("select[name=statistic]", str(statistic))
    measured = {row[1]: row for row in told["rows"] if (row[0], row[2]) == (place, statistic)}
    everywhere = [number for number in measured if told["stacks"][number][2]]
    assert _shown(desktop) == [told["stacks"][number][0] for number in everywhere]
    assert len(everywhere) == 3
    value = desktop.locator("table.chosen tbody td").first.inner_text()
    assert float(value.replace(",", "")) == pytest.approx(measured[everywhere[0]][3], rel=0.01)


def test_choosing_works_from_the_keyboard_alone(fresh: Page) -> None:
    first = _shown(fresh)
    fresh.locator("select[name=place]").focus()
    fresh.keyboard.press("End")
    fresh.keyboard.press("Tab")
    fresh.keyboard.press("ArrowDown")
    fresh.keyboard.press("Tab")
    box = fresh.locator("input:focus")
    assert box.is_checked()
    fresh.keyboard.press("Space")
    assert not box.is_checked()
    assert len(_shown(fresh)) == len(first) - 1
    chosen = "each => each.selectedOptions[0].text"
    statistic = fresh.locator("select[name=statistic]").evaluate(chosen)
    assert statistic != "requests per second"
    assert fresh.locator("table.chosen caption").inner_text().startswith(statistic)


def test_code_and_skip_link_open_from_the_keyboard(fresh: Page) -> None:
    fresh.keyboard.press("Tab")
    assert fresh.locator("a:focus").inner_text() == "Skip to the report"
    fresh.keyboard.press("Enter")
    assert fresh.evaluate("location.hash") == "#report"
    code = fresh.locator("details.code").first
    code.locator("summary").focus()
    fresh.keyboard.press("Enter")
    assert code.locator("pre").is_visible()


def _shown(page: Page) -> list[str]:
    return [each.inner_text() for each in page.locator("table.chosen tbody th").all()]


@pytest.mark.parametrize(
    ("screen", "theme", "part"),
    [
        (DESKTOP, "light", {"include": OPENING}),
        pytest.param(DESKTOP, "light", None, marks=pytest.mark.full),
        pytest.param(PHONE, "dark", None, marks=pytest.mark.full),
    ],
    ids=["opening", "desktop", "phone"],
)
def test_axe_finds_nothing_serious(
    browser: Browser, address: str, screen: Any, theme: Any, part: Any
) -> None:
    options = {"resultTypes": ["violations"]}
    with new_page(browser, viewport=screen, color_scheme=theme) as page:
        page.goto(address)
        found = Axe().run(page, context=part, options=options).response["violations"]
    serious = [each for each in found if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in serious] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_and_ink_follow_the_theme(desktop: Page, theme: Any) -> None:
    desktop.emulate_media(color_scheme=theme)
    paper = desktop.evaluate("getComputedStyle(document.body).backgroundColor")
    letters = desktop.evaluate(
        "[...document.querySelectorAll('figure svg:not(:has(image)) text')]"
        ".map(each => getComputedStyle(each).fill)"
    )
    bright = _brightness(paper)
    assert (bright > 0.9) == (theme == "light")
    assert len(letters) > 500
    assert all(abs(_brightness(fill) - bright) > 0.3 for fill in set(letters))


def _brightness(colour: str) -> float:
    red, green, blue = (int(part) for part in colour[4:-1].split(","))
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def test_nothing_overflows_on_a_phone(desktop: Page) -> None:
    desktop.set_viewport_size(PHONE)
    desktop.click("details.inline-contents summary")
    widest = desktop.evaluate("document.documentElement.scrollWidth")
    assert widest <= PHONE["width"]
    wide = desktop.evaluate(
        "[...document.querySelectorAll('main p, main h2, main h3, li, select, figcaption')]"
        ".filter(each => each.getBoundingClientRect().right > innerWidth + 1)"
        ".filter(each => !each.closest('.table, .drawing'))"
        ".map(each => each.textContent.slice(0, 80))"
    )
    assert wide == []


def test_without_scripts_the_report_is_all_there(browser: Browser, address: str) -> None:
    with new_page(browser, java_script_enabled=False) as page:
        page.goto(address)
        assert page.locator("noscript").inner_text()
        assert page.locator("form.choose").is_hidden()
        assert page.locator("figure svg").count() > 20


def test_it_prints_without_what_only_a_screen_can_do(desktop: Page) -> None:
    desktop.emulate_media(media="print")
    for part in ("nav.sidebar", "form.choose", "details.code", "a.data"):
        assert not desktop.locator(part).first.is_visible()
    assert desktop.locator("figure svg").first.is_visible()


def test_it_is_small_enough_to_send(address: str) -> None:
    assert Path(address.removeprefix("file://").replace("%20", " ")).stat().st_size <= 3_000_000
