"""`webtrial compare`: compare two runs."""

from typing import Annotated

import typer

from webtrial.cli.arguments import NOT_PASSED
from webtrial.cli.opened import open_named
from webtrial.system.output import show


def compare(
    before: Annotated[
        str, typer.Argument(metavar="A", help="A run: its folder, or its name in data/runs/.")
    ],
    after: Annotated[str, typer.Argument(metavar="B", help="The run to compare with it.")],
    fail_over: Annotated[
        float | None,
        typer.Option(
            metavar="PERCENT", help="Exit 1 if a stack certainly got worse by more than this."
        ),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> int:
    """Compare two runs: changes, and conclusions of both."""
    from webtrial.results.comparison.page import compare_runs

    found = compare_runs(open_named(before), open_named(after), fail_over)
    show(found.markdown() if markdown else found.text())
    return NOT_PASSED if found.regressed else 0
