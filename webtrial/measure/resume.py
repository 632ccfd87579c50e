"""A run that was broken off goes on: what is there stays as it is, what is missing is measured.

The plan is a pure function of the parameters and of the pilot's capacities, both of which the
manifest holds, so that trials have the same numbers, seeds and order as before. A block in which
something is missing starts its stacks anew; the manifest tells of every interruption.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from webtrial.errors import RunError
from webtrial.measure.validity import disturbed, lost
from webtrial.run.records import PlannedTrial, Trial
from webtrial.run.store import DURATIONS, Manifest, Run, RunWriter


def reopened(run: Run, now: Manifest) -> RunWriter:
    """The writer that goes on with `run`; `now` is what a new run would say of itself.

    RunError where that run is finished, is being written, or was measured on another machine, with
    other stacks or other versions. It is then as it was.
    """
    # PostgreSQL's own is known only once it is up.
    installed = now.versions | {"PostgreSQL": run.manifest.versions.get("PostgreSQL")}
    # What this Webtrial tells of a machine beyond that run's, nobody knows to have changed.
    machine: dict[str, Any] = {name: now.machine.get(name) for name in run.manifest.machine}
    here = {"machine": machine, "stacks": now.stacks, "versions": installed}
    demand_same(run.manifest, here)
    return RunWriter.reopened(run, now.started_at, now.git)


def demand_same(manifest: Manifest, found: Mapping[str, Mapping[str, Any]]) -> None:
    """RunError that names what differs between a run's manifest and what is `found` now: trials
    of two machines, versions or data do not belong into one run."""
    as_read = json.loads(json.dumps(found, default=list))
    differing = [
        f"  {part}, {name}: {before.get(name)} then, {now.get(name)} now"
        for part, now in as_read.items()
        if (before := getattr(manifest, part))
        for name in sorted({*before, *now} - DURATIONS)
        if before.get(name) != now.get(name)
    ]
    if differing:
        raise RunError(
            "\n".join([f"{manifest.id} cannot go on, since not all is as it was:", *differing])
            + "\nPut that back, or start a new run."
        )


def last_attempts(run: Run) -> dict[int, Trial]:
    """The last attempt at each trial of `run`, by number."""
    return {trial.planned.number: trial for trial in run.trials}


def missing(
    trials: Iterable[PlannedTrial], last: Mapping[int, Trial], attempts: int
) -> list[PlannedTrial]:
    """Those of `trials` that were never measured, or whose last attempt calls for another one and
    is no later than number `attempts`.

    Those do during which the machine was disturbed or a load driver lost. What a driver measured
    wrongly is not measured again: that would be to choose.
    """
    return [
        each
        for each in trials
        if each.number not in last
        or (last[each.number].attempt <= attempts and _calls_for_another(last[each.number]))
    ]


def _calls_for_another(trial: Trial) -> bool:
    # A pilot only sets rates, for which a disturbed trial is good enough.
    is_disturbed = trial.planned.role != "pilot" and disturbed(trial.validity)
    return is_disturbed or lost(trial.validity)
