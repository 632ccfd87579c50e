"""A comparison of two runs, for a terminal or a pull request."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

from webtrial.errors import ParameterError
from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import pluralize
from webtrial.results.comparison.changes import changes, machine_speed, regressions
from webtrial.results.comparison.differences import differences
from webtrial.results.comparison.replication import replication
from webtrial.results.comparison.tables import (
    changes_table,
    differences_table,
    disagreements_table,
    regressions_table,
)
from webtrial.results.comparison.text import (
    changes_text,
    differences_text,
    regressions_text,
    replication_text,
)
from webtrial.run.store import Run

Part = tuple[str, Prose | Table]

FOLDED_FROM = 12
"""In a pull request, tables with more rows than this are collapsed."""


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """The paragraphs and tables of a comparison in order, each below a heading.

    `regressed` says whether a stack certainly got worse by more than allowed.
    """

    title: str
    parts: tuple[Part, ...]
    regressed: bool

    def markdown(self) -> str:
        """Return the page for a pull request."""
        parts = [f"### {heading}\n\n{_in_markdown(part)}" for heading, part in self.parts]
        return "\n\n".join([f"## {self.title}", *parts])

    def text(self) -> str:
        """Return the page for a terminal."""
        parts = [f"{heading}\n\n{_in_text(part)}" for heading, part in self.parts]
        return "\n\n".join([self.title, *parts])


def compare_runs(before: Run, after: Run, fail_over: float | None = None) -> ComparisonPage:
    """Compare `after` with `before`.

    If `fail_over` (per cent) is given, regressions that are certainly larger come first. Raises
    CompareError if the runs have nothing in common, ParameterError if `fail_over` is not a
    percentage.
    """
    if fail_over is not None and not (isfinite(fail_over) and fail_over >= 0):
        raise ParameterError(f"--fail-over {fail_over:g}: use a percentage from 0")
    changed = changes(before, after)
    speed = machine_speed(before, after)
    worse = regressions(changed, speed.value, fail_over if fail_over is not None else float("inf"))
    replicated = replication(before, after)
    differing = differences(before, after)
    parts: list[Part] = [
        ("Conclusions", replication_text(replicated)),
        ("Not replicated", disagreements_table(before, replicated)),
        ("Changes", changes_text(changed, speed)),
        ("Changes by stack", changes_table(changed)),
        ("Differences", differences_text(differing)),
        ("List of differences", differences_table(differing)),
    ]
    if fail_over is not None:
        summary = regressions_text(worse, fail_over)
        regressed = regressions_table(worse)
        parts = [("Regressions", summary), ("List of regressions", regressed), *parts]
    title = f"{after.manifest.id} compared with {before.manifest.id}"
    return ComparisonPage(title, tuple(_nonempty(parts)), not worse.empty)


def _nonempty(parts: list[Part]) -> Iterator[Part]:
    """Yield the parts that have something to show."""
    for heading, part in parts:
        if isinstance(part, Table) or part.text:
            yield heading, part


def _in_text(part: Prose | Table) -> str:
    return part.text() if isinstance(part, Table) else part.text.replace("**", "")


def _in_markdown(part: Prose | Table) -> str:
    """Return a part without pandoc's caption line, which a pull request would show literally."""
    if isinstance(part, Prose):
        return part.text
    table = Table(part.frame, "", part.columns, part.formats).markdown()
    if len(part.frame) <= FOLDED_FROM:
        return f"{part.caption}\n\n{table}"
    summary = f"<summary>{pluralize(len(part.frame), 'row')}</summary>"
    return f"{part.caption}\n\n<details>{summary}\n\n{table}\n\n</details>"
