"""`webtrial serve`: start the three services."""

import os

from webtrial.cli.supervised import is_supervised, run_supervised
from webtrial.system.output import say


def serve() -> int | None:
    """Start the three services for you to try, until Ctrl-C."""
    if not is_supervised():
        return run_supervised("serve")

    from webtrial.measure.serving import serve as serve_all

    serve_all(os.environ.get("DATABASE_URL"), say)
    return None
