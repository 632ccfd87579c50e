"""The chapters' figures: for each the table that it shows, and the words that belong to it."""

import pandas as pd

from webtrial.errors import RunError
from webtrial.results import words
from webtrial.results.base.display import Drawing, Prose
from webtrial.results.base.ratio_labels import labelled_ratios
from webtrial.results.cost import figure as cost
from webtrial.results.cost.estimate import cost_table
from webtrial.results.dashboard import figure as dashboard
from webtrial.results.explorer.estimate import places
from webtrial.results.latency import figure as latency
from webtrial.results.latency import over_time_figure as over_time
from webtrial.results.latency import text as words_of_latency
from webtrial.results.latency import timeline_figure as timeline
from webtrial.results.latency.estimate import distribution, latency_against_load
from webtrial.results.latency.over_time import over_time as over_time_of
from webtrial.results.latency.timeline import shown_trial
from webtrial.results.latency.timeline import timeline as timeline_of
from webtrial.results.search import figure as search
from webtrial.results.throughput import figure as throughput
from webtrial.results.throughput import ratios_figure as ratios
from webtrial.results.validity import figure as validity
from webtrial.results.validity.gates import left_out, machine_table, validity_table, verdict_table
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load, block_values, main_load, throughput_table
from webtrial.stats.pairs import title_of
from webtrial.stats.ratios import THROUGHPUT, noise_floors
from webtrial.stats.trials import trials_table

Shown = Drawing | Prose


def draw_throughput(run: Run, compared: pd.DataFrame) -> Shown:
    """Requests per second of the stacks that every scenario has, at its main closed load;
    `compared` is `ratio_table`."""
    return _throughput(run, everywhere(run, at_main_load(throughput_table(run))), compared)


def draw_throughput_of_all(run: Run, compared: pd.DataFrame) -> list[Shown]:
    """The same of all stacks that have a database, a figure for each scenario that has many more of
    them; none where no scenario has."""
    table = at_main_load(throughput_table(run))
    stacks = run.manifest.stacks
    asking = [name for name in stacks if stacks[name].get("data_access") != "none"]
    shown = table[table["stack"].isin(asking)]
    return [_throughput(run, rows, compared) for rows in _with_more(run, shown)]


def _throughput(run: Run, table: pd.DataFrame, compared: pd.DataFrame) -> Shown:
    if table.empty:
        return absent("no closed load")
    blocks = block_values(run, "throughput_per_s")
    return throughput.draw(table, blocks, words.throughput(table, compared))


