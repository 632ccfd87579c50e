"""Two runs held against each other, as a terminal, a pull request and a notebook show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.analyse.changes import changes, machine_speed, regressions
from webtrial.analyse.compare import METRICS
from webtrial.analyse.differences import differences
from webtrial.analyse.frames import rows_of
from webtrial.analyse.headline import DECIDED, FAILING
from webtrial.analyse.pairs import title_of
from webtrial.analyse.phrases import counted, interval, listed, number, spoken, times
from webtrial.analyse.replication import CONTRADICTED, NEITHER, OUTCOMES, REPLICATES, replication
from webtrial.analyse.show import Prose, Table
from webtrial.analyse.statistics import MINIMUM_BLOCKS, Estimate
from webtrial.errors import ParameterError
from webtrial.runs import Run

_SPOKEN = {"scenario": spoken}
_PLACE = {"scenario": "scenario", "load": "load", "title": "stack"}
_LABELS = {metric.name: metric.label for metric in METRICS}
_SHORT = {"throughput": "requests/s", "p50": "median", "p99": "99th percentile", "cpu": "CPU time"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is said of two runs: paragraphs and tables in their order, each below a heading, and
    whether a stack certainly `regressed` by more than was allowed."""

    title: str
    parts: tuple[tuple[str, Prose | Table], ...]
    regressed: bool

    def markdown(self) -> str:
        """As a pull request shows it: the long table of all changes folded away."""
        parts = [_in_markdown(heading, part) for heading, part in self.parts]
        return "\n\n".join([f"## {self.title}", *parts])

    def text(self) -> str:
        """As a terminal shows it."""
        parts = [f"{heading}\n{_in_text(part)}" for heading, part in self.parts]
        return "\n\n".join([self.title, *parts])


def _in_text(part: Prose | Table) -> str:
    return part.text() if isinstance(part, Table) else part.text.replace("**", "")


def _in_markdown(heading: str, part: Prose | Table) -> str:
    if isinstance(part, Prose):
        return f"### {heading}\n\n{part.text}"
    table = Table(part.frame, "", part.columns, part.formats).markdown()
    if len(part.frame) <= FOLDED_FROM:
        return f"### {heading}\n\n{part.caption}\n\n{table}"
    rows = counted(len(part.frame), "row")
    return (
        f"### {heading}\n\n{part.caption}\n\n<details><summary>{rows}</summary>\n\n{table}"
        "\n\n</details>"
    )


FOLDED_FROM = 12  # rows that a reviewer would scroll past


def compare_runs(before: Run, after: Run, fail_over: float | None = None) -> Comparison:
    """`after` against `before`; where `fail_over` (per cent) is given, what got worse by more than
    that is said first. Raises CompareError where they share nothing, ParameterError where
    `fail_over` is no percentage."""
    if fail_over is not None and not (isfinite(fail_over) and fail_over >= 0):
        raise ParameterError(f"--fail-over {fail_over:g}: give a percentage, 0 or more")
    changed = changes(before, after)
    speed = machine_speed(before, after)
    found = replication(before, after)
    told = differences(before, after)
    parts: list[tuple[str, Prose | Table]] = []
    worse = changed.iloc[:0]
    if fail_over is not None:
        worse = regressions(changed, speed.value, fail_over)
        parts += [("Regressions", regressions_in_words(worse, fail_over))]
    parts += [
        ("Conclusions", replication_in_words(found)),
        ("Not found again", disagreements_as_table(before, found)),
        ("Changes", changes_in_words(changed, speed)),
        ("Each stack", changes_as_table(changed)),
        ("Differences", differences_in_words(told)),
        ("What differs", differences_as_table(told)),
    ]
    shown = tuple(part for part in parts if not _is_empty(part[1]))
    title = f"{after.manifest.id} against {before.manifest.id}"
    return Comparison(title, shown, not worse.empty)


def _is_empty(part: Prose | Table) -> bool:
    return part.frame.empty if isinstance(part, Table) else not part.text


