"""Response times as figures."""

import pandas as pd

from webtrial.errors import RunError
from webtrial.results.base.display import Drawing, Shown, absent
from webtrial.results.base.main_loads import everywhere, left_out_everywhere, trials_of
from webtrial.results.explorer.estimate import places
from webtrial.results.latency import figure as latency
from webtrial.results.latency import over_time_figure as over_time
from webtrial.results.latency import timeline_figure as timeline
from webtrial.results.latency.estimate import distribution, latency_against_load
from webtrial.results.latency.over_time import over_time as over_time_of
from webtrial.results.latency.text import (
    against_load_figure_text,
    distribution_figure_text,
    over_time_figure_text,
    tail_figure_text,
    timeline_figure_text,
)
from webtrial.results.latency.timeline import shown_trial
from webtrial.results.latency.timeline import timeline as timeline_of
from webtrial.results.validity.gates import left_out
from webtrial.run.store import Run
from webtrial.stats.estimates import at_main_load, main_load
from webtrial.stats.pairs import title_of


def draw_latency(run: Run, percentiles: pd.DataFrame) -> Shown:
    """`latency_against_load` of the stacks that every scenario has, wherever there is more than one
    load."""
    table = everywhere(run, percentiles)
    loads = table.groupby("scenario")["load"].transform("nunique")
    table = table[loads > 1] if (loads > 1).any() else table
    if table["latency_ms"].notna().sum() == 0:
        return absent("no response times that count")
    trials = everywhere(run, trials_of(run, *table["scenario"].unique()))
    invalid = left_out(trials[trials["load_kind"] != "held"])
    said = against_load_figure_text(table, invalid)
    return latency.against_load(table, said)


def draw_distribution(run: Run, kind: str) -> Shown:
    """The share of requests answered within a time, at each scenario's main load of that kind."""
    curves = _curves(run, kind)
    if curves.empty:
        return absent(f"no {kind} load that counts")
    said = distribution_figure_text(curves, left_out_everywhere(run, kind))
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
    said = tail_figure_text(curves, percentiles, left_out_everywhere(run, kind))
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
    return over_time.draw(found, over_time_figure_text(found))


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
    return timeline.draw(moments, timeline_figure_text(moments, title))
