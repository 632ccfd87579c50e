"""Differences between two runs apart from results: parameters, versions, machine, data, stacks."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from webtrial.run.manifest import DURATIONS, Manifest
from webtrial.run.parameters import PRIVATE
from webtrial.run.store import Run

AFFECTING_PARAMETERS = frozenset(
    {"think_time_s", "timeout_s", "persistent_rate_per_s", "persistent_scenario", "max_connections"}
    | {"upstream_delay_ms", "upstream_sigma", "database_connections", "server_processes"}
)
"""Parameters that change what a cell of the same name demands of a stack. Others change which cells
there are, or how long or how often they were measured.
"""


def differences(before: Run, after: Run) -> pd.DataFrame:
    """Return the differences between the manifests: a row each.

    Differences in build times (DURATIONS) are not included.

    Columns: part (parameters, versions, machine, budgets, data, git, stacks), name, before, after
    (None if it is not recorded; for stacks only those that both have), bears (whether it affects
    measurements in a cell of the same name: for parameters those of AFFECTING_PARAMETERS, otherwise
    all but git).
    """
    both = set(before.manifest.stacks) & set(after.manifest.stacks)
    first, second = (dict(_entries(run.manifest, both)) for run in (before, after))
    rows = [
        (*place, first.get(place), second.get(place), _affects_measurement(*place))
        for place in dict.fromkeys([*first, *second])
        if first.get(place) != second.get(place)
    ]
    return pd.DataFrame(rows, columns=["part", "name", "before", "after", "bears"], dtype=object)


def _entries(manifest: Manifest, stacks: set[str]) -> Iterator[tuple[tuple[str, str], Any]]:
    parameters = {
        name: getattr(manifest.parameters, name)
        for name in type(manifest.parameters).model_fields
        if name not in PRIVATE
    }
    parts = {
        "parameters": parameters,
        "versions": manifest.versions,
        "machine": manifest.machine,
        "budgets": manifest.budgets,
        "data": manifest.data,
        "git": manifest.git,
    }
    for part, values in parts.items():
        yield from (((part, name), value) for name, value in _without_durations(values))
    for stack in sorted(stacks):
        axes = _without_durations(manifest.stacks[stack])
        yield from ((("stacks", f"{stack}: {axis}"), value) for axis, value in axes)


def _without_durations(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in values.items() if name not in DURATIONS)


def _affects_measurement(part: str, name: str) -> bool:
    return name in AFFECTING_PARAMETERS if part == "parameters" else part != "git"
