"""The text of an attribution: title, alternative text and caption of its figure, and the finding.

A part that is based on only one step is marked, no factor is given a percentage of the whole, and
pairs that differ only in the framework are listed beside a part that contains it.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.attribution.estimate import FRAMEWORK, WHOLE, Decomposition
from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import ONE_BLOCK, FigureText, one_block_note
from webtrial.results.base.formatting import (
    counted,
    format_range,
    interval,
    listed,
    number,
    rounded,
)
from webtrial.results.base.ratio_labels import ratio_text, undecided_note, with_span
from webtrial.results.base.result import Shows
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED

BUNDLE = " + "  # separator between factors that cannot be separated


def cause(found: Decomposition) -> str:
    """Return the finding of an attribution with parts as a sentence, with intervals."""
    return f"{_finding(found, spans=True)}{one_block_note(found.parts)}."


def _is_single(parts: pd.DataFrame) -> bool:
    return bool((parts["blocks"] <= 1).all())


def _finding(found: Decomposition, *, spans: bool) -> str:
    """Return the finding; with `spans` each factor has its interval.

    Example: `A request costs Django 7.1 times the CPU time of FastAPI: × 2.4 by data access, …`.
    """
    rows = {row["part"]: row for row in rows_of(found.parts)}
    whole = rows.pop(WHOLE)
    single = _is_single(found.parts)
    if whole["verdict"] not in DECIDED and not single:
        both = f"{found.stack_title} and {found.baseline_title}"
        return f"{both} are not shown to differ in CPU time per request ({whole['reason']})"
    turned = whole["ratio"] < 1
    dear, cheap = found.stack_title, found.baseline_title
    if turned:
        dear, cheap = cheap, dear
    factor, span = _factor(whole, turned, spans)
    said = f"A request costs {dear} {factor} times{span} the CPU time of {cheap}"
    if len(rows) == 1:
        parts = iter([f"{said}{_only(next(iter(rows.values())))}"])
    else:
        parts = _parts(said, found, list(rows.values()), turned, spans, single)
    return "; ".join([*parts, *_beside(found, turned, spans, single)])


def _only(row: dict[str, Any]) -> str:
    """Return the text for a single part, which equals the whole."""
    if row["factors"] == 1:
        return f"; they differ in {row['part']} alone"
    return f"; cannot be told apart here: {listed(row['part'].split(BUNDLE))}"


def _parts(
    said: str,
    found: Decomposition,
    rows: list[dict[str, Any]],
    turned: bool,
    spans: bool,
    single: bool,
) -> Iterator[str]:
    shown = [row for row in rows if single or row["verdict"] in DECIDED]
    shown.sort(key=lambda row: row["ratio"], reverse=not turned)
    more = [row for row in shown if (row["ratio"] > 1) != turned]
    less = [row for row in shown if row not in more]
    told = {row["part"]: _by(row, found, turned, spans) for row in shown}
    yield said + (f": {listed([told[row['part']] for row in more])}" if more else "")
    if less:
        yield f"the other way {listed([told[row['part']] for row in less])}"
    if undecided := [row["part"] for row in rows if row not in shown]:
        yield f"not decided: {listed(undecided)}"


def _by(row: dict[str, Any], found: Decomposition, turned: bool, spans: bool) -> str:
    """Return a part's factor: `× 4.7 by framework with async Django as the way over`."""
    if FRAMEWORK not in row["part"].split(BUNDLE) or found.crossing is None:
        over = ""
    elif found.crossing.way_over:
        over = f" with {found.crossing.way_over} as the way over"
    else:
        over = " (one step only)"
    return f"{_sign(row, turned, spans)} by {row['part']}{over}"


def _beside(found: Decomposition, turned: bool, spans: bool, single: bool) -> Iterator[str]:
    """Yield what pairs other than the crossing show about the framework.

    Example: `with threads on both sides × 1.8 by framework + server`.
    """
    crossing = found.crossing and (found.crossing.start_title, found.crossing.end_title)
    for row in rows_of(found.corners):
        ends = (row["baseline_title"], row["title"])
        if crossing in (ends, ends[::-1]):
            continue
        by = BUNDLE.join([FRAMEWORK, *_axes(row)])
        where = row["concurrency"]
        where = f"from {where}" if " to " in where else f"with {where} on both sides"
        if single or row["verdict"] in DECIDED:
            yield f"{where} {_sign(row, turned, spans)} by {by}"
        else:
            yield f"{where} {by} is not decided"


def differing(row: dict[str, Any]) -> list[str]:
    """List the differences between the two stacks of a corner.

    Example: `the framework with its middleware`, …
    """
    own = " with its middleware" if row["middleware"] else ""
    return [f"the {FRAMEWORK}{own}", *(f"the {axis}" for axis in _axes(row))]


