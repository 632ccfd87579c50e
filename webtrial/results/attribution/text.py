"""The text of an attribution: title, alternative text and caption of its figure, and the finding.

A part that is based on only one step is marked, no factor is given a percentage of the whole, and
matched pairs of stacks with different frameworks are listed beside a part that contains it.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.attribution.estimate import FRAMEWORK, WHOLE, Decomposition
from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import ONE_BLOCK, FigureText, one_block_note
from webtrial.results.base.formatting import (
    format_range,
    interval,
    listed,
    number,
    pluralize,
    rounded,
)
from webtrial.results.base.ratio_labels import ratio_text, undecided_note, with_span
from webtrial.results.base.result import Renderers
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED

BUNDLE = " + "  # separator between factors that cannot be separated
NO_MEAN = "not an average over independent paths, and its interval ignores variation between paths"


def attribution_sentence(result: Decomposition) -> str:
    """Return the finding of an attribution with parts as a sentence, with intervals."""
    return f"{_finding(result, intervals=True)}{one_block_note(result.parts)}."


def _is_single(parts: pd.DataFrame) -> bool:
    return bool((parts["blocks"] <= 1).all())


def _finding(result: Decomposition, *, intervals: bool) -> str:
    """Return the finding; with `intervals` each factor has its interval.

    Example: `A request takes 7.1 times as much CPU time with Django as with FastAPI: × 2.4 from
    data access, …`.
    """
    rows = {row["part"]: row for row in rows_of(result.parts)}
    whole = rows.pop(WHOLE)
    single = _is_single(result.parts)
    if whole["verdict"] not in DECIDED and not single:
        both = f"{result.stack_title} and {result.baseline_title}"
        return f"{both} are not shown to differ in CPU time per request ({whole['reason']})"
    inverted = whole["ratio"] < 1
    costly, cheap = result.stack_title, result.baseline_title
    if inverted:
        costly, cheap = cheap, costly
    factor, span = _factor_and_interval(whole, inverted, intervals)
    text = f"A request takes {factor} times{span} as much CPU time with {costly} as with {cheap}"
    if len(rows) == 1:
        parts = iter([f"{text}{_single_part_text(next(iter(rows.values())))}"])
    else:
        parts = _part_phrases(text, result, list(rows.values()), inverted, intervals, single)
    return "; ".join([*parts, *_corner_phrases(result, inverted, intervals, single)])


def _single_part_text(row: dict[str, Any]) -> str:
    """Return the text for a single part, which equals the whole."""
    if row["factors"] == 1:
        return f"; they differ only in {row['part']}"
    return f"; these factors cannot be separated here: {listed(row['part'].split(BUNDLE))}"


def _part_phrases(
    text: str,
    result: Decomposition,
    rows: list[dict[str, Any]],
    inverted: bool,
    intervals: bool,
    single: bool,
) -> Iterator[str]:
    shown = [row for row in rows if single or row["verdict"] in DECIDED]
    shown.sort(key=lambda row: row["ratio"], reverse=not inverted)
    more = [row for row in shown if (row["ratio"] > 1) != inverted]
    less = [row for row in shown if row not in more]
    texts = {row["part"]: _contribution(row, result, inverted, intervals) for row in shown}
    yield text + (f": {listed([texts[row['part']] for row in more])}" if more else "")
    if less:
        yield f"in the opposite direction {listed([texts[row['part']] for row in less])}"
    if undecided := [row["part"] for row in rows if row not in shown]:
        yield f"undecided: {listed(undecided)}"


def _contribution(
    row: dict[str, Any], result: Decomposition, inverted: bool, intervals: bool
) -> str:
    """Return a part's factor: `× 4.7 from framework via async Django`."""
    if FRAMEWORK not in row["part"].split(BUNDLE) or result.crossing is None:
        route = ""
    elif result.crossing.intermediate:
        route = f" via {result.crossing.intermediate}"
    else:
        route = " (one step)"
    return f"{_signed_factor(row, inverted, intervals)} from {row['part']}{route}"


