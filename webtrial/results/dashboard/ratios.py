"""The dashboard's two questions: how long one request takes, and how many are served.

The article's factor is about time: sources called in turn take the sum of their times. How many
requests are served at saturation is a different question, and there the HTTP client inside the
service uses most of the CPU time. Each measured client is therefore listed separately.
"""

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.estimates import is_pilot_fraction, load_size, main_load
from webtrial.stats.pairs import is_deployed, pair_of, pairs_differing_only_in, stacks_in_order
from webtrial.stats.ratios import ratio_table

DASHBOARD = "dashboard"
IN_TURN = "in turn"


def dashboard_ratios(run: Run) -> pd.DataFrame:
    """Return the ratios of stacks that call sources at once to deployed stacks that do so in turn.

    Rows are those of `ratio_table` for throughput and p50, at the loads of the dashboard that all
    stacks share. The stacks that call at once are those as deployed, then those that differ from
    one of them only in the HTTP client. Further column: client (of the stack, not the baseline).
    """
    stacks = stacks_in_order(run)
    deployed = [name for name in stacks if is_deployed(name, stacks)]
    at_once = [name for name in deployed if stacks[name].get("sources") != IN_TURN]
    in_turn = [name for name in deployed if name not in at_once]
    other_clients = [
        name
        for pair in pairs_differing_only_in(run, "http_client")
        for name in (pair.stack, pair.baseline)
        if {pair.stack, pair.baseline} & set(at_once) and name not in at_once
    ]
    pairs = [
        pair_of(stack, baseline, "variant", stacks)
        for stack in dict.fromkeys([*at_once, *other_clients])
        for baseline in in_turn
    ]
    rows = ratio_table(run, pairs) if pairs else ratio_table(run).iloc[:0]
    rows = rows[
        (rows["scenario"] == DASHBOARD)
        & rows["metric"].isin(["throughput", "p50"])
        & ~rows["load"].map(is_pilot_fraction).astype(bool)
    ]
    clients = [str(stacks[name].get("http_client")) for name in rows["stack"]]
    return rows.assign(client=clients).reset_index(drop=True)


def main_open_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the median response times of `dashboard_ratios` at the main open load."""
    load = main_load(rows, "open")
    return rows[(rows["metric"] == "p50") & (rows["load"] == load)].reset_index(drop=True)


def saturated_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the throughput of `dashboard_ratios` at the main closed load."""
    load = main_load(rows, "closed")
    return rows[(rows["metric"] == "throughput") & (rows["load"] == load)].reset_index(drop=True)


def smallest_closed_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the throughput of `dashboard_ratios` at the closed load with the fewest users.

    Empty if that is the main one.
    """
    closed = rows[(rows["metric"] == "throughput") & (rows["load_kind"] == "closed")]
    if closed.empty or closed["load"].nunique() == 1:
        return closed.iloc[:0].reset_index(drop=True)
    smallest = min(closed["load"], key=load_size)
    shown = [] if smallest == main_load(rows, "closed") else [smallest]
    return closed[closed["load"].isin(shown)].reset_index(drop=True)


def client_decides(rows: pd.DataFrame) -> bool:
    """Whether, at saturation, one HTTP client serves more than a baseline and another one fewer.

    Both must be decided.
    """
    verdicts = saturated_rows(rows).groupby("baseline")["verdict"]
    return any({"higher", "lower"} <= set(group) for _, group in verdicts)
