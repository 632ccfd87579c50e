"""`webtrial capabilities`: probe what each framework can do."""

import os

from webtrial.cli.supervised import is_supervised, run_supervised
from webtrial.system.output import say, show


def capabilities() -> int | None:
    """Probe the frameworks and write data/capabilities.csv."""
    if not is_supervised():
        return run_supervised("capabilities")

    from webtrial.measure.capabilities.examine import examine
    from webtrial.run import capabilities as findings

    findings.write_findings(examine(os.environ.get("DATABASE_URL"), say))
    show(findings.FILE)
    return None
