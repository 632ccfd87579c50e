"""Texts of the first chapter."""

from datetime import datetime

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.formatting import counted, listed
from webtrial.results.base.result import Shows
from webtrial.results.overview.findings import how_sure, main_findings, unreplicated
from webtrial.results.overview.key_findings import answers
from webtrial.run.store import Manifest, Run
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import is_deployed, title_of
from webtrial.stats.trials import trials_table


def machine_of(manifest: Manifest) -> str:
    """Return the machine in a few words: `2 cores of …, 24 GiB`."""
    machine = manifest.machine
    cores = machine.get("cores")
    return " ".join(
        [
            counted(cores, "core") if cores else "an unknown number of cores",
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
        return Prose("No two stacks have trials that count in the same place: there is no answer.")
    findings = main_findings(run, ratios, ("throughput",))
    sure = how_sure(findings, unreplicated(ratios))
    return Prose("\n\n".join([*answers(run, ratios), sure]))


def machine_text(run: Run) -> Prose:
    """Return on which machine, when, and how often the run measured."""
    manifest = run.manifest
    return Prose(
        f"Measured on {machine_of(manifest)}, on {day_of(manifest)}, in"
        f" {counted(manifest.parameters.blocks, 'block')} with profile"
        f" *{manifest.parameters.profile}*, against PostgreSQL"
        f" {manifest.versions.get('PostgreSQL', '(unknown)')}. {_what_shared(manifest)}"
    )


def _what_shared(manifest: Manifest) -> str:
    if elsewhere := manifest.budgets.get("not_launched_by_us"):
        named = listed([title_of(name, manifest.stacks) for name in elsewhere])
        return f"Of the services, {named} ran elsewhere: their machine is not described here."
    return (
        "Load driver, services and database shared the machine, so rates are this machine's;"
        " ratios travel better."
    )


def stacks_text(run: Run) -> Prose:
    """Return how many stacks there are, and which are as deployed."""
    stacks = run.manifest.stacks
    deployed = [title_of(name, stacks) for name in stacks if is_deployed(name, stacks)]
    others = [title_of(name, stacks) for name in stacks if not is_deployed(name, stacks)]
    beside = f" Beside them stand {'; '.join(others)}: each changes something." if others else ""
    return Prose(
        f"{counted(len(stacks), 'stack')} in this run, each a way to serve the same API."
        f" {listed(deployed)} {'is' if len(deployed) == 1 else 'are'} built as the frameworks' own"
        f" documentation leads to.{beside}"
    )


def undecided_text(findings: pd.DataFrame) -> Prose:
    """Return how many findings are decided, and why the others are not."""
    if findings.empty:
        return Prose("There is no finding.")
    decided = int(findings["verdict"].isin(DECIDED).sum())
    others = findings[~findings["verdict"].isin(DECIDED)]
    said = f"{decided} of {counted(len(findings), 'finding')} are decided."
    if len(others):
        counts = others["reason"].value_counts()
        reasons = [f"{reason} ({counts[reason]})" for reason in map(str, counts.index)]
        said += f" The others are not, because: {'; '.join(reasons)}."
    return Prose(said)


def run_text(run: Run) -> Prose:
    """Return the run's name, how it ended and how long it took."""
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


TEXTS: Shows = {
    "answer": lambda found: answer_text(found.run, found.ratios),
    "machine": lambda found: machine_text(found.run),
    "undecided": lambda found: undecided_text(found.data),
    "stacks": lambda found: stacks_text(found.run),
    "run": lambda found: run_text(found.run),
}
