"""Text and table of a plan, before anything is measured."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.figure_text import ONE_BLOCK
from webtrial.results.base.formatting import format_value, humanize, listed, pluralize
from webtrial.results.base.result import Renderers
from webtrial.run.parameters import PRIVATE, Parameters
from webtrial.run.plan import persistent_loads, pilot, plan, window_of
from webtrial.run.records import PlannedTrial
from webtrial.run.scenario_names import ONE_AT_A_TIME


def parameters_table(parameters: Parameters) -> Table:
    """Return every parameter with its value, except those that are locations."""
    rows = [
        (name, format_value(getattr(parameters, name)), field.description or "")
        for name, field in type(parameters).model_fields.items()
        if name not in PRIVATE
    ]
    frame = pd.DataFrame(rows, columns=["parameter", "value", "meaning"])
    return Table(frame, "The parameters of this run.")


def plan_text(parameters: Parameters) -> Prose:
    """Return how much there is to measure, before rates are known."""
    pilots, blocks = pilot(parameters), _blocks_of(parameters)
    seconds = sum(sum(window_of(trial, parameters)) for trial in [*pilots, *blocks])
    with_all_loads = {*parameters.scenarios} - ONE_AT_A_TIME
    planned = [trial.load for trial in blocks if trial.scenario in with_all_loads]
    loads = len({load for load in planned if load.kind != "persistent"})
    note = "" if parameters.blocks > 1 else f" {ONE_BLOCK}"
    return Prose(
        f"About {pluralize(len(pilots) + len(blocks), 'trial')}:"
        f" {pluralize(len(parameters.scenarios), 'scenario')}, {pluralize(loads, 'load')} each,"
        f" {pluralize(parameters.blocks, 'block')}{_additions(len(pilots), parameters)}. Sending"
        f" requests alone takes {pluralize(round(seconds / 60) or 1, 'minute')}.{note}"
    )


def _additions(pilots: int, parameters: Parameters) -> str:
    scenarios = listed([humanize(scenario) for scenario in parameters.extra_stacks])
    persistent = len(persistent_loads(parameters))
    additions = [
        f", extra stacks in {scenarios}" if scenarios else "",
        f", {pluralize(persistent, 'load')} with persistent connections" if persistent else "",
        f", {parameters.aa_stack} compared with itself" if parameters.aa_stack else "",
        f", and a pilot of {pluralize(pilots, 'trial')}" if pilots else "",
    ]
    return "".join(additions)


def _blocks_of(parameters: Parameters) -> list[PlannedTrial]:
    """Return the blocks as far as they are known before the pilot.

    Each share of the slowest capacity counts as a separate rate, although two shares may result in
    the same rate.
    """
    rates = parameters.open_rates_per_s
    placeholders = [
        max(rates, default=0.0) + n for n, _ in enumerate(parameters.common_fractions, 1)
    ]
    changes = {"open_rates_per_s": [*rates, *placeholders], "common_fractions": []}
    capacity = dict.fromkeys(parameters.stacks, 1.0)
    capacities = dict.fromkeys(parameters.scenarios, capacity)
    return plan(parameters.model_copy(update=changes), capacities)


TABLES: Renderers = {"parameters": lambda result: parameters_table(result.parameters)}
TEXTS: Renderers = {"plan": lambda result: plan_text(result.parameters)}
