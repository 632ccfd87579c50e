"""Resume an interrupted run: keep the trials that it has and measure the missing ones.

The plan is a pure function of the parameters and of the pilot's capacities. The manifest holds
both, so the trials have the same numbers, seeds and order as before. A block in which something is
missing starts its stacks again. The manifest records every interruption.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from webtrial.errors import RunError
from webtrial.measure.validity import disturbed, lost
from webtrial.run.manifest import DURATIONS, Manifest
from webtrial.run.records import PlannedTrial, Trial
from webtrial.run.store import Run
from webtrial.run.writer import RunWriter


def reopened(run: Run, new: Manifest) -> RunWriter:
    """Return a writer that resumes `run`; `new` is the manifest that a new run would have.

    Raises RunError if that run is finished, is being written, or was measured on another machine,
    with other stacks or other versions. The run is then left unchanged.
    """
    # PostgreSQL's version is known only once it is running.
    installed = new.versions | {"PostgreSQL": run.manifest.versions.get("PostgreSQL")}
    # Machine facts that the earlier run did not record cannot be compared.
    machine: dict[str, Any] = {name: new.machine.get(name) for name in run.manifest.machine}
    current = {"machine": machine, "stacks": new.stacks, "versions": installed}
    demand_same(run.manifest, current)
    return RunWriter.reopened(run, new.started_at, new.git)


def demand_same(manifest: Manifest, current: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise RunError that lists how the `current` facts differ from those of a run's manifest.

    Trials of two machines, versions or data do not belong in one run.
    """
    current_values = json.loads(json.dumps(current, default=list))
    differing = [
        f"  {part}, {name}: {before.get(name)} in the run, {new.get(name)} now"
        for part, new in current_values.items()
        if (before := getattr(manifest, part))
        for name in sorted({*before, *new} - DURATIONS)
        if before.get(name) != new.get(name)
    ]
    if differing:
        raise RunError(
            f"{manifest.id} cannot be resumed, because these have changed:\n"
            + "\n".join(differing)
            + "\nRestore them, or start a new run."
        )


def last_attempts(run: Run) -> dict[int, Trial]:
    """Return the last attempt at each trial of `run`, by number."""
    return {trial.planned.number: trial for trial in run.trials}


def missing(
    trials: Iterable[PlannedTrial], last: Mapping[int, Trial], attempts: int
) -> list[PlannedTrial]:
    """Return the `trials` that were never measured or need another attempt.

    A trial needs another attempt if the machine was disturbed or a load driver was lost, provided
    that its last attempt is no later than number `attempts`. What a driver measured wrongly is not
    measured again: that would be choosing results.
    """
    return [
        each
        for each in trials
        if each.number not in last
        or (last[each.number].attempt <= attempts and _needs_another_attempt(last[each.number]))
    ]


def _needs_another_attempt(trial: Trial) -> bool:
    # A pilot only sets rates; a disturbed trial is good enough for that.
    is_disturbed = trial.planned.role != "pilot" and disturbed(trial.validity)
    return is_disturbed or lost(trial.validity)
