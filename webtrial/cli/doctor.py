"""`webtrial doctor`: list what will interfere with measuring."""

import shutil

from webtrial.cli.arguments import NOT_PASSED
from webtrial.system.linux import demand_linux
from webtrial.system.output import show


def doctor() -> int:
    """List what will interfere with measuring, with remedies."""
    demand_linux()

    from webtrial.selftest.doctor.examine import as_text, conclusion, examine, is_hopeless

    found = examine()
    show(as_text(found, shutil.get_terminal_size().columns))
    show(conclusion(found))
    return NOT_PASSED if is_hopeless(found) else 0
