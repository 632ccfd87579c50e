"""Texts and tables of migration."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    estimate_text,
    interval_note,
    left_out_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import HUMANIZED, humanize, listed, rounded
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, METRIC_TEXT, ratio_text, with_pair_text
from webtrial.results.base.result import Shows
from webtrial.results.migration.estimate import connections_shared
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import title_of


def migration_figure_text(costs: pd.DataFrame, ratios: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `migration_costs` and `migration_ratios`.

    It gives the CPU time of a request relative to the framework that is left, in the scenario in
    which most of these stacks were measured.
    """
    cpu = ratios[ratios["metric"] == "cpu"]
    most = str(cpu.groupby("scenario", sort=False)["stack"].nunique().idxmax())
    here = costs[costs["scenario"] == most]
    told = [
        _against_what_is_left(rows_of(way), rows_of(cpu[cpu["scenario"] == most]))
        for _, way in here.groupby("way", sort=False)
    ]
    said = "; ".join(filter(None, told)) or "no two stacks can be compared"
    title = f"CPU time of a request for {humanize(most)}: {said}{one_block_note(here)}"
    alt = "CPU-milliseconds of the service per request. " + per_cell(
        costs.drop_duplicates(["scenario", "load", "stack"]),
        lambda row: f"{row['title']} {estimate_text(row, 'value')}",
    )
    caption = (
        "CPU-milliseconds of the service per request, on a log scale: from the framework that is"
        " left, by what serves with both, to the one that is reached. Filled: stacks as deployed."
        f" {interval_note(costs)}" + ring_note(costs["suspect_blocks"]) + left_out_note(invalid)
    )
    return FigureText(title, alt, caption)


def _against_what_is_left(way: list[dict[str, Any]], ratios: list[dict[str, Any]]) -> str:
    """Return the ratios to the framework that is left; undecided ones are named.

    Example: `Django with FastAPI 0.31 times that of Django`.
    """
    left, *others = way
    over_left = {row["stack"]: row for row in ratios if row["baseline"] == left["stack"]}
    rows = [(row["title"], over_left[row["stack"]]) for row in others if row["stack"] in over_left]
    told = [
        f"{title} {rounded(row['ratio'], row['low'], row['high'])} times"
        for title, row in rows
        if row["verdict"] in DECIDED or row["blocks"] <= 1
    ]
    open_ = [title for title, row in rows if row["verdict"] not in DECIDED and row["blocks"] > 1]
    said = [f"{listed(told)} that of {left['title']}"] if told else []
    if open_:
        said.append(f"{'; '.join(open_)} and {left['title']} are not shown to differ")
    return ", ".join(said)


def ratios_table(run: Run, ratios: pd.DataFrame) -> Table | Prose:
    """Return `migration_ratios`: a row per scenario and pair, a column per metric.

    Empty prose if there are none.
    """
    if ratios.empty:
        return Prose("")
    named = with_pair_text(run, ratios).assign(
        text=[ratio_text(row) + _doubt(row) for row in rows_of(ratios)],
        column=ratios["metric"].map(METRIC_TEXT),
    )
    keys = ["scenario", "load", "pair", "differs"]
    wide = named.pivot_table("text", keys, "column", aggfunc="first", sort=False).reset_index()
    columns = {"scenario": "scenario", "load": "load", "pair": "comparison"}
    return Table(
        wide,
        "Two frameworks at one address over each as deployed: first over second (95 % interval; ?"
        " not decided).",
        columns
        | {name: name for name in METRIC_TEXT.values() if name in wide}
        | {"differs": ALSO_DIFFERS},
        HUMANIZED,
    )


def _doubt(row: dict[str, Any]) -> str:
    return "" if row["verdict"] in DECIDED else " ?"


def migration_text(run: Run, ratios: pd.DataFrame) -> Prose:
    """Return which routes have moved in partly migrated stacks.

    Also says how two pools share the connections of one.
    """
    stacks = {name: run.manifest.stacks[name] for name in ratios["stack"].unique()}
    moved = {name: stack.get("environment", {}).get("MOVED", "") for name, stack in stacks.items()}
    said = [
        f"{title_of(name, stacks)}: {listed(groups.split(', '))} have moved."
        for name, groups in moved.items()
        if groups not in ("", "none", "all")
    ]
    pools = [
        f"{title_of(name, stacks)} {listed(list(map(str, shares)))}"
        for name, shares in connections_shared(run).items()
        if name in stacks
    ]
    said += [f"Connections to the database, pool by pool: {'; '.join(pools)}."] if pools else []
    return Prose(" ".join(said))


TABLES: Shows = {"ratios": lambda found: ratios_table(found.run, found.data)}
TEXTS: Shows = {"routes_and_pools": lambda found: migration_text(found.run, found.data)}
