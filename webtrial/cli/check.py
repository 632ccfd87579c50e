"""`webtrial check`: validate the load driver."""

import os

from webtrial.cli.arguments import NOT_PASSED, JsonFile
from webtrial.cli.supervised import is_supervised, run_supervised
from webtrial.system.output import say, show


def check(json: JsonFile = None) -> int:
    """Validate the load driver against servers with known values."""
    if not is_supervised():
        return run_supervised("check", *(["--json", str(json)] if json else []))

    from webtrial.selftest.check import experiments, rows

    found = list(experiments.run(say, os.environ.get("DATABASE_URL")))
    if json:
        json.write_text(rows.as_json(found) + "\n", encoding="utf-8")
    show(rows.as_text(found))
    return 0 if all(row.passed for row in found) else NOT_PASSED
