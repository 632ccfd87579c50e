"""The chapters' sentences with numbers in them, every number computed from the run."""

from datetime import datetime

import pandas as pd

from webtrial.measure.plan import held_loads, pilot, plan, window_of
from webtrial.results.base.display import Prose
from webtrial.results.base.formatting import counted, listed, number, reach, spoken
from webtrial.results.dashboard.finding import HTTPX_REGRESSION, dashboard_finding
from webtrial.results.dashboard.ratios import dashboard_ratios
from webtrial.results.overview.findings import DECIDED, headline, how_sure, unreplicated
from webtrial.results.overview.key_findings import answers
from webtrial.results.validity.gates import MACHINE, VERDICTS, machine_table, verdict_table
from webtrial.run.parameters import Parameters
from webtrial.run.records import PlannedTrial
from webtrial.run.scenario_names import ONE_AT_A_TIME
from webtrial.run.store import Manifest, Run
from webtrial.stats.histogram import MINIMUM_SAMPLES, NEEDS_INTERVAL, RESOLUTION
from webtrial.stats.intervals import MINIMUM_BLOCKS
from webtrial.stats.pairs import is_deployed, title_of
from webtrial.stats.ratios import THROUGHPUT, noise_floors, ratio_table
from webtrial.stats.trials import trials_table


def answer_in_words(run: Run, ratios: pd.DataFrame) -> Prose:
    """The answer as far as the run has one; `ratios` is `ratio_table`."""
    if ratios.empty:
        return Prose("No two stacks have trials that count in the same place: there is no answer.")
    findings = headline(run, ratios, ("throughput",))
    sure = how_sure(findings, unreplicated(ratios))
    return Prose("\n\n".join([*answers(run, ratios), sure]))


def dashboard_in_words(run: Run) -> Prose:
    """The article's factor beside response times, and throughput beside the HTTP client that it
    depends on, with what is known of httpx where a stack of the run uses it from an event loop."""
    rows = dashboard_ratios(run)
    if rows.empty:
        return Prose("No stack of this run asks the dashboard's sources at once.")
    said = dashboard_finding(rows, run.manifest.stacks)
    return Prose(f"{said} {HTTPX_REGRESSION}" if "httpx" in set(rows["client"]) else said)


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


def load_in_words(run: Run) -> Prose:
    """How large the load was and by how many drivers it was offered; what was not launched."""
    if not run.trials:
        return Prose("No trial was measured.")
    by = [len(trial.workers) for trial in run.trials if trial.workers] or [1]
    if max(by) == 1:
        said = f"One load driver, a process of its own, offered all load: {_largest(run)}."
    else:
        where = (
            "workers of a Dask cluster"
            if run.manifest.parameters.workers == 1
            else "processes on this machine"
        )
        drivers = str(max(by)) if min(by) == max(by) else f"{min(by)} to {max(by)}"
        said = (
            f"The load of each trial was shared by {drivers} load drivers, {where}:"
            f" {_largest(run)} each. All of a trial began at one instant, each was held to the"
            " gates by itself, and percentiles are those of all their requests together."
        )
    return Prose(said + _elsewhere(run.manifest))


def _largest(run: Run) -> str:
    """`at most 50 users or 1,234 arrivals in a window`, of a driver."""
    parts = [(worker.users, worker.counts) for trial in run.trials for worker in trial.workers] or [
        (trial.planned.load.users, trial.counts) for trial in run.trials
    ]
    users = max((users for users, _ in parts if users is not None), default=0)
    arrivals = max((counts.scheduled for users, counts in parts if users is None), default=0)
    said = [counted(users, "user")] if users else []
    said += [f"{arrivals:,} arrivals in a window"] if arrivals else []
    return f"at most {' or '.join(said)}" if said else "nothing"


