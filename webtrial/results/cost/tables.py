"""CPU time per request as tables."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import AS_SPOKEN, STACK_COLUMNS, number, percent
from webtrial.results.base.ratio_labels import with_span
from webtrial.results.cost.request_time import PARTS
from webtrial.run.store import Run
from webtrial.stats.pairs import is_deployed


def cost_as_table(costs: pd.DataFrame) -> Table:
    """`cost_table` by part, with the interval of the whole."""
    parts = {"service_ms": "service", "database_ms": "PostgreSQL", "upstreams_ms": "upstreams"}
    return Table(
        with_span(costs),
        f"CPU-milliseconds per request, by who used them.{_not_observed(costs)}",
        STACK_COLUMNS | parts | {"total_ms": "in all", "span": "95 % interval"},
        AS_SPOKEN,
    )


def _not_observed(costs: pd.DataFrame) -> str:
    parts = costs[["service_ms", "database_ms", "upstreams_ms"]]
    return " –: not observed, and in no sum." if parts.isna().any(axis=None) else ""


def floor_as_table(table: pd.DataFrame) -> Table | Prose:
    """`floor`: the bare server and the frameworks at `ping`."""
    if table.empty:
        return Prose("*This run did not measure `ping`.*")
    columns = {"title": "stack", "ping_per_s": "pings/s", "span": "95 % interval"}
    columns |= {"ping_cpu_ms": "CPU-ms per ping", "times_bare": "times the bare server's"}
    columns |= {"detail_cpu_ms": "CPU-ms per user detail", "floor_share": "of it ping"}
    rows = with_span(table)
    limited = rows["at_least_per_s"].notna()
    rows.loc[limited, "span"] = [
        f"at least {number(each)}" for each in rows["at_least_per_s"][limited]
    ]
    because = (
        " At least: the load driver was busy before the server was, so those trials count for no"
        " rate; CPU time is the server's own."
        if limited.any()
        else ""
    )
    return Table(
        rows,
        f"Answering without a database, at {table['load'].iloc[0]}.{because}",
        columns,
        {"floor_share": percent},
    )


def request_time_as_table(run: Run, table: pd.DataFrame) -> Table | Prose:
    """`request_time` of the stacks as deployed, in columns."""
    table = table[[is_deployed(name, run.manifest.stacks) for name in table["stack"]]]
    if table.empty:
        return Prose("")
    columns = {"scenario": "scenario", "title": "stack", "response_ms": "response"}
    columns |= PARTS
    caption = "Stacks as deployed: mean response time at the main closed load and its parts, in ms."
    if table["unknown"].any():
        caption += " –: not observed, and part of waiting for its turn."
    if (table["excess_ms"] > 0).any():
        columns |= {"excess_ms": "parts exceed it by"}
    return Table(table, caption, columns, AS_SPOKEN)
