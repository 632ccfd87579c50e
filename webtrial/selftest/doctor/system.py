"""Checks of the system and its programs: Linux, Python, the locale, a browser for tests."""

import locale
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import metadata
from pathlib import Path

from webtrial.selftest.doctor.finding import Finding


def findings() -> Iterator[Finding]:
    """Yield all checks of this module."""
    yield kernel()
    yield python()
    yield text_encoding()
    yield browser()


def kernel(system: str = sys.platform) -> Finding:
    """Whether this is the operating system that measuring needs."""
    if system.startswith("linux"):
        return Finding("ok", "system", f"Linux {platform.release()}")
    remedy = "measure in a container or a virtual machine; runs can be read here"
    return Finding("error", "system", f"{system}, and measuring needs Linux", remedy)


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Whether this Python is new enough."""
    value = f"{platform.python_implementation()} {'.'.join(map(str, version))}"
    needed = metadata("webtrial")["Requires-Python"].removeprefix(">=")
    if version >= tuple(map(int, needed.split("."))):
        return Finding("ok", "Python", value)
    return Finding("error", "Python", value, f"`make ... PYTHON=` one of {needed} or newer")


def text_encoding(encoding: str | None = None) -> Finding:
    """Whether the terminal can show what is printed; files are always UTF-8."""
    found = encoding or locale.getpreferredencoding(do_setlocale=False)
    if found.lower().replace("-", "") == "utf8":
        return Finding("ok", "locale", found)
    remedy = "`export LC_ALL=C.UTF-8`, to see in the terminal what is printed"
    return Finding("note", "locale", found, remedy)


def browser() -> Finding:
    """Whether a browser is available for tests of the page."""
    system, own = shutil.which("chromium"), _of_playwright()
    if system or own:
        return Finding("ok", "browser for tests", system or str(own))
    remedy = "for `make test` alone: `.venv/bin/playwright install chromium`"
    return Finding("note", "browser for tests", "none", remedy)


def _of_playwright() -> Path | None:
    """Return the Chromium that Playwright has installed."""
    told = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    with suppress(RuntimeError):  # a user without a home folder has none there
        folder = Path(told or "~/.cache/ms-playwright").expanduser()
        return next(folder.glob("chromium*"), None)
    return None
