"""Text and table of a plan, before anything is measured."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import counted, humanize, listed, written
from webtrial.results.base.result import Shows
from webtrial.run.parameters import PRIVATE, Parameters
from webtrial.run.plan import persistent_loads, pilot, plan, window_of
from webtrial.run.records import PlannedTrial
from webtrial.run.scenario_names import ONE_AT_A_TIME


def parameters_table(parameters: Parameters) -> Table:
    """Return every parameter with its value, without those that are locations."""
    rows = [
        (name, written(getattr(parameters, name)), field.description or "")
        for name, field in type(parameters).model_fields.items()
        if name not in PRIVATE
    ]
    frame = pd.DataFrame(rows, columns=["parameter", "value", "meaning"])
    return Table(frame, "The parameters of this run.")


def plan_text(parameters: Parameters) -> Prose:
    """Return how much there is to measure, before rates are known."""
    first, blocks = pilot(parameters), _blocks_of(parameters)
    seconds = sum(sum(window_of(trial, parameters)) for trial in [*first, *blocks])
    everywhere = {*parameters.scenarios} - ONE_AT_A_TIME
    planned = [trial.load for trial in blocks if trial.scenario in everywhere]
    loads = len({load for load in planned if load.kind != "persistent"})
    replicated = "" if parameters.blocks > 1 else " One block gives no interval and no verdict."
    return Prose(
        f"About {counted(len(first) + len(blocks), 'trial')}:"
        f" {counted(len(parameters.scenarios), 'scenario')}, {counted(loads, 'load')} each,"
        f" {counted(parameters.blocks, 'block')}{_beside(len(first), parameters)}. Requests alone"
        f" will take {counted(round(seconds / 60) or 1, 'minute')}.{replicated}"
    )


def _beside(pilots: int, parameters: Parameters) -> str:
    places = listed([humanize(scenario) for scenario in parameters.extra_stacks])
    persistent = len(persistent_loads(parameters))
    said = [
        f", more stacks in {places}" if places else "",
        f", {counted(persistent, 'load')} of persistent connections" if persistent else "",
        f", {parameters.aa_stack} against itself" if parameters.aa_stack else "",
        f", and a pilot of {counted(pilots, 'trial')}" if pilots else "",
    ]
    return "".join(said)


def _blocks_of(parameters: Parameters) -> list[PlannedTrial]:
    """Return the blocks as far as they are known before the pilot.

    Each share of the slowest capacity counts as a separate rate, although two shares may result in
    the same rate.
    """
    given = parameters.open_rates_per_s
    stand_ins = [max(given, default=0.0) + n for n, _ in enumerate(parameters.common_fractions, 1)]
    changes = {"open_rates_per_s": [*given, *stand_ins], "common_fractions": []}
    capacity = dict.fromkeys(parameters.stacks, 1.0)
    capacities = dict.fromkeys(parameters.scenarios, capacity)
    return plan(parameters.model_copy(update=changes), capacities)


TABLES: Shows = {"parameters": lambda found: parameters_table(found.parameters)}
TEXTS: Shows = {"plan": lambda found: plan_text(found.parameters)}
