"""Texts and tables of migration."""

from typing import Any

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import (
    FigureText,
    estimate_text,
    interval_note,
    invalid_note,
    one_block_note,
    per_cell,
    ring_note,
)
from webtrial.results.base.formatting import HUMANIZED, humanize, listed, rounded
from webtrial.results.base.ratio_labels import ALSO_DIFFERS, METRIC_TEXT, ratio_text, with_pair_text
from webtrial.results.base.result import Renderers
from webtrial.results.migration.estimate import pool_sizes
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import title_of


def migration_figure_text(costs: pd.DataFrame, ratios: pd.DataFrame, invalid: int) -> FigureText:
    """Return the figure text of `migration_costs` and `migration_ratios`.

    It gives the CPU time of a request relative to the old framework, in the scenario in which most
    of these stacks were measured.
    """
    cpu = ratios[ratios["metric"] == "cpu"]
    most = str(cpu.groupby("scenario", sort=False)["stack"].nunique().idxmax())
    shown = costs[costs["scenario"] == most]
    texts = [
        _ratios_to_old(rows_of(way), rows_of(cpu[cpu["scenario"] == most]))
        for _, way in shown.groupby("way", sort=False)
    ]
    text = "; ".join(filter(None, texts)) or "no two stacks can be compared"
    title = f"CPU time of a request in {humanize(most)}: {text}{one_block_note(shown)}"
    alt = "CPU-milliseconds of the service per request. " + per_cell(
        costs.drop_duplicates(["scenario", "load", "stack"]),
        lambda row: f"{row['title']} {estimate_text(row, 'value')}",
    )
    caption = (
        "CPU-milliseconds of the service per request, on a log scale: the old framework, the stacks"
        " that serve with both, and the new framework. Filled: stacks as deployed."
        f" {interval_note(costs)}" + ring_note(costs["suspect_blocks"]) + invalid_note(invalid)
    )
    return FigureText(title, alt, caption)


def _ratios_to_old(way: list[dict[str, Any]], ratios: list[dict[str, Any]]) -> str:
    """Return the ratios to the old framework; undecided ones are named.

    Example: `Django with FastAPI 0.31 times that of Django`.
    """
    old, *others = way
    by_stack = {row["stack"]: row for row in ratios if row["baseline"] == old["stack"]}
    rows = [(row["title"], by_stack[row["stack"]]) for row in others if row["stack"] in by_stack]
    decided = [
        f"{title} {rounded(row['ratio'], row['low'], row['high'])} times"
        for title, row in rows
        if row["verdict"] in DECIDED or row["blocks"] <= 1
    ]
    undecided = [
        title for title, row in rows if row["verdict"] not in DECIDED and row["blocks"] > 1
    ]
    texts = [f"{listed(decided)} that of {old['title']}"] if decided else []
    if undecided:
        texts.append(f"{listed(undecided)} not shown to differ from {old['title']}")
    return "; ".join(texts)


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
        "Stacks that serve with two frameworks over each framework as deployed, first over second"
        " (95 % interval; ? undecided).",
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
    texts = [
        f"{title_of(name, stacks)}: {listed(groups.split(', '))} have moved."
        for name, groups in moved.items()
        if groups not in ("", "none", "all")
    ]
    pools = [
        f"{title_of(name, stacks)} {listed(list(map(str, shares)))}"
        for name, shares in pool_sizes(run).items()
        if name in stacks
    ]
    texts += [f"Database connections of each pool: {'; '.join(pools)}."] if pools else []
    return Prose(" ".join(texts))


TABLES: Renderers = {"ratios": lambda result: ratios_table(result.run, result.data)}
TEXTS: Renderers = {"routes_and_pools": lambda result: migration_text(result.run, result.data)}