def _corner_phrases(
    result: Decomposition, inverted: bool, intervals: bool, single: bool
) -> Iterator[str]:
    """Yield what pairs other than the crossing show about the framework.

    Example: `with threads on both sides × 1.8 from framework + server`.
    """
    crossing = result.crossing and (result.crossing.start_title, result.crossing.end_title)
    for row in rows_of(result.corners):
        ends = (row["baseline_title"], row["title"])
        if crossing in (ends, ends[::-1]):
            continue
        source = BUNDLE.join([FRAMEWORK, *_differing_axes(row)])
        where = _concurrency_text(row)
        if single or row["verdict"] in DECIDED:
            yield f"{where} {_signed_factor(row, inverted, intervals)} from {source}"
        else:
            yield f"{where} {source} is undecided"


def _concurrency_text(row: dict[str, Any]) -> str:
    where = row["concurrency"]
    return f"from {where}" if " to " in where else f"with {where} on both sides"


def differences(row: dict[str, Any]) -> list[str]:
    """List the differences between the two stacks of a corner.

    Example: `the framework with its middleware`, …
    """
    own = " with its middleware" if row["middleware"] else ""
    return [f"the {FRAMEWORK}{own}", *(f"the {axis}" for axis in _differing_axes(row))]


def _differing_axes(row: dict[str, Any]) -> list[str]:
    return [axis for axis in row["differs"].split(", ") if axis]


def _signed_factor(row: dict[str, Any], inverted: bool, intervals: bool) -> str:
    """Format a factor with its sign in the direction of the sentence.

    `× 4.7` if it makes requests more expensive, `÷ 2.4` if cheaper; with `intervals`
    `× 4.7 (3.9–5.5)`.
    """
    is_costlier = (row["ratio"] > 1) != inverted
    factor, span = _factor_and_interval(row, row["ratio"] < 1, intervals)
    return f"{'×' if is_costlier else '÷'}\N{NO-BREAK SPACE}{factor}{span}"


def _factor_and_interval(row: dict[str, Any], inverted: bool, intervals: bool) -> tuple[str, str]:
    """Return a ratio and, with `intervals`, its interval in brackets; inverted if `inverted`."""
    ratio, low, high = row["ratio"], row["low"], row["high"]
    if inverted:
        ratio, low, high = 1 / ratio, 1 / high, 1 / low
    if not intervals or not (isfinite(low) and isfinite(high)):
        return number(ratio), ""
    return rounded(ratio, low, high), f" ({interval(low, high)})"


def waterfall_figure_text(result: Decomposition) -> FigureText:
    """Return the figure text of an `attribution` with parts: decided ones, the largest first."""
    parts = result.parts
    part_texts = "; ".join(_part_text(row) for row in rows_of(parts))
    pairs = "; ".join(_corner_text(row) for row in rows_of(result.corners))
    alt = (
        f"CPU-milliseconds of the service per request, log scale: {result.baseline_title}"
        f" {number(result.baseline_ms)}. Parts as factors: {part_texts}."
        + (f" Pairs that differ in the framework: {pairs}." if pairs else "")
    )
    return FigureText(
        _finding(result, intervals=False) + one_block_note(parts), alt, _caption(result)
    )


def _caption(result: Decomposition) -> str:
    parts = result.parts
    counts = result.paths.loc[result.paths["counts"], "path"].nunique()
    excluded = _excluded_paths(result)
    return (
        f"User detail, {result.load}. The bars lead from {result.baseline_title} to"
        f" {result.stack_title} on a log scale: each multiplies the cost above it, and all multiply"
        f" to the whole ratio. {_bars(parts, counts)} Thin line: 95 % interval over blocks; grey"
        " line below: range over the paths. Pale: undecided."
        + (f" {excluded}" if excluded else "")
        + (f" {ONE_BLOCK}" if _is_single(parts) else "")
        + (" Suspect trials are included." if parts["suspect"].any() else "")
    )


