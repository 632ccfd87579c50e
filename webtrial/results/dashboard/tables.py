"""The dashboard as tables."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import spoken, times
from webtrial.results.base.ratio_labels import METRIC_TEXT, with_span
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load
from webtrial.stats.frames import rows_of
from webtrial.stats.pairs import title_of


def dashboard_as_table(parts: pd.DataFrame) -> Table:
    """`dashboard_parts`: what a dashboard took beside what its upstreams took."""
    bounds = {"in_turn_ms": "upstreams in turn", "slowest_ms": "slower upstream"}
    return Table(
        with_span(parts),
        "Mean response time of the dashboard in ms, beside what its upstreams took.",
        {"load": "load", "title": "stack", "response_ms": "response", "span": "95 % interval"}
        | bounds,
    )


def upstreams_table(run: Run) -> Table:
    """What each upstream was asked to take, and really took, over the run."""
    rows = [
        (each.name, each.requests, each.asked_mean_ms, each.took_mean_ms)
        for trial in run.trials
        for each in trial.upstreams
    ]
    columns = ["name", "requests", "asked_mean_ms", "took_mean_ms"]
    frame = pd.DataFrame(rows, columns=columns).groupby("name", as_index=False, sort=False)
    table = frame.agg(
        requests=("requests", "sum"),
        asked=("asked_mean_ms", "mean"),
        took=("took_mean_ms", "mean"),
    )
    names = {"name": "upstream", "requests": "requests", "asked": "asked to take (mean, ms)"}
    names |= {"took": "took (mean, ms)"}
    return Table(table, "The upstreams over all trials.", names)


def variants_as_table(run: Run, ratios: pd.DataFrame, scenario: str) -> Table | Prose:
    """`ratio_table` of stacks that differ in one axis and nothing else, in a scenario at its main
    closed load."""
    rows = at_main_load(ratios[ratios["scenario"] == scenario])
    rows = rows[rows["metric"].isin(METRIC_TEXT) & rows["ratio"].notna()]
    if rows.empty:
        return Prose(
            f"*No two stacks of this run differ in {spoken(scenario)} in one such choice.*"
        )
    stacks = run.manifest.stacks
    pairs = [
        f"{title_of(r['stack'], stacks)} / {title_of(r['baseline'], stacks)}" for r in rows_of(rows)
    ]
    frame = with_span(rows).assign(
        pair=pairs,
        what=rows["metric"].map(METRIC_TEXT),
        ratio=[times(row["ratio"], row["low"], row["high"]) for row in rows_of(rows)],
    )
    columns = {"pair": "comparison", "what": "what", "ratio": "ratio", "span": "95 % interval"}
    columns |= {"differs": "differ in"}
    return Table(
        frame,
        f"{spoken(scenario).capitalize()} at {rows['load'].iloc[0]}, first over second, paired by"
        " block.",
        columns | {"blocks": "blocks", "verdict": "verdict", "reason": "because"},
    )
