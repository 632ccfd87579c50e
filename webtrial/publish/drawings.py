"""The chapters' figures: for each the table that it shows, and the words that belong to it."""

import pandas as pd

from webtrial.analyse import words
from webtrial.analyse.compare import labelled_ratios
from webtrial.analyse.estimates import at_main_load, throughput_table
from webtrial.analyse.figures import (
    cost,
    dashboard,
    latency,
    ratios,
    search,
    throughput,
    timeline,
    validity,
)
from webtrial.analyse.gates import left_out, machine_table, validity_table, verdict_table
from webtrial.analyse.latency import distribution, latency_against_load
from webtrial.analyse.pairs import title_of
from webtrial.analyse.show import Drawing, Prose
from webtrial.analyse.summary import trials_table
from webtrial.analyse.timeline import timeline as timeline_of
from webtrial.analyse.timeline import typical_trial
from webtrial.analyse.work import cost_table
from webtrial.errors import RunError
from webtrial.runs import Run

Shown = Drawing | Prose


def draw_throughput(run: Run, compared: pd.DataFrame) -> Shown:
    """Requests per second of the stacks that every scenario has, at its main closed load;
    `compared` is `ratio_table`."""
    table = at_main_load(throughput_table(run))
    everywhere = table[table["stack"].isin(run.manifest.parameters.stacks)]
    return _throughput(run, everywhere, compared)


def draw_throughput_of_all(run: Run, compared: pd.DataFrame) -> list[Shown]:
    """The same of all stacks that have a database, a figure for each scenario."""
    table = at_main_load(throughput_table(run))
    stacks = run.manifest.stacks
    asking = [name for name in stacks if stacks[name].get("data_access") != "none"]
    shown = table[table["stack"].isin(asking)]
    of_each = [rows for _, rows in shown.groupby("scenario", sort=False)]
    return [_throughput(run, rows, compared) for rows in of_each] or [absent("no closed load")]


def _throughput(run: Run, table: pd.DataFrame, compared: pd.DataFrame) -> Shown:
    if table.empty:
        return absent("no closed load")
    return throughput.draw(table, trials_table(run), words.throughput(table, compared))


def draw_ratios(run: Run, compared: pd.DataFrame, metric: str = "throughput") -> Shown:
    """Paired ratios of one metric at each scenario's main closed load."""
    table = labelled_ratios(run, at_main_load(compared), metric)
    if table["ratio"].notna().sum() == 0:
        return absent("no two stacks that can be compared")
    invalid = left_out(at_main_load(trials_table(run)))
    return ratios.draw(table, words.ratios(table, invalid))


def draw_latency(run: Run, percentiles: pd.DataFrame) -> Shown:
    """`latency_against_load`, all scenarios and loads."""
    if percentiles["latency_ms"].notna().sum() == 0:
        return absent("no response times that count")
    said = words.latency_against_load(percentiles, left_out(trials_table(run)))
    return latency.against_load(percentiles, said)


def draw_distribution(run: Run, kind: str) -> Shown:
    """The share of requests that took longer, at each scenario's main load of that kind."""
    loads = at_main_load(latency_against_load(run, (50,)), kind)
    if loads.empty:
        return absent(f"no {kind} load that counts")
    parts = [
        distribution(run, str(load), [str(scenario)])
        for scenario, load in loads[["scenario", "load"]].drop_duplicates().to_numpy()
    ]
    curves = pd.concat(parts, ignore_index=True)
    invalid = left_out(at_main_load(trials_table(run), kind))
    return latency.distribution(curves, words.distribution(curves, invalid))


def draw_cost(run: Run) -> Shown:
    """CPU time per request at each scenario's main closed load."""
    table = at_main_load(cost_table(run))
    if table.empty:
        return absent("no CPU time")
    return cost.draw(table, words.cost(table, left_out(at_main_load(trials_table(run)))))


def draw_search(run: Run, by_kind: pd.DataFrame) -> Shown:
    """`search_by_selectivity`."""
    if by_kind["latency_ms"].notna().sum() == 0:
        return absent("no search that counts")
    return search.draw(by_kind, words.search(by_kind, _left_out_of(run, "product_search")))


def draw_dashboard(run: Run, parts: pd.DataFrame) -> Shown:
    """`dashboard_parts`."""
    if parts.empty:
        return absent("no dashboard that counts")
    return dashboard.draw(parts, words.dashboard(parts, _left_out_of(run, "dashboard")))


def _left_out_of(run: Run, scenario: str) -> int:
    trials = trials_table(run)
    return left_out(trials[trials["scenario"] == scenario])


def draw_typical(run: Run) -> Shown:
    """The timeline of a typical trial of the first stack at the first scenario."""
    parameters = run.manifest.parameters
    try:
        place = typical_trial(run, parameters.scenarios[0], parameters.stacks[0])
    except RunError:
        return absent("no trial of its first stack and scenario that counts")
    return draw_timeline(run, *place)


def draw_timeline(run: Run, number: int, attempt: int = 1) -> Drawing:
    """One trial, moment by moment."""
    moments = timeline_of(run, number, attempt)
    title = title_of(moments.trial.planned.stack, run.manifest.stacks)
    return timeline.draw(moments, words.timeline(moments, title))


def draw_verdicts(run: Run) -> Drawing:
    """Attempts by verdict and reason."""
    table = validity_table(run)
    return validity.reasons(table, words.reasons(verdict_table(run), table))


def draw_machine(run: Run) -> Drawing:
    """The machine over the run."""
    table = machine_table(run)
    return validity.machine(table, words.machine(table))


def absent(what: str) -> Prose:
    """In place of a figure: what the run lacks."""
    return Prose(f"*Nothing to draw: this run has {what}.*")
