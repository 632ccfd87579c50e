"""`webtrial publish`: publish an existing run."""

from typing import Annotated

import typer

from webtrial.cli.arguments import IntoFolder
from webtrial.system.output import say


def publish(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="A run: its folder, or its name in data/runs/. [default: the sample]",
        ),
    ] = None,
    into: IntoFolder = None,
) -> None:
    """Publish an existing run as a folder for any static host."""
    from webtrial.publish import publication
    from webtrial.publish.report import DIST

    publication.publish(publication.run_to_publish(run), say, into or DIST)
