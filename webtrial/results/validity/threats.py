"""Threats to the validity of this run, as far as the run itself can show them."""

from collections.abc import Callable
from datetime import datetime
from itertools import combinations
from typing import NamedTuple

import pandas as pd

from webtrial.results.attribution.paths import FACTORS
from webtrial.results.base.formatting import humanize, listed, number, percent, pluralize
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
    others = f"services, PostgreSQL and upstreams on {pluralize(len(services), 'core')}"
    seen = f"{_drivers(run)}; {others}" if services else "the assignment of cores is unknown"
    return Threat(
        "shared cores",
        f"{pluralize(cores, 'core') if cores else 'An unknown number of cores'}: {seen}.",
        "A stack that uses less CPU time leaves more of the core to PostgreSQL and so gains twice."
        " With separate cores for the database, ratios may be smaller or larger.",
    )


def _drivers(run: Run) -> str:
    """Return the load drivers and their cores."""
    budgets = run.manifest.budgets
    if run.manifest.parameters.scheduler:
        return "load drivers on a cluster"
    if workers := budgets.get("worker_cores"):
        return f"{pluralize(len(workers), 'load driver')}, each on a separate core"
    drivers = pluralize(int(budgets.get("load_drivers", 1)), "load driver")
    is_separate = budgets.get("driver_core") is not None
    return f"{drivers} on {'a separate core' if is_separate else 'the cores of the services'}"


def _client(run: Run) -> Threat:
    used = _counted_trials(run)["client_cpu_fraction"]
    return Threat(
        "load driver as bottleneck",
        f"Median CPU use {_share(used.median())} of its core, maximum {_share(used.max())}, in"
        " trials that are not invalid.",
        f"Above {_share(CPU_INVALID)}, requests wait for the driver. Such a trial is invalid.",
    )


def _no_network(run: Run) -> Threat:
    external = run.manifest.budgets.get("not_launched_by_us")
    if external:
        return Threat(
            "unknown machines",
            f"{pluralize(len(external), 'service')} not launched by Webtrial, behind a network of"
            " unknown delay.",
            "The CPU time and memory of such a service are unknown, it is not restarted for each"
            " block, and its response times include the network.",
        )
    return Threat(
        "no network",
        "All connections use loopback.",
        "A real network would add the same time to every stack and make ratios of response times"
        " smaller.",
    )


def _damaged(run: Run) -> Threat:
    return Threat(
        "damaged files",
        f"{pluralize(len(run.damage), 'file')} of the run: {listed(sorted(run.damage))}.",
        "Trials with a damaged file are excluded, whatever their verdict was.",
    )


def _invalid(run: Run) -> Threat:
    trials = trials_table(run)
    final = trials[trials["final"] & (trials["role"] != "pilot")]
    shares = final["verdict"].eq("invalid").groupby(final["stack"]).mean()
    stacks = stacks_in_order(run)
    deployed = [name for name in stacks if is_deployed(name, stacks) and name in shares.index]
    by_stack = [f"{title_of(name, stacks)} {_share(shares[name])}" for name in deployed]
    verdicts = final["verdict"].value_counts()
    return Threat(
        "invalid and suspect trials",
        f"Of {pluralize(len(final), 'trial')}, {verdicts.get('invalid', 0)} are invalid and"
        f" {verdicts.get('suspect', 0)} suspect. Invalid by stack: {listed(by_stack)}.",
        "Excluded trials are not a random sample: if a gate affects one stack more often than"
        " another, the quieter trials of that stack remain.",
    )


def _short(run: Run) -> Threat:
    trials, manifest = trials_table(run), run.manifest
    began, ended = manifest.started_at, manifest.finished_at
    elapsed = datetime.fromisoformat(ended) - datetime.fromisoformat(began) if ended else None
    hours = f", within {number(elapsed.total_seconds() / 3600)} hours" if elapsed else ""
    return Threat(
        "short windows, one occasion",
        f"{number(trials['window_s'].median())} s per trial (median),"
        f" {number(trials['window_s'].sum() / 60)} minutes in total{hours}.",
        "Effects that take hours do not appear, such as growing memory or vacuuming in the"
        " database. For another day, measure another run and compare the two.",
    )


def _failed(run: Run) -> Threat:
    trials = _counted_trials(run)
    share = trials["errors"].sum() / trials["sent"].sum() if len(trials) else float("nan")
    worst = rows_of(trials[trials["errors"] > 0].nlargest(1, "error_fraction"))
    where = "".join(
        f"; at most {_share(row['error_fraction'])} in a trial, with"
        f" {title_of(row['stack'], run.manifest.stacks)} on {humanize(row['scenario'])} at"
        f" {row['load']}"
        for row in worst
    )
    return Threat(
        "failed requests",
        f"{_share(share)} of the requests in counted trials{where}.",
        "A failure may be quicker than a valid response. Failed requests are in neither rates nor"
        " response times, except timeouts, which count as at least the timeout.",
    )