def regressions_in_words(worse: pd.DataFrame, bound_percent: float) -> Prose:
    """Of `regressions`: each that is certain, and what certain means."""
    rule = (
        f"Certain is what holds at the nearer end of the 95 % interval, from {MINIMUM_BLOCKS}"
        " untouched blocks of each run, and after what a slower machine may explain."
    )
    if worse.empty:
        return Prose(f"No stack certainly got worse by more than {bound_percent:g} %. {rule}")
    lines = [f"- {_worse(row)}" for row in rows_of(worse)]
    head = f"**{counted(len(worse), 'figure')} certainly got worse by more than {bound_percent:g} %.**"
    return Prose("\n".join([f"{head} {rule}", "", *lines]))


def _worse(row: dict[str, Any]) -> str:
    return (
        f"{row['title']}, {spoken(row['scenario'])}, {row['load']}: {_LABELS[row['metric']]}"
        f" {number(row['before'], 3)} → {number(row['after'], 3)}"
        f" ({_factor(row)}), worse by at least {number(row['worse'])} %"
    )


def _factor(row: dict[str, Any]) -> str:
    if not isfinite(row["ratio"]):
        return "–"
    span = f" ({interval(row['low'], row['high'])})" if isfinite(row["low"]) else ""
    return f"× {times(row['ratio'], row['low'], row['high'])}{span}"


def replication_in_words(found: pd.DataFrame) -> Prose:
    """Of `replication`: how many verdicts on pairs of stacks hold in both runs, and which are
    contradicted."""
    if found.empty:
        return Prose("The runs share no two stacks that are compared with each other.")
    counts = found["outcome"].value_counts()
    settled = len(found) - int(counts.get(NEITHER, 0))
    if not settled:
        return Prose(
            f"Of {counted(len(found), 'comparison')} of two stacks none is settled in either run."
        )
    told = listed([f"{counts[name]} {name}" for name in OUTCOMES[:-1] if name in counts])
    differ = int((found["size_differs"] & (found["outcome"] == REPLICATES)).sum())
    size = f" Of those that replicate, {differ} differ in size." if differ else ""
    against = found[found["outcome"] == CONTRADICTED]
    loud = " **Contradicted** is the opposite verdict." if len(against) else ""
    return Prose(
        f"Of {counted(len(found), 'comparison')} of two stacks {settled} are settled in at least"
        f" one run: {told}.{size}{loud}"
    )


def disagreements_as_table(run: Run, found: pd.DataFrame) -> Table:
    """Of `replication` what is settled in one run and not, or otherwise, in the other."""
    rows = found[~found["outcome"].isin([REPLICATES, NEITHER])]
    order = rows["outcome"].map(OUTCOMES.index).sort_values(kind="stable").index
    return pairs_as_table(run, rows.loc[order], "Verdicts that were not found again.")


def pairs_as_table(run: Run, found: pd.DataFrame, caption: str) -> Table:
    """Rows of `replication`: the ratio in each run and what became of the verdict."""
    stacks = run.manifest.stacks
    rows = rows_of(found)
    frame = found.assign(
        pair=[f"{title_of(r['stack'], stacks)} / {title_of(r['baseline'], stacks)}" for r in rows],
        what=found["metric"].map(_SHORT),
        first=[_verdict(row, "before") for row in rows],
        second=[_verdict(row, "after") for row in rows],
    )
    columns = {"scenario": "scenario", "load": "load", "pair": "comparison", "what": "of"}
    columns |= {"first": "first run", "second": "second run", "outcome": "so it is"}
    return Table(frame, f"{caption} Ratios with 95 % interval; ? not settled.", columns, _SPOKEN)


def _verdict(row: dict[str, Any], run: str) -> str:
    ratio, low, high = (row[f"{name}_{run}"] for name in ("ratio", "low", "high"))
    if not isfinite(ratio):
        return "–"
    span = f" ({interval(low, high)})" if isfinite(low) else ""
    sign = {"indistinguishable": " =", "inconclusive": " ?"}.get(row[f"verdict_{run}"], "")
    return f"{times(ratio, low, high)}{span}{sign}"


