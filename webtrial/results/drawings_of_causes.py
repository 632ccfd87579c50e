"""The figures that tell where differences come from, as `drawings` has the others."""

import pandas as pd

from webtrial.results import words_of_causes as words
from webtrial.results.attribution import figure as waterfall
from webtrial.results.attribution import text as words_of_attribution
from webtrial.results.attribution.estimate import Attribution
from webtrial.results.attribution.estimate import waterfall as waterfall_of
from webtrial.results.base.display import Prose
from webtrial.results.base.formatting import listed, spoken
from webtrial.results.capacity import figure as capacity
from webtrial.results.capacity.estimate import sweep
from webtrial.results.connections import figure as connections
from webtrial.results.cost import request_time_figure as request_time
from webtrial.results.drawings import Shown, absent
from webtrial.results.fan_out import figure as fan_out
from webtrial.results.fan_out.estimate import fan_out_ratios, pairs_in_turn
from webtrial.results.migration import figure as migration
from webtrial.results.migration.estimate import migration_costs
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run
from webtrial.stats.estimates import CELL, at_main_load, labelled
from webtrial.stats.trials import trials_table


def draw_attribution(run: Run, found: Attribution) -> Shown:
    """An `attribution` as a waterfall; what it lacks where there is none."""
    if found.parts.empty:
        return Prose(f"*{found.lacking}*")
    ends = labelled(run, pd.DataFrame({"stack": [found.baseline, found.stack]}))
    return waterfall.draw(found, waterfall_of(found), ends, words_of_attribution.waterfall(found))


ALONE_AND_WITH_OTHERS = ("user_detail", "dashboard")
"""The scenarios of which a request's time is drawn: without upstreams and with them."""


def draw_request_time(run: Run, table: pd.DataFrame) -> Shown:
    """`request_time` of a scenario without upstreams and of one with them."""
    shown = table[table["scenario"].isin(ALONE_AND_WITH_OTHERS)]
    if shown.empty:
        return absent(f"no closed load of {listed(list(map(spoken, ALONE_AND_WITH_OTHERS)))}")
    trials = at_main_load(trials_table(run))
    invalid = left_out(trials[trials["scenario"].isin(ALONE_AND_WITH_OTHERS)])
    return request_time.draw(shown, words.request_time(shown, invalid))


def draw_fan_out(run: Run, table: pd.DataFrame) -> Shown:
    """`fan_out`."""
    if table.empty:
        return absent("no fan-out over several sources")
    ratios = fan_out_ratios(run, pairs_in_turn(run))
    return fan_out.draw(table, words.fan_out(table, ratios))


def draw_connections(run: Run, table: pd.DataFrame, p99_limit_ms: float) -> Shown:
    """`connections`, but for loads with silent ones."""
    asking = table[table["silent"] == 0]
    if asking.empty:
        return absent("no held connections that count")
    trials = trials_table(run)
    invalid = left_out(trials[trials["load_kind"] == "held"])
    said = words.connections(asking, p99_limit_ms, invalid, len(asking) < len(table))
    return connections.draw(asking, p99_limit_ms, said)


def draw_capacity(run: Run) -> list[Shown]:
    """Throughput and response times against users, a figure for each scenario with several closed
    loads."""
    sweeps = [sweep(run, scenario) for scenario in run.manifest.parameters.all_scenarios]
    drawn: list[Shown] = [_capacity(run, found) for found in sweeps if len(found)]
    return drawn or [absent("no scenario with more than one closed load")]


def _capacity(run: Run, found: pd.DataFrame) -> Shown:
    trials = trials_table(run)
    here = (trials["scenario"] == found["scenario"].iloc[0]) & (trials["load_kind"] == "closed")
    return capacity.draw(found, words.capacity(found, left_out(trials[here])))


def draw_migration(run: Run, ratios: pd.DataFrame) -> Shown:
    """`migration_ratios` by what they rest on: costs on the way from one framework to another."""
    if ratios.empty:
        return absent("no stack in which two frameworks serve together")
    costs = migration_costs(run, ratios)
    trials = trials_table(run).merge(costs[[*CELL, "stack"]].drop_duplicates())
    return migration.draw(costs, words.migration(costs, ratios, left_out(trials)))