def _elsewhere(manifest: Manifest) -> str:
    names = manifest.budgets.get("not_launched_by_us")
    if not names:
        return ""
    return (
        f" Not launched but found running: {listed([title_of(n, manifest.stacks) for n in names])}."
        " What they cost is unknown, and no block started them anew."
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


def percentile_rule_in_words() -> Prose:
    """From how many requests on a percentile is shown."""
    needed = [
        f"{'the median' if percentile == 50 else f'the {percentile:g}th'} needs {count:,}"
        for percentile, count in MINIMUM_SAMPLES.items()
        if percentile <= 99
    ]
    return Prose(
        f"Of the merged requests, {listed(needed)} before it is shown. The {NEEDS_INTERVAL}th is"
        " shown with its interval, and not at all from a single block, which gives none."
    )


def verdict_rule_in_words() -> Prose:
    """When a comparison is decided."""
    return Prose(
        "**Verdicts.** *Higher* or *lower* when the interval excludes 1 and at least"
        f" {MINIMUM_BLOCKS} blocks were untouched, which is to say that both trials were valid."
        " *Indistinguishable* when it lies within the noise floor, which is how much a stack seems"
        " to differ from itself. *Inconclusive* otherwise. Without a measured noise floor nothing"
        " is ever called indistinguishable."
    )


def verdicts_in_words(run: Run) -> Prose:
    """How many attempts there were, by verdict, and how many trials count as what."""
    table = verdict_table(run).set_index("verdict")
    trials = trials_table(run).query("role != 'pilot'")
    attempts = listed([f"{int(table['attempts'][name])} {name}" for name in VERDICTS])
    final = listed([f"{int(table['final'][name])} {name}" for name in VERDICTS])
    repeated = int((trials.groupby("number").size() > 1).sum())
    return Prose(
        f"{counted(int(trials['number'].nunique()), 'trial')} took"
        f" {counted(len(trials), 'attempt')}, of which {attempts};"
        f" {counted(repeated, 'trial')} had to be repeated. Of the attempts that count, {final}."
        f"{_pilot(table['pilot'])}"
    )


def _pilot(counts: pd.Series) -> str:
    if not counts.sum():
        return ""
    found = listed([f"{int(counts[name])} {name}" for name in VERDICTS])
    return (
        f" The pilot's {counted(int(counts.sum()), 'trial')} ({found}) are counted apart: they"
        " choose rates, are repeated only if a load driver was lost, and are part of no estimate."
    )


def plan_in_words(parameters: Parameters) -> Prose:
    """How much there is to measure, before rates are known."""
    first, blocks = pilot(parameters), _blocks_of(parameters)
    seconds = sum(sum(window_of(trial, parameters)) for trial in [*first, *blocks])
    everywhere = {*parameters.scenarios} - ONE_AT_A_TIME
    swept = [trial.load for trial in blocks if trial.scenario in everywhere]
    loads = len({load for load in swept if load.kind != "held"})
    replicated = "" if parameters.blocks > 1 else " One block gives no interval and no verdict."
    return Prose(
        f"About {counted(len(first) + len(blocks), 'trial')}:"
        f" {counted(len(parameters.scenarios), 'scenario')}, {counted(loads, 'load')} each,"
        f" {counted(parameters.blocks, 'block')}{_beside(len(first), parameters)}. Requests alone"
        f" will take {counted(round(seconds / 60) or 1, 'minute')}.{replicated}"
    )


def _beside(pilots: int, parameters: Parameters) -> str:
    places = listed([spoken(scenario) for scenario in parameters.beside])
    held = len(held_loads(parameters))
    said = [
        f", more stacks in {places}" if places else "",
        f", {counted(held, 'load')} of connections that are held" if held else "",
        f", {parameters.aa_stack} against itself" if parameters.aa_stack else "",
        f", and a pilot of {counted(pilots, 'trial')}" if pilots else "",
    ]
    return "".join(said)


def _blocks_of(parameters: Parameters) -> list[PlannedTrial]:
    """The blocks as far as they are known before the pilot: each share of the slowest capacity
    counts as a rate of its own, though two of them may fall on the same one."""
    given = parameters.open_rates_per_s
    stand_ins = [max(given, default=0.0) + n for n, _ in enumerate(parameters.common_fractions, 1)]
    changes = {"open_rates_per_s": [*given, *stand_ins], "common_fractions": []}
    capacity = dict.fromkeys(parameters.stacks, 1.0)
    capacities = dict.fromkeys(parameters.scenarios, capacity)
    return plan(parameters.model_copy(update=changes), capacities)


def run_in_words(run: Run) -> Prose:
    """What the run is called, how it ended and how long it took."""
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


def errors_in_words(run: Run) -> Prose:
    """What went wrong in the services during measured windows; failures are results."""
    trials = trials_table(run)
    failed = trials[(trials["errors"] > 0) | (trials["dropped"] > 0)]
    if failed.empty:
        return Prose("No request failed, timed out or was dropped in any measured window.")
    kinds: dict[str, int] = {}
    for trial in run.trials:
        for kind, count in trial.counts.errors.items():
            kinds[kind] = kinds.get(kind, 0) + count
    named = listed([f"{count:,} {kind}" for kind, count in kinds.items()])
    return Prose(
        f"{counted(int(failed['errors'].sum()), 'request')} of {int(trials['sent'].sum()):,}"
        f" failed ({named or 'none'}), {int(failed['dropped'].sum()):,} were dropped, in"
        f" {counted(len(failed), 'attempt')}. Such failures are results and make no trial invalid."
    )


def percentiles_in_words() -> Prose:
    """How percentiles are read from merged counts, how exactly, and from how many requests on."""
    needed = listed([f"{least:,} for p{level:g}" for level, least in MINIMUM_SAMPLES.items()])
    return Prose(
        f"**Percentiles.** Response times are counted in logarithmic buckets {RESOLUTION:.1%} wide,"
        " trial by trial; merging blocks adds their counts, and a percentile is read from the sum,"
        f" never averaged. It lies within {RESOLUTION:.1%} of what sorting all the requests would"
        " give. A timeout counts as the time after which it was given up; a percentile among"
        f" timeouts is a lower bound. The fewest requests for one: {needed}. From"
        f" p{NEEDS_INTERVAL} on it is given with its interval over blocks only."
    )


def search_in_words(by_kind: pd.DataFrame) -> Prose:
    """How many times as long a rare word takes as a common one, by stack and load."""
    medians = by_kind[by_kind["percentile"] == 50]
    wide = medians.pivot_table(
        index=["load", "title"], columns="kind", values="latency_ms", observed=True
    )
    if not {"common", "rare"} <= set(wide.columns):
        return Prose("This run has no search for both common and rare words.")
    factors = (wide["rare"] / wide["common"]).dropna()
    said = [f"at {load} {reach(group.tolist())} times" for load, group in factors.groupby("load")]
    return Prose(
        "In the median a search for a rare word took "
        f"{listed(said)} as long as one for a common word, depending on the stack."
    )


def upstreams_in_words(run: Run) -> Prose:
    """How long the upstreams are meant to take."""
    parameters = run.manifest.parameters
    return Prose(
        f"In this run the two upstreams were asked to take {number(parameters.upstream_delay_ms)}"
        " ms in the median, each with its own log-normal spread (of the logarithm:"
        f" {number(parameters.upstream_sigma)})."
    )


def machine_noise_in_words(run: Run) -> Prose:
    """How far the machine's speed moved, and how often it was disturbed beyond the bounds."""
    table = machine_table(run)
    speed = table.loc[table["what"] == "speed", "value"]
    over = [
        f"{_WATCHED[what]} {int((table.loc[table['what'] == what, 'value'] > bound).sum())}"
        for what, bound in MACHINE.items()
    ]
    return Prose(
        f"Over the run the machine's speed lay between {speed.min():.0%} and {speed.max():.0%} of"
        f" its median. Attempts beyond the bound: {listed(over)}."
    )


_WATCHED = {
    "stolen_fraction": "by stolen time",
    "foreign_cpu_fraction": "by other processes",
    "speed_drift": "by drift of speed",
}


def noise_floor_in_words(run: Run) -> Prose:
    """How far the interval of a stack over itself reaches, and what that means for other pairs."""
    throughput = noise_floors(run, (THROUGHPUT,)).dropna(subset=["floor"])
    if throughput.empty:
        return Prose(
            "No stack was measured against itself in this run with enough blocks, so there is no"
            " noise floor and nothing is called indistinguishable."
        )
    return Prose(
        "The interval of a stack over itself reaches as far from 1 as a factor of"
        f" {reach(throughput['floor'].tolist())} in throughput, by scenario and load. A comparison"
        f" whose whole interval lies within that floor is indistinguishable.{_within_floor(run)}"
    )


def _within_floor(run: Run) -> str:
    """How many decided comparisons of throughput have a ratio within the noise floor."""
    rows = ratio_table(run)
    rows = rows[(rows["metric"] == THROUGHPUT.name) & rows["verdict"].isin(DECIDED)]
    rows = rows.dropna(subset=["floor"])
    inside = (rows["ratio"] < rows["floor"]) & (rows["ratio"] > 1 / rows["floor"])
    if not inside.any():
        return ""
    have = "has its ratio" if inside.sum() == 1 else "have their ratio"
    return (
        f" Of {counted(len(rows), 'decided comparison')} {int(inside.sum())} {have} within it, with"
        " intervals that reach beyond: they exclude 1, and are no larger than what a stack may seem"
        " to differ from itself."
    )