def everywhere(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the stacks that are measured in every scenario at every load."""
    return table[table["stack"].isin(run.manifest.parameters.stacks)]


def _with_more(run: Run, table: pd.DataFrame) -> list[pd.DataFrame]:
    """The rows of each scenario that has at least twice the stacks of every scenario."""
    many = 2 * len(run.manifest.parameters.stacks)
    scenarios = [rows for _, rows in table.groupby("scenario", sort=False)]
    return [rows for rows in scenarios if rows["stack"].nunique() >= many]


def draw_ratios(run: Run, compared: pd.DataFrame, metric: str = "throughput") -> Shown:
    """Paired ratios of one metric at each scenario's main closed load."""
    table = labelled_ratios(run, at_main_load(compared), metric)
    if table["ratio"].notna().sum() == 0:
        return absent("no two stacks that can be compared")
    invalid = left_out(at_main_load(trials_table(run)))
    return ratios.draw(table, words.ratios(table, invalid))


def draw_noise_floor(run: Run) -> Shown:
    """Requests per second of a stack over itself, at each scenario's main closed load."""
    table = labelled_ratios(run, at_main_load(noise_floors(run, (THROUGHPUT,))), "throughput")
    if table["ratio"].notna().sum() == 0:
        return absent("no stack that was measured against itself")
    again = trials_table(run).query("role == 'a/a'").assign(role="measure")
    said = words.noise_floor(table, left_out(at_main_load(again)))
    return ratios.draw(table.assign(kind="over itself"), said)


def draw_latency(run: Run, percentiles: pd.DataFrame) -> Shown:
    """`latency_against_load` of the stacks that every scenario has, wherever there is more than one
    load."""
    table = everywhere(run, percentiles)
    loads = table.groupby("scenario")["load"].transform("nunique")
    table = table[loads > 1] if (loads > 1).any() else table
    if table["latency_ms"].notna().sum() == 0:
        return absent("no response times that count")
    trials = everywhere(run, _trials_of(run, *table["scenario"].unique()))
    invalid = left_out(trials[trials["load_kind"] != "held"])
    said = words.latency_against_load(table, invalid)
    return latency.against_load(table, said)


def draw_distribution(run: Run, kind: str) -> Shown:
    """The share of requests answered within a time, at each scenario's main load of that kind."""
    curves = _curves(run, kind)
    if curves.empty:
        return absent(f"no {kind} load that counts")
    said = words_of_latency.distribution(curves, _left_out_everywhere(run, kind))
    return latency.distribution(curves, said)


def draw_tail(run: Run, kind: str) -> Shown:
    """The slow half of the requests, percentile by percentile, at the same places."""
    curves = _curves(run, kind)
    if curves.empty:
        return absent(f"no {kind} load that counts")
    stacks = run.manifest.parameters.stacks
    parts = [
        latency_against_load(run, (50, 90, 99), [scenario], load, stacks)
        for scenario, load in _main_places(run, kind)
    ]
    percentiles = pd.concat(parts, ignore_index=True)
    said = words_of_latency.tail(curves, percentiles, _left_out_everywhere(run, kind))
    return latency.tail(curves, percentiles, said)


def _curves(run: Run, kind: str) -> pd.DataFrame:
    """`distribution` of the stacks that every scenario has, at its main load of that kind."""
    stacks = run.manifest.parameters.stacks
    parts = [
        distribution(run, load, [scenario], stacks) for scenario, load in _main_places(run, kind)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _main_places(run: Run, kind: str) -> list[tuple[str, str]]:
    """Each scenario with its main load of that kind, where any stack of every scenario counts."""
    there = at_main_load(everywhere(run, places(run)), kind)
    cells = there[["scenario", "load"]].drop_duplicates()
    return [(str(scenario), str(load)) for scenario, load in cells.to_numpy()]


def _left_out_everywhere(run: Run, kind: str = "closed") -> int:
    """Of the stacks that every scenario has, at its main load of that kind."""
    return left_out(at_main_load(everywhere(run, trials_table(run)), kind))


def _trials_of(run: Run, *scenarios: str) -> pd.DataFrame:
    trials = trials_table(run)
    return trials[trials["scenario"].isin(scenarios)]


def draw_over_time(run: Run, scenario: str | None = None, load: str | None = None) -> Shown:
    """When answers came, in a typical trial of each stack that every scenario has: in the first
    scenario at its main closed load unless these are told."""
    there = everywhere(run, places(run))
    there = there[there["scenario"] == (scenario or run.manifest.parameters.scenarios[0])]
    load = load or main_load(there, "closed") or main_load(there, "open")
    there = there[there["load"] == load]
    if there.empty:
        return absent("no trial there that counts")
    found = over_time_of(run, there["scenario"].iloc[0], str(load), there["stack"].tolist())
    if found.cells.empty:
        return absent("no answer there")
    return over_time.draw(found, words_of_latency.over_time(found))


def draw_cost(run: Run) -> Shown:
    """CPU time per request of the stacks that every scenario has, at its main closed load."""
    table = everywhere(run, at_main_load(cost_table(run)))
    return _cost(table, _left_out_everywhere(run))


def draw_cost_of_all(run: Run) -> list[Shown]:
    """The same of all stacks in the scenario that has most of them, if that has many more."""
    shown = sorted(_with_more(run, at_main_load(cost_table(run))), key=len)
    return [_cost(rows, _left_out_of(run, rows)) for rows in shown[-1:]]


def _cost(table: pd.DataFrame, invalid: int) -> Shown:
    if not (table["total_ms"] > 0).any():
        return absent("no CPU time")
    return cost.draw(table, words.cost(table, invalid))


def draw_search(run: Run, by_kind: pd.DataFrame) -> Shown:
    """`search_by_selectivity` of the stacks that every scenario has, at every load."""
    invalid = left_out(everywhere(run, _trials_of(run, "product_search")))
    return _search(everywhere(run, by_kind), invalid)


def draw_search_of_all(run: Run, by_kind: pd.DataFrame) -> list[Shown]:
    """The same of all stacks at the main closed load, where there are many more of them."""
    shown = _with_more(run, at_main_load(by_kind))
    return [_search(rows, _left_out_of(run, rows)) for rows in shown]


def _left_out_of(run: Run, table: pd.DataFrame) -> int:
    """Of all stacks in the scenario of a table, at its main closed load."""
    return left_out(at_main_load(_trials_of(run, *table["scenario"].unique())))


def _search(table: pd.DataFrame, invalid: int) -> Shown:
    if table["latency_ms"].notna().sum() == 0:
        return absent("no search that counts")
    return search.draw(table, words.search(table, invalid))


def draw_dashboard(run: Run, parts: pd.DataFrame) -> Shown:
    """`dashboard_parts`."""
    if parts.empty:
        return absent("no dashboard that counts")
    invalid = left_out(_trials_of(run, "dashboard"))
    return dashboard.draw(parts, words.dashboard(parts, invalid))


def draw_typical(run: Run) -> Shown:
    """The timeline of the `shown_trial`."""
    try:
        place = shown_trial(run)
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
