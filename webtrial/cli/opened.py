"""Open the runs that commands name."""

from typing import TYPE_CHECKING

from webtrial.system.output import complain

if TYPE_CHECKING:
    from webtrial.run.store import Run


def open_named(name: str) -> "Run":
    """Return a run by its folder or name, and say which of its files are damaged."""
    from webtrial.publish.notebook_parameters import find_run

    run = find_run(name)
    if run.damage:
        complain(run.damage_text)
    return run
