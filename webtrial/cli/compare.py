"""`webtrial compare`: compare two runs."""

from typing import Annotated

import typer

from webtrial.cli.arguments import NOT_PASSED
from webtrial.system.output import complain, show


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
    from webtrial.publish.notebook_parameters import find_run
    from webtrial.results.comparison.page import compare_runs

    first, second = find_run(before), find_run(after)
    for each in (first, second):
        if each.damage:
            complain(each.damage_text)
    found = compare_runs(first, second, fail_over)
    show(found.markdown() if markdown else found.text())
    return NOT_PASSED if found.regressed else 0
