"""The choice as a calculation: weighted criteria, how certain the first place is, what changes it.

A framework's total for a project is the weighted mean of its scores. The certainty of the first
place follows only from the run's own intervals: values are drawn from them, and each draw is
ranked. Weights are held fixed meanwhile. They are opinions; the results say how far they would have
to move.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import inf, isfinite, log, nan
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from webtrial.results.choosing.criteria import Criteria, criteria
from webtrial.results.choosing.projects import RECOMMENDED, Weights, weights_of
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import CONFIDENCE, Estimate, spread_of

DRAWS = 10_000
SEED = 1


def scores(measured: Criteria, seed: int = SEED) -> pd.DataFrame:
    """Return how each framework scores on each criterion, the best with 1: a row each.

    Columns: criterion, framework, score, low, high (the middle 95 % of the draws from the run's
    intervals; both equal the score if nothing can vary, NaN if one block has no interval).
    """
    drawn = _drawn(measured, seed)
    unknown = _unreplicated(measured.table)
    rows = [
        (criterion, framework, point, *(ends if criterion not in unknown else (nan, nan)))
        for criterion, points in _points(measured).items()
        for framework, point, ends in zip(
            measured.frameworks, points, _middle(drawn[criterion]), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["criterion", "framework", "score", "low", "high"])


def totals(measured: Criteria, weights: Weights | None = None, seed: int = SEED) -> pd.DataFrame:
    """Return each framework's total for each project: a row each.

    A framework that is the best in every criterion has the total 1. Columns: project, framework,
    total, low, high (as in `scores`), probability (of being first; NaN if a criterion with weight
    has only one block and so no interval), weighed (criteria that count), lacking (those with
    weight that were not measured).
    """
    points, drawn = _points(measured), _drawn(measured, seed)
    rows = [
        dict(zip(("project", "framework"), (project, framework), strict=True)) | row
        for project, weighed, lacking in _weighed(measured, weights)
        for framework, row in _totals(measured, points, drawn, weighed, lacking)
    ]
    return pd.DataFrame(rows, columns=["project", "framework", *_TOTALS])


_TOTALS = ("total", "low", "high", "probability", "weighed", "lacking", "blocks_untouched")


def recommended(
    run: Run,
    weights: Weights | None = None,
    measured: Criteria | None = None,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return the first framework for each kind of project beside the article's: a row each.

    Empty if the run has no stack as deployed.

    Columns: project, first (its framework; missing if nothing with weight was measured), total,
    probability (of being first, by the run's intervals; NaN without any), second, second_total,
    article (the frameworks that it recommends, joined by `or`), agrees (whether first is one of
    them), weighed, lacking (criteria with weight that were measured, that were not),
    blocks_untouched (the fewest behind any figure with weight; inf if none comes from a run).

    `measured` is `criteria(run)` unless given. Raises ParameterError for invalid weights.
    """
    measured = criteria(run) if measured is None else measured
    table = totals(measured, weights, seed)
    parts = table.groupby("project", sort=False)
    rows = [_recommendation(str(project), part) for project, part in parts]
    return pd.DataFrame(rows, columns=["project", *_RECOMMENDED])


_RECOMMENDED = (
    *("first", "total", "probability", "second", "second_total", "article", "agrees"),
    *("weighed", "lacking", "blocks_untouched"),
)


_NO_PLACE: dict[str, Any] = {"framework": None, "total": nan, "probability": nan}


def _recommendation(project: str, part: pd.DataFrame) -> dict[str, Any]:
    known = part.dropna(subset=["total"])
    ranked = rows_of(known.sort_values("total", ascending=False, kind="stable"))
    first, second = [*ranked, _NO_PLACE, _NO_PLACE][:2]
    article = RECOMMENDED[project]
    return {
        "project": project,
        "first": first["framework"],
        "total": first["total"],
        "probability": first["probability"],
        "second": second["framework"],
        "second_total": second["total"],
        "article": " or ".join(article),
        "agrees": first["framework"] in article,
        **{name: part[name].iloc[0] for name in ("weighed", "lacking", "blocks_untouched")},
    }


