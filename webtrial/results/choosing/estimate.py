"""The choice as a calculation: criteria weighed, how sure the first place is, what would change it.

A framework's total for a project is the mean of its scores, weighted. How sure the first place is
follows from the run's own intervals alone: values are drawn from them, and each draw is ranked.
Weights are held fixed meanwhile. They are opinions; how far they must move is said beside it.
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


def scores(found: Criteria, seed: int = SEED) -> pd.DataFrame:
    """How each framework does by each criterion, the best scoring 1: a row each.

    Columns: criterion, framework, score, low, high (the middle 95 % of what the run's intervals
    allow; both the score where they allow nothing else, NaN where one block has no interval).
    """
    drawn = _drawn(found, seed)
    unknown = _unreplicated(found.table)
    rows = [
        (criterion, framework, point, *(ends if criterion not in unknown else (nan, nan)))
        for criterion, points in _points(found).items()
        for framework, point, ends in zip(
            found.frameworks, points, _middle(drawn[criterion]), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["criterion", "framework", "score", "low", "high"])


def totals(found: Criteria, weights: Weights | None = None, seed: int = SEED) -> pd.DataFrame:
    """What each framework reaches for each project, 1 if it were the best in all: a row each.

    Columns: project, framework, total, low, high (as in `scores`), probability (of being first;
    NaN where a criterion with weight has one block only and so no interval), weighed (criteria
    that count), lacking (those with weight that were not measured).
    """
    points, drawn = _points(found), _drawn(found, seed)
    rows = [
        dict(zip(("project", "framework"), (project, framework), strict=True)) | row
        for project, weighed, lacking in _weighed(found, weights)
        for framework, row in _totals(found, points, drawn, weighed, lacking)
    ]
    return pd.DataFrame(rows, columns=["project", "framework", *_TOTALS])


_TOTALS = ("total", "low", "high", "probability", "weighed", "lacking", "blocks_untouched")


def recommended(
    run: Run,
    weights: Weights | None = None,
    found: Criteria | None = None,
    seed: int = SEED,
) -> pd.DataFrame:
    """Which framework comes first for each kind of project, beside the article's: a row each; none
    where the run has no stack as deployed.

    Columns: project, first (its framework; missing where nothing with weight was measured), total,
    probability (of being first, by the run's intervals; NaN without any), second, second_total,
    article (the frameworks that it recommends, joined by `or`), agrees (whether first is one of
    them), weighed, lacking (criteria with weight that were measured, that were not),
    blocks_untouched (the fewest behind any figure with weight; inf where none is of a run).

    `found` is `criteria(run)` unless given. Raises ParameterError for weights that cannot be.
    """
    found = criteria(run) if found is None else found
    table = totals(found, weights, seed)
    rows = [_placed(str(project), part) for project, part in table.groupby("project", sort=False)]
    return pd.DataFrame(rows, columns=["project", *_RECOMMENDED])


_RECOMMENDED = (
    *("first", "total", "probability", "second", "second_total", "article", "agrees"),
    *("weighed", "lacking", "blocks_untouched"),
)


_NOBODY: dict[str, Any] = {"framework": None, "total": nan, "probability": nan}


def _placed(project: str, part: pd.DataFrame) -> dict[str, Any]:
    known = part.dropna(subset=["total"])
    ranked = rows_of(known.sort_values("total", ascending=False, kind="stable"))
    first, second = [*ranked, _NOBODY, _NOBODY][:2]
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


def moves(found: Criteria, weights: Weights | None = None) -> pd.DataFrame:
    """How far weights must move until another framework draws level: a row per project.

    Columns: project, first, criterion, weight, needed (the weight at which, all others kept, it no
    longer leads; of all such the one nearest to the present, NaN where no single weight does it),
    share (how far that is, of the sum of the project's weights), rival (who draws level), moved
    (the least share of that sum that must be taken from some criteria and given to others; NaN
    where the first leads in all), moved_from, moved_to (which), moved_rival.

    Scores are those of the table, without their uncertainty; weight may be given to any criterion
    that was measured.
    """
    points = _points(found)
    rows = [
        {"project": project} | _nearest(found.frameworks, points, weighed)
        for project, weighed, _ in _weighed(found, weights)
    ]
    return pd.DataFrame(rows, columns=["project", *_MOVES])


_MOVES = (
    *("first", "criterion", "weight", "needed", "share", "rival"),
    *("moved", "moved_from", "moved_to", "moved_rival"),
)

Scored = Mapping[str, np.ndarray]  # criterion → scores, the last axis the frameworks


def _weighed(
    found: Criteria, weights: Weights | None
) -> Iterator[tuple[str, dict[str, float], list[str]]]:
    """Each project with the weights of what was measured, and the names of what was not."""
    there = set(found.table["criterion"])
    for project, each in weights_of(weights).items():
        counts = {name: weight for name, weight in each.items() if weight > 0}
        lacking = [name for name in counts if name not in there]
        yield project, {name: counts[name] for name in counts if name in there}, lacking


def _totals(
    found: Criteria, points: Scored, drawn: Scored, weighed: dict[str, float], lacking: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    if not found.frameworks:
        return
    of_none = np.full(len(found.frameworks), nan)
    is_known = bool(weighed) and not _unreplicated(found.table) & weighed.keys()
    total = _mean(points, weighed) if weighed else of_none
    spread = _mean(drawn, weighed) if is_known else of_none[None, :]
    first = np.bincount(spread.argmax(axis=1), minlength=len(found.frameworks)) / len(spread)
    rows = found.table[found.table["criterion"].isin(list(weighed))]
    for place, (framework, ends) in enumerate(zip(found.frameworks, _middle(spread), strict=True)):
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
    """The middle 95 % of each framework's draws."""
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [outside, 1 - outside], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def _unreplicated(table: pd.DataFrame) -> set[str]:
    """The criteria with a figure that should have an interval over blocks and has none."""
    bare = (table["spread"] == "interval") & table["low"].isna()
    return set(table.loc[bare, "criterion"])


def _points(found: Criteria) -> dict[str, np.ndarray]:
    scored = _scored(found, lambda row: np.array([row["value"]], float))
    return {name: each[0] for name, each in scored.items()}


@lru_cache(maxsize=2)  # scores and every choice of weights are told from the same draws
def _drawn(found: Criteria, seed: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    return _scored(found, lambda row: _draws(row, draw))


def _draws(row: Mapping[str, Any], draw: np.random.Generator) -> np.ndarray:
    """What a figure may be: Student's t about it on the log scale, where it has an interval; any
    value of its range, where it has that; itself otherwise."""
    if row["spread"] == "range":
        return np.exp(draw.uniform(log(row["low"]), log(row["high"]), DRAWS))
    if row["spread"] == "none" or not isfinite(row["low"]):
        return np.full(DRAWS, row["value"], float)
    estimate = Estimate(row["value"], row["low"], row["high"], row["blocks"])
    away = spread_of(estimate) * draw.standard_t(row["blocks"] - 1, DRAWS)
    # One degree of freedom draws without bounds, and e to the power of 800 is no float.
    return np.exp(log(row["value"]) + np.clip(away, -FARTHEST, FARTHEST))


FARTHEST = 20.0


def _scored(
    found: Criteria, values: Callable[[dict[str, Any]], np.ndarray]
) -> dict[str, np.ndarray]:
    """Of each criterion the mean of its parts' scores: an array of draws × frameworks."""
    return {
        str(criterion): np.mean(
            [
                _relative(_side_by_side(found, part, values), str(part["better"].iloc[0]))
                for _, part in rows.groupby("part", sort=False)
            ],
            axis=0,
        )
        for criterion, rows in found.table.groupby("criterion", sort=False)
    }


def _side_by_side(
    found: Criteria, part: pd.DataFrame, values: Callable[[dict[str, Any]], np.ndarray]
) -> np.ndarray:
    by_framework = {row["framework"]: values(row) for row in rows_of(part)}
    return np.stack([by_framework[name] for name in found.frameworks], axis=-1)


def _relative(values: np.ndarray, better: str) -> np.ndarray:
    """Each over the best, so that it is 1 and the others less."""
    scored = np.ones_like(values)
    if better == "higher":
        np.divide(values, values.max(axis=-1, keepdims=True), out=scored)
    else:
        np.divide(values.min(axis=-1, keepdims=True), values, out=scored, where=values > 0)
    return scored


def _nearest(
    frameworks: Sequence[str], points: Scored, weighed: Mapping[str, float]
) -> dict[str, Any]:
    """What `moves` says of one project."""
    if not weighed or len(frameworks) < 2:
        return _NOWHERE | {"first": frameworks[0] if weighed and frameworks else None}
    lead = int(_mean(points, weighed).argmax())
    names = list(points)
    weights = np.array([weighed.get(name, 0.0) for name in names])
    leads = {  # by rival: how far the first is ahead of it, criterion by criterion
        rival: np.array([points[name][lead] - points[name][place] for name in names])
        for place, rival in enumerate(frameworks)
        if place != lead
    }
    singles = [each for rival, ahead in leads.items() for each in _single(rival, weights, ahead)]
    shifts = [each for rival, ahead in leads.items() for each in _shift(rival, weights, ahead)]
    row = _NOWHERE | {"first": frameworks[lead]}
    if singles:
        share, place, needed, rival = min(singles)
        row |= {"criterion": names[place], "weight": weights[place], "needed": needed}
        row |= {"share": share, "rival": rival}
    if shifts:
        moved, rival, change = min(shifts, key=lambda shift: shift[0])
        row |= {"moved": moved, "moved_rival": rival}
        row["moved_from"] = ", ".join(np.array(names)[change < -SMALLEST])
        row["moved_to"] = ", ".join(np.array(names)[change > SMALLEST])
    return row


_NOWHERE: dict[str, Any] = {
    **{"first": None, "criterion": "", "weight": nan, "needed": nan, "share": nan, "rival": ""},
    **{"moved": nan, "moved_from": "", "moved_to": "", "moved_rival": ""},
}
SMALLEST = 1e-9  # what the solver may leave of a weight that it does not move


def _single(
    rival: str, weights: np.ndarray, ahead: np.ndarray
) -> Iterator[tuple[float, int, float, str]]:
    """For each criterion that can do it alone: how far its weight moves as a share of all, its
    place, the weight at which the rival draws level."""
    margin = float(weights @ ahead)
    for place, slope in enumerate(ahead):
        needed = weights[place] - margin / slope if slope else nan
        others = weights.sum() - weights[place]
        if needed >= 0 and others + needed > 0:
            yield abs(needed - weights[place]) / weights.sum(), place, float(needed), rival


def _shift(
    rival: str, weights: np.ndarray, ahead: np.ndarray
) -> Iterator[tuple[float, str, np.ndarray]]:
    """The least share of all weight that, taken from some criteria and given to others, lets the
    rival draw level, with the change of each weight: a linear programme over what is given to each
    criterion and what is taken from it. Nothing where no weights do."""
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
