"""`webtrial verify`: judge the article's claims by a run."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from webtrial.cli.arguments import RunName, positive
from webtrial.cli.opened import open_named
from webtrial.system.output import show


def verify(
    run: RunName,
    json: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            readable=False,
            help="Write here instead of claims.json in the run's folder.",
        ),
    ] = None,
    p99_limit_ms: Annotated[
        float | None,
        typer.Option(
            metavar="MS",
            parser=positive,
            help="Limit within which 99 % of the requests must be answered.",
        ),
    ] = None,
    assumed_think_time: Annotated[
        float | None,
        typer.Option(
            metavar="S", parser=positive, help="Assumed pause of a user between two requests."
        ),
    ] = None,
) -> None:
    """Judge each of the article's claims by what a run measured."""
    from webtrial.results.claims.context import Limits
    from webtrial.results.claims.evaluate import verify as judge
    from webtrial.results.claims.export import FILE_NAME, as_text, write_verdicts

    judged = open_named(run)
    given = {"p99_limit_ms": p99_limit_ms, "assumed_think_time_s": assumed_think_time}
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    table = judge(judged, limits).table
    written = write_verdicts(table, json or judged.path / FILE_NAME)
    show(as_text(table, shutil.get_terminal_size().columns))
    show(written)
