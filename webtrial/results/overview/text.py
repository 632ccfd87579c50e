"""Texts of the first chapter."""

from datetime import datetime

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.formatting import listed, pluralize
from webtrial.results.base.result import Renderers
from webtrial.results.overview.findings import (
    NO_COMPARISON,
    decided_count_text,
    main_findings,
    unreplicated,
)
from webtrial.results.overview.key_findings import ratio_findings
from webtrial.run.manifest import Manifest
from webtrial.run.store import Run
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import is_deployed, title_of
from webtrial.stats.trials import trials_table


def machine_of(manifest: Manifest) -> str:
    """Return the machine in a few words: `2 cores of …, 24 GiB`."""
    machine = manifest.machine
    cores = machine.get("cores")
    return " ".join(
        [
            pluralize(cores, "core") if cores else "an unknown number of cores",
            f"of {machine.get('processor') or 'an unnamed processor'}",
            f"with {machine['memory_gib']:.0f} GiB" if "memory_gib" in machine else "",
        ]
    ).strip()


def quota_of(manifest: Manifest) -> list[str]:
    """Return `under a CPU quota of 0.6 cores (60 ms in 100 ms)`; empty without a quota."""
    quota, cores = (manifest.machine.get(name) for name in ("cpu_quota", "cpu_quota_cores"))
    return [f"under a CPU quota of {cores:g} core{'s' * (cores != 1)} ({quota})"] if quota else []


def day_of(manifest: Manifest) -> str:
    """Return the day on which the measurement ended: `5 January 2026`."""
    moment = datetime.fromisoformat(manifest.finished_at or manifest.started_at)
    return f"{moment.day} {moment:%B %Y}"


def answer_text(run: Run, ratios: pd.DataFrame) -> Prose:
    """Return the answer as far as the run has one; `ratios` is `ratio_table`."""
    if ratios.empty:
        return Prose(NO_COMPARISON)
    findings = main_findings(run, ratios, ("throughput",))
    decided = decided_count_text(findings, unreplicated(ratios))
    return Prose("\n\n".join([*ratio_findings(run, ratios), decided]))


def machine_text(run: Run) -> Prose:
    """Return on which machine, when, and how often the run measured."""
    manifest = run.manifest
    return Prose(
        f"Measured on {machine_of(manifest)}, on {day_of(manifest)}, in"
        f" {pluralize(manifest.parameters.blocks, 'block')} with profile"
        f" *{manifest.parameters.profile}*, against PostgreSQL"
        f" {manifest.versions.get('PostgreSQL', '(unknown)')}. {_machine_note(manifest)}"
    )


def _machine_note(manifest: Manifest) -> str:
    if elsewhere := manifest.budgets.get("not_launched_by_us"):
        titles = listed([title_of(name, manifest.stacks) for name in elsewhere])
        return f"{titles} ran elsewhere, on a machine that is not described here."
    return (
        "The load driver, the services and the database shared this machine. Rates are specific to"
        " it; ratios transfer better to other machines."
    )


def stacks_text(run: Run) -> Prose:
    """Return how many stacks there are, and which are as deployed."""
    stacks = run.manifest.stacks
    deployed = [title_of(name, stacks) for name in stacks if is_deployed(name, stacks)]
    others = [title_of(name, stacks) for name in stacks if not is_deployed(name, stacks)]
    variants = f" Each of the others changes something: {'; '.join(others)}." if others else ""
    return Prose(
        f"This run has {pluralize(len(stacks), 'stack')}, each with the same API. Built as the"
        f" frameworks' own documentation suggests: {listed(deployed)}.{variants}"
    )


def undecided_text(findings: pd.DataFrame) -> Prose:
    """Return how many findings are decided, and why the others are not."""
    if findings.empty:
        return Prose("There are no findings.")
    decided = int(findings["verdict"].isin(DECIDED).sum())
    others = findings[~findings["verdict"].isin(DECIDED)]
    text = f"{decided} of {pluralize(len(findings), 'finding')} are decided."
    if len(others):
        counts = others["reason"].value_counts()
        reasons = [f"{reason} ({counts[reason]})" for reason in map(str, counts.index)]
        text += f" Reasons for the others: {'; '.join(reasons)}."
    return Prose(text)


def run_text(run: Run) -> Prose:
    """Return the run's name, how it ended and how long it took."""
    manifest = run.manifest
    trials = trials_table(run)
    requests = int(trials["sent"].sum())
    why = f" ({manifest.why})" if manifest.why else ""
    return Prose(
        f"Run *{manifest.id}* is {manifest.state}{why}. It took {_duration(manifest)} and has"
        f" {pluralize(len(trials), 'attempt')} at"
        f" {pluralize(int(trials['number'].nunique()), 'trial')}, with {requests:,} requests in"
        f" measured windows. Measured on {machine_of(manifest)}.{_interruptions(manifest)}"
    )


def _interruptions(manifest: Manifest) -> str:
    if not manifest.interruptions:
        return ""
    times = pluralize(len(manifest.interruptions), "time")
    after = listed([f"{each.attempts:,}" for each in manifest.interruptions])
    return (
        f" It was interrupted {times}, after {after} attempts, and resumed with the missing"
        " trials. The duration includes the interruptions."
    )


def _duration(manifest: Manifest) -> str:
    if manifest.finished_at is None:
        return "an unknown time"
    started, finished = map(datetime.fromisoformat, (manifest.started_at, manifest.finished_at))
    minutes, seconds = divmod(round((finished - started).total_seconds()), 60)
    return f"{pluralize(minutes, 'minute')} {seconds:02d} s" if minutes else f"{seconds} s"


TEXTS: Renderers = {
    "answer": lambda result: answer_text(result.run, result.ratios),
    "machine": lambda result: machine_text(result.run),
    "undecided": lambda result: undecided_text(result.data),
    "stacks": lambda result: stacks_text(result.run),
    "run": lambda result: run_text(result.run),
}