def moves(measured: Criteria, weights: Weights | None = None) -> pd.DataFrame:
    """Return how far weights must move until another framework draws level: a row per project.

    Columns: project, first, criterion, weight, needed (the weight at which, with all others kept,
    it no longer leads; if there are several, the one nearest to the present weight; NaN if no
    single weight does it), share (that distance as a share of the sum of the project's weights),
    rival (which draws level), moved (the smallest share of that sum that must be taken from some
    criteria and given to others; NaN if the first leads in all), moved_from, moved_to (which),
    moved_rival.

    Scores are those of the table, without their uncertainty; weight may be given to any criterion
    that was measured.
    """
    points = _points(measured)
    rows = [
        {"project": project} | _least_moves(measured.frameworks, points, weighed)
        for project, weighed, _ in _weighed(measured, weights)
    ]
    return pd.DataFrame(rows, columns=["project", *_MOVES])


_MOVES = (
    *("first", "criterion", "weight", "needed", "share", "rival"),
    *("moved", "moved_from", "moved_to", "moved_rival"),
)

Scored = Mapping[str, np.ndarray]  # criterion → scores; the last axis is the framework


def _weighed(
    measured: Criteria, weights: Weights | None
) -> Iterator[tuple[str, dict[str, float], list[str]]]:
    """Yield each project with the weights of measured criteria and the names of the others."""
    criteria_measured = set(measured.table["criterion"])
    for project, each in weights_of(weights).items():
        counts = {name: weight for name, weight in each.items() if weight > 0}
        lacking = [name for name in counts if name not in criteria_measured]
        yield project, {name: counts[name] for name in counts if name in criteria_measured}, lacking


