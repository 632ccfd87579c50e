"""Attribution as tables."""

from typing import Any

import pandas as pd

from webtrial.results.attribution.estimate import Attribution
from webtrial.results.attribution.text import differing
from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import counted, interval, listed, number, times
from webtrial.results.base.ratio_labels import with_span
from webtrial.stats.frames import rows_of


def attribution_as_table(found: Attribution) -> Table | Prose:
    """The parts of an `attribution`; nothing where there are none, since the figure says why."""
    if found.parts.empty:
        return Prose("")
    rows = [row | _part_text(row) for row in rows_of(with_span(found.parts))]
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


def _part_text(row: dict[str, Any]) -> dict[str, str]:
    low, high = row["smallest"], row["largest"]
    alike = number(low, 3) == number(high, 3)
    return {
        "ratio": times(row["ratio"], row["low"], row["high"]),
        "range": "–" if alike else interval(low, high),
        "rests_on": _rests_on(row),
    }


def _rests_on(row: dict[str, Any]) -> str:
    """`2 steps`, `on all paths A → B`; of the whole –."""
    if row["via"]:
        return f"on all paths {row['via']}"
    return counted(row["steps"], "step") if row["steps"] else "–"


def corners_as_table(found: Attribution) -> Table | Prose:
    """The corners of an `attribution`; nothing where there are none."""
    if found.corners.empty:
        return Prose("")
    pairs = found.corners["title"] + " / " + found.corners["baseline_title"]
    ratios = [times(row["ratio"], row["low"], row["high"]) for row in rows_of(found.corners)]
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


def paths_as_table(found: Attribution) -> Table | Prose:
    """The paths of an `attribution`, each with what its steps change and are worth; nothing where
    a single step is all there is."""
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
