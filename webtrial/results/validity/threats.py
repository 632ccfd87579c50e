"""Threats to the validity of this run, as far as the run itself can show them."""

from collections.abc import Callable
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from webtrial.results.attribution.paths import FACTORS
from webtrial.results.base.formatting import counted, humanize, listed, number, percent
from webtrial.results.validity.gates import MACHINE
from webtrial.run.bounds import CPU_INVALID
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import MINIMUM_BLOCKS
from webtrial.stats.pairs import EVERY_AXIS, is_deployed, stacks_in_order, title_of
from webtrial.stats.ratios import ratio_table
from webtrial.stats.trials import trials_table

CHANCE = 0.05  # probability that an interval excludes the true value


class Threat(NamedTuple):
    """`threat` is what may mislead, `seen` what this run shows of it, `means` the consequence."""

    threat: str
    seen: str
    means: str


def threats(run: Run, ratios: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the threats to validity, a row each: columns of Threat. Every number is the run's.

    Pass `ratios` (`ratio_table(run)`) if they are available.
    """
    ratios = ratio_table(run) if ratios is None else ratios
    seen = [each(run) for each in _OF_A_RUN]
    disturbed = [_disturbed(run, what) for what in MACHINE]
    rows = [*seen, *disturbed, _few_blocks(run, ratios), _many_comparisons(ratios)]
    rows += [_damaged(run)] if run.damage else []
    return pd.DataFrame(rows, columns=list(Threat._fields))


def _shared_cores(run: Run) -> Threat:
    budgets = run.manifest.budgets
    cores, services = run.manifest.machine.get("cores"), budgets.get("service_cores", ())
    others = f"services, PostgreSQL and upstreams on {counted(len(services), 'core')}"
    seen = f"{_drivers(run)}, {others}" if services else "who ran where is not known"
    return Threat(
        "shared cores",
        f"{counted(cores, 'core') if cores else 'An unknown number of cores'}: {seen}.",
        "A stack that leaves PostgreSQL more of its core is rewarded twice. Where the database has"
        " cores of its own, ratios may be smaller or larger.",
    )


def _drivers(run: Run) -> str:
    """Return who sends requests, and from where."""
    budgets = run.manifest.budgets
    if run.manifest.parameters.scheduler:
        return "load drivers on a cluster"
    if workers := budgets.get("worker_cores"):
        return f"{counted(len(workers), 'load driver')}, each on a core of its own"
    drivers = counted(int(budgets.get("load_drivers", 1)), "load driver")
    alone = budgets.get("driver_core") is not None
    return f"{drivers} on {'one of its own' if alone else 'the same as all others'}"


def _client(run: Run) -> Threat:
    counting = _counting(run)
    used = counting["client_cpu_fraction"]
    return Threat(
        "load driver as bottleneck",
        f"It used {_share(used.median())} of its core in the median, at most {_share(used.max())},"
        " in trials that are not invalid.",
        f"Above {_share(CPU_INVALID)} requests wait for the driver; such a trial is invalid.",
    )


def _no_network(run: Run) -> Threat:
    elsewhere = run.manifest.budgets.get("not_launched_by_us")
    if elsewhere:
        return Threat(
            "unknown machines",
            f"{counted(len(elsewhere), 'service')} ran elsewhere, over a network of unknown delay.",
            "What such a service costs is not known, no block starts it anew, and its network's"
            " time is in its response times.",
        )
    return Threat(
        "no network",
        "All on loopback.",
        "The time that a real network takes would be added to every stack alike, and make ratios of"
        " response times smaller.",
    )


def _damaged(run: Run) -> Threat:
    return Threat(
        "damaged files",
        f"{counted(len(run.damage), 'file')} of the run: {listed(sorted(run.damage))}.",
        "A trial that one of them belongs to is left out, which no verdict on a trial decided.",
    )


def _invalid(run: Run) -> Threat:
    trials = trials_table(run)
    final = trials[trials["final"] & (trials["role"] != "pilot")]
    shares = final["verdict"].eq("invalid").groupby(final["stack"]).mean()
    stacks = stacks_in_order(run)
    deployed = [name for name in stacks if is_deployed(name, stacks) and name in shares.index]
    named = [f"{title_of(name, stacks)} {_share(shares[name])}" for name in deployed]
    verdicts = final["verdict"].value_counts()
    return Threat(
        "invalid and suspect trials",
        f"Of {counted(len(final), 'trial')} {verdicts.get('invalid', 0)} are invalid and"
        f" {verdicts.get('suspect', 0)} suspect. Invalid by stack: {listed(named)}.",
        "What is left out is no random part: a gate that strikes one stack more often than another"
        " leaves the quieter trials of that one.",
    )


def _short(run: Run) -> Threat:
    trials, manifest = trials_table(run), run.manifest
    began, ended = manifest.started_at, manifest.finished_at
    took = datetime.fromisoformat(ended) - datetime.fromisoformat(began) if ended else None
    hours = f", within {number(took.total_seconds() / 3600)} hours" if took else ""
    return Threat(
        "short windows, one occasion",
        f"{number(trials['window_s'].median())} s measured in a trial,"
        f" {number(trials['window_s'].sum() / 60)} minutes in all{hours}.",
        "What appears after hours is not seen: memory that grows, a database that has to clean up."
        " Another day is another run: two can be compared.",
    )


def _failed(run: Run) -> Threat:
    counting = _counting(run)
    share = counting["errors"].sum() / counting["sent"].sum() if len(counting) else float("nan")
    worst = rows_of(counting[counting["errors"] > 0].nlargest(1, "error_fraction"))
    where = "".join(
        f"; at most {_share(row['error_fraction'])} in a trial, of"
        f" {title_of(row['stack'], run.manifest.stacks)} on {humanize(row['scenario'])} at"
        f" {row['load']}"
        for row in worst
    )
    return Threat(
        "requests that failed",
        f"{_share(share)} of the requests in trials that count{where}.",
        "A failure may be quicker than an answer. Failed requests are not in rates, nor in response"
        " times, save those given up, which took at least so long.",
    )


def _not_varied(run: Run) -> Threat:
    parameters = run.manifest.parameters
    rows = run.manifest.data.get("rows", {}).get("users")
    own = [
        f"server processes of each stack ({parameters.server_processes})",
        f"connections to the database ({parameters.database_connections})",
    ]
    fixed = [
        *([] if run.manifest.budgets.get("not_launched_by_us") else own),
        f"what the dashboard's upstreams take ({number(parameters.upstream_delay_ms)} ms)",
        *([f"the size of the database ({rows:,} users)"] if isinstance(rows, int) else []),
        "the version of each package",
    ]
    return Threat(
        "what was not varied",
        f"Always the same: {listed(fixed)}.",
        "Each is a choice that a conclusion may hang on, and each is a parameter or a file that can"
        " be changed.",
    )


def _bundled(run: Run) -> Threat:
    stacks = run.manifest.stacks.values()
    apart = [
        {axis for axis in EVERY_AXIS if one.get(axis) != other.get(axis)}
        for one, other in combinations(stacks, 2)
    ]
    apart = [each for each in apart if each]
    alone = [name for name, axes in _CHOICES.items() if any(each <= {*axes} for each in apart)]
    together = [
        name
        for name, axes in _CHOICES.items()
        if name not in alone and any(each & {*axes} for each in apart)
    ]
    return Threat(
        "choices that change together",
        f"Varied alone: {_named(alone)}. Only together with others: {_named(together)}.",
        "What only changes with something else cannot be credited by itself; an attribution names"
        " it as one part.",
    )


_CHOICES = FACTORS | {
    "sources at once": ("sources",),
    "HTTP client": ("http_client",),
    "searches at once": ("searches",),
    "index": ("after_clone",),
}


def _one_hand(run: Run) -> Threat:
    return Threat(
        "code by one author",
        f"{counted(len(run.manifest.stacks), 'stack')}, all written for this comparison.",
        "Each follows its own community's documentation, yet a specialist might write a faster one."
        " All of it can be read and changed.",
    )


_OF_A_RUN: tuple[Callable[[Run], Threat], ...] = (
    *(_shared_cores, _client, _no_network, _invalid, _short, _failed, _not_varied, _bundled),
    _one_hand,
)

_NAMES = {
    "stolen_fraction": ("time stolen by the host", "of the machine's time"),
    "foreign_cpu_fraction": ("other processes", "of the machine's CPU time"),
    "speed_drift": ("drift of the core's speed", "within a trial"),
}


def _disturbed(run: Run, what: str) -> Threat:
    values, bound = trials_table(run)[what].dropna(), MACHINE[what]
    name, unit = _NAMES[what]
    return Threat(
        name,
        f"Over {_share(bound)} {unit} in {(values > bound).sum()} of"
        f" {counted(len(values), 'attempt')}, {_share(values.max())} at most.",
        "Beyond the bound a trial is repeated; one that stays so is suspect and decides nothing."
        " What lies below it is part of every interval.",
    )


def _few_blocks(run: Run, ratios: pd.DataFrame) -> Threat:
    few = int((ratios["blocks_untouched"] < MINIMUM_BLOCKS).sum())
    return Threat(
        "few blocks",
        f"{counted(run.manifest.parameters.blocks, 'block')}; {few} of"
        f" {counted(len(ratios), 'comparison')} have fewer than {MINIMUM_BLOCKS} untouched ones.",
        "Few blocks make wide intervals, and these are undecided. Blocks of one run share its day:"
        " an interval covers the differences between them, not another day or another machine.",
    )


def _many_comparisons(ratios: pd.DataFrame) -> Threat:
    known = int(ratios["low"].notna().sum())
    return Threat(
        "many comparisons",
        f"{counted(known, 'comparison')} with a {_share(1 - CHANCE)} interval: were no two stacks"
        f" different, about {number(CHANCE * known)} of them would still exclude 1.",
        "A single surprising ratio may be one of these. What holds over scenarios, or in a second"
        " run, is less likely to be.",
    )


def _counting(run: Run) -> pd.DataFrame:
    trials = trials_table(run)
    return trials[trials["used"] & (trials["role"] != "pilot")]


def _named(choices: list[str]) -> str:
    return listed(choices) if choices else "nothing"


def _share(value: float) -> str:
    return percent(float(value))
