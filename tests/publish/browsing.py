"""A real browser, driven by tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.waiting import LIMIT_S


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium where there is one, else Playwright's own."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, timeout=LIMIT_S * 1e3)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def new_page(browser: Browser, **context: Any) -> Iterator[Page]:
    """A page in a context of its own, which may be slow."""
    with browser.new_context(**context) as own:
        own.set_default_timeout(LIMIT_S * 1e3)
        yield own.new_page()
