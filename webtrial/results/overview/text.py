"""What the first chapter says."""

from datetime import datetime

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.formatting import counted, listed
from webtrial.results.overview.findings import DECIDED, headline, how_sure, unreplicated
from webtrial.results.overview.key_findings import answers
from webtrial.run.store import Manifest, Run
from webtrial.stats.pairs import is_deployed, title_of


def answer_in_words(run: Run, ratios: pd.DataFrame) -> Prose:
    """The answer as far as the run has one; `ratios` is `ratio_table`."""
    if ratios.empty:
        return Prose("No two stacks have trials that count in the same place: there is no answer.")
    findings = headline(run, ratios, ("throughput",))
    sure = how_sure(findings, unreplicated(ratios))
    return Prose("\n\n".join([*answers(run, ratios), sure]))


def machine_in_words(run: Run) -> Prose:
    """On which machine, when, and how often."""
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


def machine_of(manifest: Manifest) -> str:
    """`2 cores of …, 24 GiB`."""
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
    """`under a CPU quota of 0.6 cores (60 ms in 100 ms)`; nothing where there was none."""
    quota, cores = (manifest.machine.get(name) for name in ("cpu_quota", "cpu_quota_cores"))
    return [f"under a CPU quota of {cores:g} core{'s' * (cores != 1)} ({quota})"] if quota else []


def day_of(manifest: Manifest) -> str:
    """The day on which measuring ended: `5 January 2026`."""
    moment = datetime.fromisoformat(manifest.finished_at or manifest.started_at)
    return f"{moment.day} {moment:%B %Y}"


def stacks_in_words(run: Run) -> Prose:
    """How many stacks there are, and which are as deployed."""
    stacks = run.manifest.stacks
    deployed = [title_of(name, stacks) for name in stacks if is_deployed(name, stacks)]
    others = [title_of(name, stacks) for name in stacks if not is_deployed(name, stacks)]
    beside = f" Beside them stand {'; '.join(others)}: each changes something." if others else ""
    return Prose(
        f"{counted(len(stacks), 'stack')} in this run, each a way to serve the same API."
        f" {listed(deployed)} {'is' if len(deployed) == 1 else 'are'} built as the frameworks' own"
        f" documentation leads to.{beside}"
    )


def undecided_in_words(findings: pd.DataFrame) -> Prose:
    """How many findings are decided, and what keeps the others from it."""
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