def changes_in_words(changed: pd.DataFrame, speed: Estimate) -> Prose:
    """Of `changes`: how many figures changed, which way, and how fast the machine was."""
    decided = changed[changed["verdict"].isin(DECIDED)]
    better = decided["verdict"] == decided["metric"].map(_BETTER)
    span = f" ({interval(speed.low, speed.high)})" if isfinite(speed.low) else ""
    machine = (
        f"The machine was {times(speed.value, speed.low, speed.high)}{span} times as fast in the"
        " second run, by a fixed piece of work timed around every trial."
        if isfinite(speed.value)
        else "How fast the machine was is not known."
    )
    single = bool((changed[["blocks_before", "blocks_after"]].min(axis=1) <= 1).all())
    said = (
        "One of the runs has one block: no interval, no verdict."
        if single
        else f"Of {counted(len(changed), 'figure')} that both runs have, {int(better.sum())} got"
        f" better and {int((~better).sum())} worse; the others are not shown to have changed."
    )
    return Prose(
        f"{said} {machine} What a whole run met with, such as its hour or its neighbours, is in"
        " these ratios, too: two runs cannot tell it from a change of the stack. Ratios of stacks"
        " to each other, above, are free of what changed all alike."
    )


_BETTER = {metric.name: metric.better for metric in METRICS}


def changes_as_table(changed: pd.DataFrame) -> Table:
    """`changes` with a column per metric: the second run over the first."""
    rows = changed.assign(
        text=[_changed(row) for row in rows_of(changed)], what=changed["metric"].map(_SHORT)
    )
    keys = list(_PLACE)
    wide = rows.pivot_table(index=keys, columns="what", values="text", aggfunc="first", sort=False)
    there = [name for name in _SHORT.values() if name in wide]
    frame = wide[there].fillna("–").reset_index()
    mark = "; ! more requests failed" if rows["text"].str.endswith("!").any() else ""
    return Table(
        frame,
        f"Second run over first (95 % interval; ? not shown to differ from 1{mark}).",
        _PLACE | dict(zip(there, there, strict=True)),
        _SPOKEN,
    )


def _changed(row: dict[str, Any]) -> str:
    if not isfinite(row["ratio"]):
        return "–"
    sure = "" if row["verdict"] in DECIDED else " ?"
    failing = row["failed_after"] > max(FAILING, row["failed_before"])
    return _factor(row).removeprefix("× ") + sure + (" !" if failing else "")


def differences_in_words(told: pd.DataFrame) -> Prose:
    """Of `differences`: whether anything differs that changes what is measured."""
    if told.empty:
        return Prose("The runs say the same of parameters, versions, machine, data and stacks.")
    bearing = told[told["bears"]]
    parts = [f"{count} of {part}" for part, count in told["part"].value_counts(sort=False).items()]
    said = f"The runs differ in {counted(len(told), 'entry').replace('entrys', 'entries')}:"
    named = [f"{row['part']}: {row['name']}" for row in rows_of(bearing)]
    if not named:
        return Prose(f"{said} {listed(parts)}. None changes what is measured in a cell they share.")
    return Prose(
        f"{said} {listed(parts)}. What these change is part of every ratio of the runs:"
        f" {'; '.join(named)}."
    )


def differences_as_table(told: pd.DataFrame) -> Table:
    """`differences`, those first that change what is measured."""
    rows = told.sort_values("bears", ascending=False, kind="stable")
    frame = rows.assign(before=rows["before"].map(_written), after=rows["after"].map(_written))
    columns = {"part": "", "name": "what", "before": "first run", "after": "second run"}
    return Table(frame, "What the runs say differently.", columns)


def _written(value: Any) -> str:
    match value:
        case None:
            return "–"
        case dict():
            return ", ".join(f"{name}: {_written(each)}" for name, each in value.items()) or "none"
        case list() | tuple():
            return ", ".join(map(_written, value)) or "none"
        case float():
            return f"{value:g}"
    return str(value)
