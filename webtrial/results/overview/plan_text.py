"""What was asked for and how the run went."""

from datetime import datetime

import pandas as pd

from webtrial.measure.plan import held_loads, pilot, plan, window_of
from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import AS_SPOKEN, counted, listed, spoken, written
from webtrial.results.overview.text import machine_of
from webtrial.run.parameters import PRIVATE, Parameters
from webtrial.run.records import PlannedTrial
from webtrial.run.scenario_names import ONE_AT_A_TIME
from webtrial.run.store import Manifest, Run
from webtrial.stats.pairs import title_of
from webtrial.stats.trials import trials_table


def plan_in_words(parameters: Parameters) -> Prose:
    """How much there is to measure, before rates are known."""
    first, blocks = pilot(parameters), _blocks_of(parameters)
    seconds = sum(sum(window_of(trial, parameters)) for trial in [*first, *blocks])
    everywhere = {*parameters.scenarios} - ONE_AT_A_TIME
    swept = [trial.load for trial in blocks if trial.scenario in everywhere]
    loads = len({load for load in swept if load.kind != "held"})
    replicated = "" if parameters.blocks > 1 else " One block gives no interval and no verdict."
    return Prose(
        f"About {counted(len(first) + len(blocks), 'trial')}:"
        f" {counted(len(parameters.scenarios), 'scenario')}, {counted(loads, 'load')} each,"
        f" {counted(parameters.blocks, 'block')}{_beside(len(first), parameters)}. Requests alone"
        f" will take {counted(round(seconds / 60) or 1, 'minute')}.{replicated}"
    )


def _beside(pilots: int, parameters: Parameters) -> str:
    places = listed([spoken(scenario) for scenario in parameters.beside])
    held = len(held_loads(parameters))
    said = [
        f", more stacks in {places}" if places else "",
        f", {counted(held, 'load')} of connections that are held" if held else "",
        f", {parameters.aa_stack} against itself" if parameters.aa_stack else "",
        f", and a pilot of {counted(pilots, 'trial')}" if pilots else "",
    ]
    return "".join(said)


def _blocks_of(parameters: Parameters) -> list[PlannedTrial]:
    """The blocks as far as they are known before the pilot: each share of the slowest capacity
    counts as a rate of its own, though two of them may fall on the same one."""
    given = parameters.open_rates_per_s
    stand_ins = [max(given, default=0.0) + n for n, _ in enumerate(parameters.common_fractions, 1)]
    changes = {"open_rates_per_s": [*given, *stand_ins], "common_fractions": []}
    capacity = dict.fromkeys(parameters.stacks, 1.0)
    capacities = dict.fromkeys(parameters.scenarios, capacity)
    return plan(parameters.model_copy(update=changes), capacities)


def run_in_words(run: Run) -> Prose:
    """What the run is called, how it ended and how long it took."""
    manifest = run.manifest
    trials = trials_table(run)
    requests = int(trials["sent"].sum())
    why = f" ({manifest.why})" if manifest.why else ""
    return Prose(
        f"Run *{manifest.id}* is {manifest.state}{why}. It took {_minutes(manifest)} and holds"
        f" {counted(len(trials), 'attempt')} at"
        f" {counted(int(trials['number'].nunique()), 'trial')}, {requests:,} requests in measured"
        f" windows. Measured on {machine_of(manifest)}.{_interruptions(manifest)}"
    )


def _interruptions(manifest: Manifest) -> str:
    if not manifest.interruptions:
        return ""
    times = counted(len(manifest.interruptions), "time")
    after = listed([f"{each.attempts:,}" for each in manifest.interruptions])
    return (
        f" It was broken off {times}, after {after} attempts, and went on with what was missing;"
        " that time is included."
    )


def _minutes(manifest: Manifest) -> str:
    if manifest.finished_at is None:
        return "an unknown time"
    times = map(datetime.fromisoformat, (manifest.started_at, manifest.finished_at))
    started, finished = times
    minutes, seconds = divmod(round((finished - started).total_seconds()), 60)
    return f"{counted(minutes, 'minute')} {seconds:02d} s" if minutes else f"{seconds} s"


def parameters_table(parameters: Parameters) -> Table:
    """Every parameter with its value, but for those that say where something is."""
    rows = [
        (name, written(getattr(parameters, name)), field.description or "")
        for name, field in type(parameters).model_fields.items()
        if name not in PRIVATE
    ]
    frame = pd.DataFrame(rows, columns=["parameter", "value", "meaning"])
    return Table(frame, "The parameters of this run.")


def rates_table(run: Run) -> Table:
    """What the pilot found and the rates that followed from it."""
    manifest = run.manifest
    rows = [
        (scenario, title_of(stack, manifest.stacks), capacity,
         ", ".join(f"{rate:g}" for rate in manifest.rates_per_s.get(scenario, [])) or "–")
        for scenario, stacks in manifest.capacities_per_s.items()
        for stack, capacity in stacks.items()
    ]  # fmt: skip
    columns = {"scenario": "scenario", "stack": "stack", "capacity": "pilot (requests/s)"}
    columns |= {"rates": "common rates (1/s)"}
    frame = pd.DataFrame(rows, columns=list(columns))
    return Table(frame, "What the pilot found, and the rates chosen from it.", columns, AS_SPOKEN)