def _excluded_paths(result: Decomposition) -> str:
    """Return how many paths do not count and why; "" if all count."""
    excluded = result.paths.loc[~result.paths["counts"], "path"].nunique()
    return (
        f"Excluded: {pluralize(excluded, 'path')} on which factors change together that the others"
        " separate."
        if excluded
        else ""
    )


def _bars(parts: pd.DataFrame, paths: int) -> str:
    """Return what a bar stands for: a mean over paths, or one step that all paths share."""
    if paths == 1:
        return "Bar: the factor on the only path through measured stacks, not a mean over paths."
    shared = listed(parts.loc[~parts["independent"], "part"].tolist())
    text = f"Bar: mean over {paths} paths through measured stacks"
    if not shared:
        return f"{text}."
    return f"{text}; for {shared}, all paths share a step, so the bar is {NO_MEAN}."


def _part_text(row: dict[str, Any]) -> str:
    paths = format_range([row["smallest"], row["largest"]])
    span = f", over paths {paths}" if " to " in paths else ""
    via = f", shared by all paths: {row['via']}" if row["via"] else ""
    return f"{row['part']} {ratio_text(row)}{span}{via}"


def _corner_text(row: dict[str, Any]) -> str:
    """Format a corner: `FastAPI, plain over Flask, plain 0.79 (0.69–0.91)`."""
    return f"{row['title']} over {row['baseline_title']} {ratio_text(row)}"


def parts_table(result: Decomposition) -> Table | Prose:
    """Return the parts of an `attribution`.

    Empty prose if there are none, because the figure already says why.
    """
    if result.parts.empty:
        return Prose("")
    rows = [row | _part_columns(row) for row in rows_of(with_span(result.parts))]
    columns = {"part": "part", "ratio": "ratio", "span": "95 % interval"}
    columns |= {
        "range": "range over paths",
        "rests_on": "rests on",
        "blocks": "blocks",
        "verdict": "verdict",
    }
    return Table(
        pd.DataFrame(rows),
        f"CPU time of the service per request in user detail, {result.stack_title} over"
        f" {result.baseline_title}, at {result.load}. The product of the parts is the whole ratio."
        f" If all paths share a step of a part, the ratio of this part is {NO_MEAN}.",
        columns | {"reason": "reason"},
    )


def _part_columns(row: dict[str, Any]) -> dict[str, str]:
    low, high = row["smallest"], row["largest"]
    is_equal = number(low, 3) == number(high, 3)
    return {
        "ratio": rounded(row["ratio"], row["low"], row["high"]),
        "range": "–" if is_equal else interval(low, high),
        "rests_on": _steps_text(row),
    }


def _steps_text(row: dict[str, Any]) -> str:
    """Format the steps behind a part: `2 steps`, `shared by all paths: A → B`; – for the whole."""
    if row["via"]:
        return f"shared by all paths: {row['via']}"
    return pluralize(row["steps"], "step") if row["steps"] else "–"


def corners_table(result: Decomposition) -> Table | Prose:
    """Return the corners of an `attribution`; empty prose if there are none."""
    if result.corners.empty:
        return Prose("")
    pairs = result.corners["title"] + " / " + result.corners["baseline_title"]
    ratios = [rounded(row["ratio"], row["low"], row["high"]) for row in rows_of(result.corners)]
    differs = [listed(differences(row)) for row in rows_of(result.corners)]
    rows = with_span(result.corners).assign(pair=pairs, ratio=ratios, differs=differs)
    columns = {"pair": "comparison", "concurrency": "concurrency", "differs": "what differs"}
    columns |= {"ratio": "ratio", "span": "95 % interval", "blocks": "blocks"}
    return Table(
        rows,
        f"CPU time of the service per request in user detail at {result.load}, in pairs of stacks"
        " that differ in the framework, and in other choices only if no closer pair was measured.",
        columns | {"verdict": "verdict", "reason": "reason"},
    )


