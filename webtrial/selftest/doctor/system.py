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
    remedy = "measure in a container or a virtual machine; only reading runs works here"
    return Finding("error", "system", f"{system}, but measuring needs Linux", remedy)


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Whether this Python is new enough."""
    value = f"{platform.python_implementation()} {'.'.join(map(str, version))}"
    needed = metadata("webtrial")["Requires-Python"].removeprefix(">=")
    if version >= tuple(map(int, needed.split("."))):
        return Finding("ok", "Python", value)
    return Finding("error", "Python", value, f"run `make … PYTHON=<path>` with {needed} or newer")


def text_encoding(encoding: str | None = None) -> Finding:
    """Whether the terminal can show what is printed; files are always UTF-8."""
    found = encoding or locale.getpreferredencoding(do_setlocale=False)
    if found.lower().replace("-", "") == "utf8":
        return Finding("ok", "locale", found)
    remedy = "run `export LC_ALL=C.UTF-8`, so the terminal shows all characters"
    return Finding("note", "locale", found, remedy)


def browser() -> Finding:
    """Whether a browser is available for tests of the page."""
    system, installed = shutil.which("chromium"), _playwright_chromium()
    if system or installed:
        return Finding("ok", "browser for tests", system or str(installed))
    remedy = "for `make test` only: run `.venv/bin/playwright install chromium`"
    return Finding("note", "browser for tests", "none", remedy)


def _playwright_chromium() -> Path | None:
    """Return the Chromium that Playwright has installed."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    with suppress(RuntimeError):  # the user may have no home folder
        folder = Path(named or "~/.cache/ms-playwright").expanduser()
        return next(folder.glob("chromium*"), None)
    return None