def _not_varied(run: Run) -> Threat:
    parameters = run.manifest.parameters
    rows = run.manifest.data.get("rows", {}).get("users")
    launched = [
        f"server processes of each stack ({parameters.server_processes})",
        f"database connections ({parameters.database_connections})",
    ]
    fixed = [
        *([] if run.manifest.budgets.get("not_launched_by_us") else launched),
        f"delay of the dashboard's upstreams ({number(parameters.upstream_delay_ms)} ms)",
        *([f"the size of the database ({rows:,} users)"] if isinstance(rows, int) else []),
        "the version of each package",
    ]
    return Threat(
        "factors that were not varied",
        f"Constant: {listed(fixed)}.",
        "Conclusions may depend on each of them. Each is a parameter or a file that can be"
        " changed.",
    )


def _bundled(run: Run) -> Threat:
    stacks = run.manifest.stacks.values()
    differences = [
        {axis for axis in EVERY_AXIS if one.get(axis) != other.get(axis)}
        for one, other in combinations(stacks, 2)
    ]
    differences = [each for each in differences if each]
    alone = [
        name for name, axes in _CHOICES.items() if any(each <= {*axes} for each in differences)
    ]
    together = [
        name
        for name, axes in _CHOICES.items()
        if name not in alone and any(each & {*axes} for each in differences)
    ]
    return Threat(
        "choices that change together",
        f"Varied alone: {_list(alone)}. Varied only together with others: {_list(together)}.",
        "The effect of a choice that changes only together with another cannot be separated. An"
        " attribution reports both as one part.",
    )


_CHOICES = FACTORS | {
    "concurrent sources": ("sources",),
    "HTTP client": ("http_client",),
    "concurrent searches": ("searches",),
    "index": ("after_clone",),
}


def _one_author(run: Run) -> Threat:
    return Threat(
        "code by one author",
        f"{pluralize(len(run.manifest.stacks), 'stack')}, all written for this comparison.",
        "Each follows the documentation of its community, but a specialist might write a faster"
        " one. All code can be read and changed.",
    )


_OF_A_RUN: tuple[Callable[[Run], Threat], ...] = (
    *(_shared_cores, _client, _no_network, _invalid, _short, _failed, _not_varied, _bundled),
    _one_author,
)

_NAMES = {
    "stolen_fraction": ("steal", "of the machine's time"),
    "foreign_cpu_fraction": ("foreign CPU", "of the machine's CPU time"),
    "speed_drift": ("drift of the core's speed", "within a trial"),
}


def _disturbed(run: Run, what: str) -> Threat:
    values, bound = trials_table(run)[what].dropna(), MACHINE[what]
    name, unit = _NAMES[what]
    return Threat(
        name,
        f"Over {_share(bound)} {unit} in {(values > bound).sum()} of"
        f" {pluralize(len(values), 'attempt')}; maximum {_share(values.max())}.",
        "Above the bound a trial is repeated. If it stays above, it is suspect and decides nothing."
        " Smaller disturbances are part of every interval.",
    )


def _few_blocks(run: Run, ratios: pd.DataFrame) -> Threat:
    few = int((ratios["blocks_untouched"] < MINIMUM_BLOCKS).sum())
    return Threat(
        "few blocks",
        f"{pluralize(run.manifest.parameters.blocks, 'block')}; {few} of"
        f" {pluralize(len(ratios), 'comparison')} have fewer than {MINIMUM_BLOCKS} untouched ones.",
        "Few blocks give wide intervals and inconclusive verdicts. An interval covers differences"
        " between the blocks of a run, not between days or machines.",
    )


def _many_comparisons(ratios: pd.DataFrame) -> Threat:
    known = int(ratios["low"].notna().sum())
    return Threat(
        "many comparisons",
        f"{pluralize(known, 'comparison')} with a {_share(1 - CHANCE)} interval. If no stacks"
        f" differed, about {number(CHANCE * known)} of them would still exclude 1 by chance.",
        "A single surprising ratio may be due to chance. A result that holds in several scenarios"
        " or in a second run is less likely to be.",
    )


def _counted_trials(run: Run) -> pd.DataFrame:
    trials = trials_table(run)
    return trials[trials["used"] & (trials["role"] != "pilot")]


def _list(choices: list[str]) -> str:
    return listed(choices) if choices else "nothing"


def _share(value: float) -> str:
    return percent(float(value))
