"""Figure texts and sentences about the choice of a framework."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import (
    FigureText,
    estimate_text,
)
from webtrial.results.base.formatting import (
    humanize,
    likelihood,
    listed,
    number,
    percent,
    pluralize,
)
from webtrial.results.base.result import Renderers
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of, widest_pair


def choosing_figure_text(totals: pd.DataFrame, chosen: pd.DataFrame) -> FigureText:
    """Return the figure text of `totals` and `recommended`.

    It says how often the first place is the article's.
    """
    judged = chosen.dropna(subset=["first"])
    agrees = int(judged["agrees"].sum())
    title = (
        f"With these weights, the framework in first place is the article's recommendation for"
        f" {agrees} of {pluralize(len(judged), 'kind')} of project"
    )
    measured = judged[judged["blocks_untouched"].map(isfinite)]
    if len(measured) and measured["probability"].isna().all():
        title += " (one block: no interval, no verdict)"
    alt = "Weighted mean of the scores. " + "; ".join(
        f"{project}: " + ", ".join(_total(row) for row in rows_of(part))
        for project, part in totals.groupby("project", sort=False)
    )
    caption = (
        "Weighted mean of the scores of each framework as deployed; 1 means the best in every"
        " criterion. Right: the framework in first place, with the article's recommendation in"
        " brackets."
    )
    if (totals["low"] < totals["high"]).any():
        caption += (
            " Lines: middle 95 % of draws from the run's intervals, with fixed weights; no line if"
            " no criterion with weight has an interval."
        )
    return FigureText(title, f"{alt}.", caption)


def _total(row: dict[str, Any]) -> str:
    return f"{row['framework']} {estimate_text(row, 'total')}"


def choosing_text(chosen: pd.DataFrame) -> Prose:
    """Return for which projects the first place in `recommended` is the article's.

    Also says where it is another framework, and how certain that is.
    """
    judged = chosen.dropna(subset=["first"])
    if judged.empty:
        return Prose("No criterion with weight was measured, so no framework is in first place.")
    agreeing = judged.loc[judged["agrees"], "project"].tolist()
    differing = [
        f"{row['project']} ({row['first']}{_probability(row)}; article: {row['article']})"
        for row in rows_of(judged[~judged["agrees"]])
    ]
    text = (
        "With these weights, the framework in first place is the article's recommendation for"
        f" {len(agreeing)} of {pluralize(len(judged), 'kind')} of project"
    )
    text += f": {listed(agreeing)}." if agreeing else "."
    text += f" It differs for {listed(differing)}." if differing else ""
    return Prose(text + _certainty_note(judged))


def _probability(row: dict[str, Any]) -> str:
    is_known = isfinite(row["probability"]) and isfinite(row["blocks_untouched"])
    return f", first in {likelihood(row['probability'])} of the draws" if is_known else ""


CERTAIN = 0.95


def _certainty_note(judged: pd.DataFrame) -> str:
    """Return the caveat: weights are opinions, and findings of probes have no intervals."""
    of_run = judged[judged["blocks_untouched"].map(isfinite)]
    known = of_run["probability"].dropna()
    probed = len(judged) - len(of_run)
    verb = "is" if probed == 1 else "are"
    note = f" Of these, {probed} {verb} based on probes alone, without intervals." if probed else ""
    if of_run.empty:
        return note
    if known.empty:
        return f"{note} One block: no interval, so the certainty is unknown."
    certain = int((known >= CERTAIN).sum())
    return (
        f"{note} In draws from the run's intervals with these weights, {certain} of"
        f" {pluralize(len(known), 'first place')} stay first in at least {likelihood(CERTAIN)} of"
        " the draws."
    )


def moves_text(moved: pd.DataFrame) -> Prose:
    """Return which first place in `moves` depends on the smallest change."""
    known = moved.dropna(subset=["moved"])
    if known.empty:
        return Prose("No weights put another framework in first place.")
    row = rows_of(known.sort_values("moved", kind="stable"))[0]
    firm = moved.loc[moved["moved"].isna() & moved["first"].notna(), "project"].tolist()
    text = (
        "The smallest change of weights that changes a first place is that for"
        f" {row['project']}: if {percent(row['moved'])} of its weight moves, {row['moved_rival']}"
        f" has the same score as {row['first']}."
    )
    return Prose(text + (f" No weights change the first place for {listed(firm)}." if firm else ""))


def money_text(costs: pd.DataFrame) -> Prose:
    """Return where stacks differ most in the costs of `million_requests`."""
    rows = at_main_load(costs)
    if rows.empty:
        return Prose("")
    least, most = widest_pair(rows, "price")
    if least["stack"] == most["stack"]:
        return Prose("")
    return Prose(
        f"The largest difference is in {humanize(most['scenario'])}: a million requests cost"
        f" {number(most['price'])} with {most['title']} and {number(least['price'])} with"
        f" {least['title']}."
    )


TEXTS: Renderers = {
    "recommended": lambda result: choosing_text(result.recommended),
    "moves": lambda result: moves_text(result.moves),
    "money": lambda result, price_per_core_hour: money_text(
        result.million_requests(price_per_core_hour)
    ),
}
