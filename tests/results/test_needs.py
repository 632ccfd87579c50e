"""What the analysis needs: read from what it imports."""

import subprocess
import sys

from tests.waiting import LONG_S


def test_the_analysis_needs_neither_the_measuring_nor_the_publishing_side():
    code = """
import importlib, pkgutil, sys
import webtrial.results
for module in pkgutil.walk_packages(webtrial.results.__path__, "webtrial.results."):
    importlib.import_module(module.name)
    print(module.name)
above = [name for name in sys.modules if name.startswith(("webtrial.measure", "webtrial.publish"))]
assert not above, above
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=LONG_S
    )

    assert "webtrial.results.validity.figure" in done.stdout