def _axes(row: dict[str, Any]) -> list[str]:
    return [axis for axis in row["differs"].split(", ") if axis]


def _sign(row: dict[str, Any], turned: bool, spans: bool) -> str:
    """Format a factor with its sign in the direction of the sentence.

    `× 4.7` if it makes requests more expensive, `÷ 2.4` if cheaper; with `spans` `× 4.7 (3.9–5.5)`.
    """
    dearer = (row["ratio"] > 1) != turned
    factor, span = _factor(row, row["ratio"] < 1, spans)
    return f"{'×' if dearer else '÷'}\N{NO-BREAK SPACE}{factor}{span}"


def _factor(row: dict[str, Any], turned: bool, spans: bool) -> tuple[str, str]:
    """Return a ratio and, with `spans`, its interval in brackets; inverted if `turned`."""
    ratio, low, high = row["ratio"], row["low"], row["high"]
    if turned:
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    if not spans or not (isfinite(low) and isfinite(high)):
        return number(ratio), ""
    return rounded(ratio, low, high), f" ({interval(low, high)})"


def waterfall_figure_text(found: Decomposition) -> FigureText:
    """Return the figure text of an `attribution` with parts: decided ones, the largest first."""
    parts = found.parts
    told = "; ".join(_part_text(row) for row in rows_of(parts))
    beside = "; ".join(_corner_text(row) for row in rows_of(found.corners))
    alt = (
        f"CPU-milliseconds of the service per request, log scale: {found.baseline_title}"
        f" {number(found.baseline_ms)}. Parts as factors: {told}."
        + (f" Pairs that differ in the framework: {beside}." if beside else "")
    )
    return FigureText(_finding(found, spans=False) + one_block_note(parts), alt, _caption(found))


def _caption(found: Decomposition) -> str:
    parts = found.parts
    counts = found.paths.loc[found.paths["counts"], "path"].nunique()
    others = found.paths["path"].nunique() - counts
    left_out = f" {counted(others, 'path')} more change at once what these tell apart: left out."
    return (
        f"User detail, {found.load}. From {found.baseline_title} to {found.stack_title} each bar"
        " multiplies the one above it, on a log scale; all bars multiply to the whole."
        f" {_bars(parts, counts)} Thin line: 95 % interval over blocks; grey below: range over the"
        " paths. Pale: not decided."
        + (left_out if others else "")
        + (f" {ONE_BLOCK}" if _is_single(parts) else "")
        + (" Suspect trials are part of it." if parts["suspect"].any() else "")
    )


def _bars(parts: pd.DataFrame, paths: int) -> str:
    """Return what a bar stands for: a mean over paths, or one step that all paths share."""
    if paths == 1:
        return "Bar: the factor on the only path through measured stacks, no mean over ways."
    shared = listed(parts.loc[~parts["independent"], "part"].tolist())
    said = f"Bar: mean over {paths} paths through measured stacks"
    if not shared:
        return f"{said}."
    return f"{said}; {shared}: all paths share a step, so this is no mean over different ways."


def _part_text(row: dict[str, Any]) -> str:
    paths = format_range([row["smallest"], row["largest"]])
    ranging = f", over paths {paths}" if " to " in paths else ""
    via = f", on all paths {row['via']}" if row["via"] else ""
    return f"{row['part']} {ratio_text(row)}{ranging}{via}"


def _corner_text(row: dict[str, Any]) -> str:
    """Format a corner: `FastAPI, plain over Flask, plain 0.79 (0.69–0.91)`."""
    return f"{row['title']} over {row['baseline_title']} {ratio_text(row)}"


def parts_table(found: Decomposition) -> Table | Prose:
    """Return the parts of an `attribution`.

    Empty prose if there are none, because the figure already says why.
    """
    if found.parts.empty:
        return Prose("")
    rows = [row | _part_columns(row) for row in rows_of(with_span(found.parts))]
    columns = {"part": "part", "ratio": "ratio", "span": "95 % interval", "range": "over paths"}
    columns |= {"rests_on": "rests on", "blocks": "blocks", "verdict": "verdict"}
    return Table(
        pd.DataFrame(rows),
        f"CPU time of the service per request of user detail, {found.stack_title} over"
        f" {found.baseline_title}, at {found.load}. Ratios multiply to the whole. A part that rests"
        " on steps which all paths share is no mean over different ways, and its interval does not"
        " cover what others would show.",
        columns | {"reason": "because"},
    )


def _part_columns(row: dict[str, Any]) -> dict[str, str]:
    low, high = row["smallest"], row["largest"]
    alike = number(low, 3) == number(high, 3)
    return {
        "ratio": rounded(row["ratio"], row["low"], row["high"]),
        "range": "–" if alike else interval(low, high),
        "rests_on": _rests_on(row),
    }