def paths_table(result: Decomposition) -> Table | Prose:
    """Return the paths of an `attribution`, with the change and the factor of each step.

    Empty prose if there is only a single step.
    """
    if len(result.paths) < 2:
        return Prose("")
    rows = [
        {"path": path, "steps": _path_text(steps), "counts": bool(steps["counts"].all())}
        for path, steps in result.paths.groupby("path", sort=False)
    ]
    return Table(
        pd.DataFrame(rows),
        f"Every path from {result.baseline_title} to {result.stack_title} through measured stacks:"
        " the factor by which each step changes CPU time, and what it changes. Only the paths that"
        " separate the most factors count.",
        {"path": "path", "steps": "steps", "counts": "counts"},
    )


def _path_text(steps: pd.DataFrame) -> str:
    texts = [
        f"→ {row['end_title']} (× {number(row['ratio'])}, {row['part']})" for row in rows_of(steps)
    ]
    return " ".join([str(steps["start_title"].iloc[0]), *texts])


def attribution_text(result: Decomposition) -> Prose:
    """Summarise an attribution: paths, parts based on one step, corners, unseparated factors."""
    if result.parts.empty:
        return Prose("")
    several = len(result.parts) > 2  # including the whole
    paths = _path_sentences(result) if several else []
    return Prose(" ".join(filter(None, [*paths, *_corner_sentences(result), result.limitation])))


def _path_sentences(result: Decomposition) -> Iterator[str]:
    stacks = len({*result.paths["start"], *result.paths["end"]})
    paths = result.paths["path"].nunique()
    counts = result.paths.loc[result.paths["counts"], "path"].nunique()
    yield (
        f"{pluralize(paths, 'path')} through {pluralize(stacks, 'measured stack')}"
        f" {'leads' if paths == 1 else 'lead'} from {result.baseline_title} to"
        f" {result.stack_title}."
    )
    yield _excluded_paths(result)
    subject = _subject(counts, paths)
    if crossing := result.crossing:
        via = f" (via {crossing.intermediate})" if crossing.intermediate else ""
        yield (
            f"{subject} change{'s' if counts == 1 else ''} the framework in one step, from"
            f" {crossing.start_title} to {crossing.end_title}{via}. The factor is the"
            f" effect of this step: {NO_MEAN}."
        )
    shared = result.parts[~result.parts["independent"] & (result.parts["via"] != "")]
    others = [row for row in rows_of(shared) if FRAMEWORK not in row["part"]]
    if others and counts > 1:
        steps = [f"{row['part']} ({row['via']})" for row in others]
        yield f"{subject} also share a step that changes {listed(steps)}."


def _subject(counts: int, paths: int) -> str:
    """Return the subject of a sentence about the paths that count."""
    if counts == 1:
        return "It" if paths == 1 else "The other one"
    return "All of them" if counts == paths else "All others"


def _corner_sentences(result: Decomposition) -> Iterator[str]:
    """Yield a sentence per corner.

    Example: `With threads on both sides, FastAPI in threads used 0.56 (0.47–0.68) times the CPU
    time per request of Django, raw SQL; they differ in the framework and the server.`
    """
    for row in rows_of(result.corners):
        where = _concurrency_text(row).capitalize()
        yield (
            f"{where}, {row['title']} used {ratio_text(row)} times the CPU time per request of"
            f" {row['baseline_title']}{undecided_note(row)}; they differ in"
            f" {listed(differences(row))}."
        )


TABLES: Renderers = {
    "parts": lambda result: parts_table(result.decomposition),
    "paths": lambda result: paths_table(result.decomposition),
    "corners": lambda result: corners_table(result.decomposition),
}
TEXTS: Renderers = {"paths_and_corners": lambda result: attribution_text(result.decomposition)}
