"""Figure texts and sentences about the choice of a framework."""

from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import (
    FigureText,
    estimate_text,
)
from webtrial.results.base.formatting import counted, humanize, likelihood, listed, number, percent
from webtrial.results.base.result import Shows
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import furthest_apart, rows_of


def choosing_figure_text(totals: pd.DataFrame, chosen: pd.DataFrame) -> FigureText:
    """Return the figure text of `totals` and `recommended`.

    It says how often the first place is the article's.
    """
    judged = chosen.dropna(subset=["first"])
    agrees = int(judged["agrees"].sum())
    title = (
        f"With these weights the first place is the article's recommendation for {agrees} of"
        f" {counted(len(judged), 'kind')} of project"
    )
    measured = judged[judged["blocks_untouched"].map(isfinite)]
    if len(measured) and measured["probability"].isna().all():
        title += " (one block: no interval, no verdict)"
    alt = "Weighted mean of the scores. " + "; ".join(
        f"{project}: " + ", ".join(_total(row) for row in rows_of(part))
        for project, part in totals.groupby("project", sort=False)
    )
    caption = (
        "Weighted mean of each framework's scores, as deployed, 1 being the best in every"
        " criterion. At the right who comes first, in brackets whom the article recommends."
    )
    if (totals["low"] < totals["high"]).any():
        caption += (
            " Lines: what the run's 95 % intervals allow, the weights held fixed; none where"
            " nothing of weight has an interval."
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
        return Prose("Nothing that has weight was measured, so no framework comes first.")
    alike = judged.loc[judged["agrees"], "project"].tolist()
    other = [
        f"{row['project']} ({row['first']}{_surely(row)}, the article: {row['article']})"
        for row in rows_of(judged[~judged["agrees"]])
    ]
    said = (
        f"With these weights the first place is the article's for {len(alike)} of"
        f" {counted(len(judged), 'kind')} of project"
    )
    said += f": {listed(alike)}." if alike else "."
    said += f" It is another for {listed(other)}." if other else ""
    return Prose(said + _how_sure(judged))


def _surely(row: dict[str, Any]) -> str:
    is_known = isfinite(row["probability"]) and isfinite(row["blocks_untouched"])
    return f", likely by {likelihood(row['probability'])}" if is_known else ""


SURE = 0.95


def _how_sure(judged: pd.DataFrame) -> str:
    """Return the caveat: weights are opinions, and findings of probes have no intervals."""
    of_run = judged[judged["blocks_untouched"].map(isfinite)]
    known = of_run["probability"].dropna()
    probed = len(judged) - len(of_run)
    said = f" {probed} rest on probes alone, which have no interval." if probed else ""
    if of_run.empty:
        return said
    if known.empty:
        return f"{said} One block: no interval, so nothing is said of how sure that is."
    sure = int((known >= SURE).sum())
    return (
        f"{said} When figures are drawn from the run's intervals, {sure} of"
        f" {counted(len(known), 'first place')} stay in at least {likelihood(SURE)} of the draws,"
        " the weights taken as they are."
    )


def moves_text(moved: pd.DataFrame) -> Prose:
    """Return which answer in `moves` depends on the smallest change."""
    known = moved.dropna(subset=["moved"])
    if known.empty:
        return Prose("No weights put another framework first.")
    row = rows_of(known.sort_values("moved", kind="stable"))[0]
    firm = moved.loc[moved["moved"].isna() & moved["first"].notna(), "project"].tolist()
    said = (
        f"The answer that changes first is that for {row['project']}: {percent(row['moved'])} of"
        f" its weight moved, and {row['moved_rival']} is level with {row['first']}."
    )
    return Prose(said + (f" No weights at all change that for {listed(firm)}." if firm else ""))


def money_text(costs: pd.DataFrame) -> Prose:
    """Return where stacks differ most in the costs of `million_requests`."""
    rows = at_main_load(costs)
    if rows.empty:
        return Prose("")
    least, most = furthest_apart(rows, "price")
    if least["stack"] == most["stack"]:
        return Prose("")
    return Prose(
        f"The largest difference is in {humanize(most['scenario'])}: a million requests cost"
        f" {number(most['price'])} with {most['title']} and {number(least['price'])} with"
        f" {least['title']}."
    )


TEXTS: Shows = {
    "recommended": lambda found: choosing_text(found.recommended),
    "moves": lambda found: moves_text(found.moves),
    "money": lambda found, price_per_core_hour: money_text(
        found.million_requests(price_per_core_hour)
    ),
}
