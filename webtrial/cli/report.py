"""`webtrial report`: measure and publish."""

from typing import Annotated

import typer

from webtrial.cli.arguments import NOT_PASSED, IntoFolder
from webtrial.errors import ParameterError
from webtrial.system.linux import is_linux
from webtrial.system.output import say

DEFAULT_PROFILE = "quick"


def report(
    profile: Annotated[
        str | None, typer.Option(help=f"What to measure. [default: {DEFAULT_PROFILE}]")
    ] = None,
    run: Annotated[
        str | None, typer.Option(metavar="RUN", help="Publish this run, measure nothing.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Measure what is missing of this run.")
    ] = None,
    into: IntoFolder = None,
) -> int | None:
    """Measure, execute the notebooks, publish page and PDF."""
    if sum(source is not None for source in (profile, run, resume)) > 1:
        raise ParameterError("--profile, --run and --resume exclude each other: give one of them")
    if not run and not _is_fit_to_measure():
        return NOT_PASSED

    from webtrial.publish import report as reports
    from webtrial.publish.progress import on_terminal

    folder = into or reports.DIST
    if run:
        reports.report_of_run(run, say, folder)
    elif resume:
        reports.report_of_resumed(resume, on_terminal, say, folder)
    else:
        reports.report_of_profile(profile or DEFAULT_PROFILE, on_terminal, say, folder)
    return None


def _is_fit_to_measure() -> bool:
    """Return whether anything can be measured here; print what will interfere.

    On other systems than Linux it returns True, because the measurement itself reports the problem.
    """
    if not is_linux():
        return True

    import shutil

    from webtrial.selftest.doctor.examine import as_text, examine, is_hopeless

    found = [finding for finding in examine() if finding.matters]
    if found:
        say(as_text(found, shutil.get_terminal_size().columns))
    return not is_hopeless(found)