def _totals(
    measured: Criteria, points: Scored, drawn: Scored, weighed: dict[str, float], lacking: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if not measured.frameworks:
        return
    unknown = np.full(len(measured.frameworks), nan)
    is_known = bool(weighed) and not _unreplicated(measured.table) & weighed.keys()
    total = _mean(points, weighed) if weighed else unknown
    spread = _mean(drawn, weighed) if is_known else unknown[None, :]
    first = np.bincount(spread.argmax(axis=1), minlength=len(measured.frameworks)) / len(spread)
    rows = measured.table[measured.table["criterion"].isin(list(weighed))]
    ranges = zip(measured.frameworks, _middle(spread), strict=True)
    for place, (framework, ends) in enumerate(ranges):
        yield (
            framework,
            {
                "total": float(total[place]),
                "low": ends[0],
                "high": ends[1],
                "probability": float(first[place]) if is_known else nan,
                "weighed": ", ".join(weighed),
                "lacking": ", ".join(lacking),
                "blocks_untouched": rows["blocks_untouched"].min() if len(rows) else inf,
            },
        )


def _mean(scored: Scored, weighed: Mapping[str, float]) -> np.ndarray:
    total: np.ndarray = np.sum([weight * scored[name] for name, weight in weighed.items()], axis=0)
    return total / sum(weighed.values())


def _middle(drawn: np.ndarray) -> list[tuple[float, float]]:
    """Return the middle 95 % of each framework's draws."""
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [outside, 1 - outside], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _unreplicated(table: pd.DataFrame) -> set[str]:
    """Return the criteria with a value that should have an interval over blocks but has none."""
    lacks_interval = (table["spread"] == "interval") & table["low"].isna()
    return set(table.loc[lacks_interval, "criterion"])


def _points(measured: Criteria) -> dict[str, np.ndarray]:
    scored = _scored(measured, lambda row: np.array([row["value"]], float))
    return {name: each[0] for name, each in scored.items()}


@lru_cache(maxsize=2)  # scores and all choices of weights use the same draws
def _drawn(measured: Criteria, seed: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return _scored(measured, lambda row: _draws(row, draw))


def _draws(row: Mapping[str, Any], draw: np.random.Generator) -> np.ndarray:
    """Return draws of a value.

    With an interval: Student's t around the value on the log scale. With a range: log-uniform over
    the range. Otherwise: the value itself.
    """
    if row["spread"] == "range":
        return np.exp(draw.uniform(log(row["low"]), log(row["high"]), DRAWS))
    if row["spread"] == "none" or not isfinite(row["low"]):
        return np.full(DRAWS, row["value"], float)
    estimate = Estimate(row["value"], row["low"], row["high"], row["blocks"])
    offset = spread_of(estimate) * draw.standard_t(row["blocks"] - 1, DRAWS)
    # With one degree of freedom draws are unbounded, and exp(800) overflows a float.
    return np.exp(log(row["value"]) + np.clip(offset, -MAX_OFFSET, MAX_OFFSET))


MAX_OFFSET = 20.0


def _scored(
    measured: Criteria, values: Callable[[dict[str, Any]], np.ndarray]
) -> dict[str, np.ndarray]:
    """Return the mean score of each criterion's parts: an array of draws × frameworks."""
    return {
        str(criterion): np.mean(
            [
                _relative(_by_framework(measured, part, values), str(part["better"].iloc[0]))
                for _, part in rows.groupby("part", sort=False)
            ],
            axis=0,
        )
        for criterion, rows in measured.table.groupby("criterion", sort=False)
    }


def _by_framework(
    measured: Criteria, part: pd.DataFrame, values: Callable[[dict[str, Any]], np.ndarray]
) -> np.ndarray:
    arrays = {row["framework"]: values(row) for row in rows_of(part)}
    return np.stack([arrays[name] for name in measured.frameworks], axis=-1)


def _relative(values: np.ndarray, better: str) -> np.ndarray:
    """Return each value relative to the best, which scores 1; the others score less."""
    scored = np.ones_like(values)
    if better == "higher":
        np.divide(values, values.max(axis=-1, keepdims=True), out=scored)
    else:
        np.divide(values.min(axis=-1, keepdims=True), values, out=scored, where=values > 0)
    return scored


def _least_moves(
    frameworks: Sequence[str], points: Scored, weighed: Mapping[str, float]
) -> dict[str, Any]:
    """Return the row of `moves` for one project."""
    if not weighed or len(frameworks) < 2:
        return _NO_MOVE | {"first": frameworks[0] if weighed and frameworks else None}
    lead = int(_mean(points, weighed).argmax())
    names = list(points)
    weights = np.array([weighed.get(name, 0.0) for name in names])
    leads = {  # by rival: the lead of the first over it, per criterion
        rival: np.array([points[name][lead] - points[name][place] for name in names])
        for place, rival in enumerate(frameworks)
        if place != lead
    }
    singles = [each for rival, ahead in leads.items() for each in _single(rival, weights, ahead)]
    shifts = [each for rival, ahead in leads.items() for each in _shift(rival, weights, ahead)]
    row = _NO_MOVE | {"first": frameworks[lead]}
    if singles:
        share, place, needed, rival = min(singles)
        row |= {"criterion": names[place], "weight": weights[place], "needed": needed}
        row |= {"share": share, "rival": rival}
    if shifts:
        moved, rival, change = min(shifts, key=lambda shift: shift[0])
        row |= {"moved": moved, "moved_rival": rival}
        row["moved_from"] = ", ".join(np.array(names)[change < -TOLERANCE])
        row["moved_to"] = ", ".join(np.array(names)[change > TOLERANCE])
    return row


_NO_MOVE: dict[str, Any] = {
    **{"first": None, "criterion": "", "weight": nan, "needed": nan, "share": nan, "rival": ""},
    **{"moved": nan, "moved_from": "", "moved_to": "", "moved_rival": ""},
}
TOLERANCE = 1e-9  # solver tolerance for weights that it does not move


def _single(
    rival: str, weights: np.ndarray, ahead: np.ndarray
) -> Iterator[tuple[float, int, float, str]]:
    """Yield the weight that a single criterion needs for the rival to draw level.

    Criteria that cannot do it alone are skipped. Each item is the distance as a share of all
    weights, the criterion's index, the weight needed, and the rival.
    """
    margin = float(weights @ ahead)
    for place, slope in enumerate(ahead):
        needed = weights[place] - margin / slope if slope else nan
        others = weights.sum() - weights[place]
        if needed >= 0 and others + needed > 0:
            yield abs(needed - weights[place]) / weights.sum(), place, float(needed), rival


def _shift(
    rival: str, weights: np.ndarray, ahead: np.ndarray
) -> Iterator[tuple[float, str, np.ndarray]]:
    """Yield the smallest shift of weight between criteria that lets the rival draw level.

    It is the shifted share of all weight, the rival, and the change of each weight, from a linear
    programme over the weight given to and taken from each criterion. Nothing if no weights do.
    """
    count = len(weights)
    solved = linprog(
        np.repeat([1.0, 0.0], count),
        A_ub=np.concatenate([ahead, -ahead])[None, :],
        b_ub=[-float(weights @ ahead)],
        A_eq=np.repeat([1.0, -1.0], count)[None, :],
        b_eq=[0.0],
        bounds=[(0, None)] * count + [(0, weight) for weight in weights],
    )
    if solved.success and solved.x is not None:
        yield solved.fun / weights.sum(), rival, solved.x[:count] - solved.x[count:]