def _rests_on(row: dict[str, Any]) -> str:
    """Format the steps behind a part: `2 steps`, `on all paths A → B`; – for the whole."""
    if row["via"]:
        return f"on all paths {row['via']}"
    return counted(row["steps"], "step") if row["steps"] else "–"


def corners_table(found: Decomposition) -> Table | Prose:
    """Return the corners of an `attribution`; empty prose if there are none."""
    if found.corners.empty:
        return Prose("")
    pairs = found.corners["title"] + " / " + found.corners["baseline_title"]
    ratios = [rounded(row["ratio"], row["low"], row["high"]) for row in rows_of(found.corners)]
    differs = [listed(differing(row)) for row in rows_of(found.corners)]
    rows = with_span(found.corners).assign(pair=pairs, ratio=ratios, differs=differs)
    columns = {"pair": "comparison", "concurrency": "concurrency", "differs": "what differs"}
    columns |= {"ratio": "ratio", "span": "95 % interval", "blocks": "blocks"}
    return Table(
        rows,
        "CPU time of the service per request of user detail in pairs of stacks that differ in the"
        f" framework and otherwise only where no such pair was measured, at {found.load}.",
        columns | {"verdict": "verdict", "reason": "because"},
    )


def paths_table(found: Decomposition) -> Table | Prose:
    """Return the paths of an `attribution`, with the change and the factor of each step.

    Empty prose if there is only a single step.
    """
    if len(found.paths) < 2:
        return Prose("")
    rows = [
        {"path": number_, "steps": _walked(steps), "counts": bool(steps["counts"].all())}
        for number_, steps in found.paths.groupby("path", sort=False)
    ]
    return Table(
        pd.DataFrame(rows),
        f"Every path from {found.baseline_title} to {found.stack_title} through stacks that were"
        " measured: the factor by which each step changes CPU time, and what it changes. Only paths"
        " that tell apart the most count.",
        {"path": "path", "steps": "steps", "counts": "counts"},
    )


def _walked(steps: pd.DataFrame) -> str:
    onwards = [
        f"→ {row['end_title']} (× {number(row['ratio'])}, {row['part']})" for row in rows_of(steps)
    ]
    return " ".join([str(steps["start_title"].iloc[0]), *onwards])


def attribution_text(found: Decomposition) -> Prose:
    """Summarise an attribution: paths, parts based on one step, corners, unseparated factors."""
    if found.parts.empty:
        return Prose("")
    several = len(found.parts) > 2  # not counting the whole
    said = [*(_paths_told(found) if several else []), *_corners_told(found), found.lacking]
    return Prose(" ".join(filter(None, said)))


def _paths_told(found: Decomposition) -> Iterator[str]:
    stacks = len({*found.paths["start"], *found.paths["end"]})
    counts = found.paths.loc[found.paths["counts"], "path"].nunique()
    yield (
        f"{counted(counts, 'path')} through {counted(stacks, 'measured stack')}"
        f" {'leads' if counts == 1 else 'lead'} from {found.baseline_title} to"
        f" {found.stack_title}."
    )
    if over := found.crossing:
        way = f", with {over.way_over} as the way over" if over.way_over else ""
        yield (
            f"{'It changes' if counts == 1 else 'All of them change'} the framework in one step,"
            f" from {over.start_title} to {over.end_title}{way}: the factor is that of this step,"
            " no mean over different ways, and its interval does not cover what other ways would"
            " show."
        )
    alone = found.parts[~found.parts["independent"] & (found.parts["via"] != "")]
    others_alone = [row for row in rows_of(alone) if FRAMEWORK not in row["part"]]
    if others_alone and counts > 1:
        steps = [f"{row['part']} ({row['via']})" for row in others_alone]
        yield f"All of them also share a step that changes {listed(steps)}."
    if others := found.paths["path"].nunique() - counts:
        yield f"{counted(others, 'path')} more would bundle what these tell apart."


def _corners_told(found: Decomposition) -> Iterator[str]:
    """Yield a sentence per corner.

    Example: `With threads on both sides FastAPI in threads took 0.56 (0.47–0.68) times the CPU time
    per request of Django, raw SQL; what differs is the framework and the server.`
    """
    for row in rows_of(found.corners):
        where = row["concurrency"]
        where = f"From {where}" if " to " in where else f"With {where} on both sides"
        yield (
            f"{where} {row['title']} took {ratio_text(row)} times the CPU time per request of"
            f" {row['baseline_title']}{undecided_note(row)}; what differs is"
            f" {listed(differing(row))}."
        )


TABLES: Shows = {
    "parts": lambda found: parts_table(found.found),
    "paths": lambda found: paths_table(found.found),
    "corners": lambda found: corners_table(found.found),
}
TEXTS: Shows = {"paths_and_corners": lambda found: attribution_text(found.found)}
