"""Texts of trials, gates, the machine and the load."""

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import format_range, humanize, listed, number, pluralize
from webtrial.results.base.result import Renderers
from webtrial.results.validity.audits import audit, audits_text
from webtrial.results.validity.gates import MACHINE, VERDICTS, machine_table, verdict_table
from webtrial.results.validity.robustness import robustness_table
from webtrial.run.manifest import Manifest
from webtrial.run.store import Run
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import title_of
from webtrial.stats.ratios import THROUGHPUT, noise_floors, ratio_table
from webtrial.stats.trials import trials_table


def reasons_figure_text(verdicts: pd.DataFrame, table: pd.DataFrame) -> FigureText:
    """Return the figure text of `verdict_table` and `validity_table`."""
    attempts = dict(zip(verdicts["verdict"], verdicts["attempts"], strict=True))
    final = dict(zip(verdicts["verdict"], verdicts["final"], strict=True))
    title = (
        f"Of {pluralize(sum(final.values()), 'trial')}, {final['valid']} are valid,"
        f" {final['suspect']} suspect and {final['invalid']} invalid, after"
        f" {pluralize(sum(attempts.values()), 'attempt')}"
    )
    alt = "Attempts by verdict and reason: " + "; ".join(
        f"{row['verdict']}{'' if row['gate'] == 'none' else ', ' + humanize(row['gate'])}:"
        f" {row['attempts']}"
        for row in rows_of(table)
    )
    caption = (
        "Attempts by verdict and reason. Full colour: attempts that count; pale: attempts that were"
        " repeated. Invalid trials are never ranked; suspect trials decide nothing."
        + _pilot_exclusion(int(verdicts["pilot"].sum()))
    )
    return FigureText(title, f"{alt}.", caption)


def _pilot_exclusion(count: int) -> str:
    return f" The pilot's {pluralize(count, 'trial')} are not included." if count else ""


def machine_figure_text(table: pd.DataFrame) -> FigureText:
    """Return the figure text of `machine_table`."""
    bounded = table[table["bound"].notna()]
    over = bounded[bounded["value"] > bounded["bound"]]
    attempts = table["order"].nunique()
    disturbed = over["order"].nunique()
    title = f"The machine was disturbed in {disturbed} of {pluralize(attempts, 'attempt')}"
    speed = table.loc[table["what"] == "speed", "value"]
    if len(speed):
        title += f"; its speed varied by {number(100 * (speed.max() - speed.min()), 2)} % of the"
        title += " median"
    most = bounded.groupby("what", sort=False)["value"].max()
    alt = f"{title}. Maxima: " + ", ".join(
        f"{humanize(str(what))} {100 * value:.1f} %" for what, value in most.items()
    )
    caption = (
        "State of the machine at each attempt, in order of measurement. Above the dashed line a"
        " trial is repeated, and is suspect if the repetition is above it, too. Diamonds: suspect;"
        " crosses: invalid."
    )
    return FigureText(title, f"{alt}.", caption)


def load_text(run: Run) -> Prose:
    """Return how large the load was, how many drivers offered it, and what was not launched."""
    if not run.trials:
        return Prose("No trial was measured.")
    drivers = [len(trial.workers) for trial in run.trials if trial.workers] or [1]
    if max(drivers) == 1:
        text = f"One load driver in a separate process offered the whole load: {_largest(run)}."
    else:
        where = (
            "workers of a Dask cluster"
            if run.manifest.parameters.workers == 1
            else "processes on this machine"
        )
        low, high = min(drivers), max(drivers)
        count = str(high) if low == high else f"{low} to {high}"
        text = (
            f"{count} load drivers ({where}) shared the load of each trial: {_largest(run)} each."
            " The drivers of a trial started at the same instant. The gates apply to each driver,"
            " and percentiles are computed from the requests of all drivers together."
        )
    return Prose(text + _external_note(run.manifest))


def _largest(run: Run) -> str:
    """Return the largest load of a driver: `at most 50 users or 1,234 arrivals in a window`."""
    parts = [(worker.users, worker.counts) for trial in run.trials for worker in trial.workers] or [
        (trial.planned.load.users, trial.counts) for trial in run.trials
    ]
    users = max((users for users, _ in parts if users is not None), default=0)
    arrivals = max((counts.scheduled for users, counts in parts if users is None), default=0)
    largest = [pluralize(users, "user")] if users else []
    largest += [f"{arrivals:,} arrivals in a window"] if arrivals else []
    return f"at most {' or '.join(largest)}" if largest else "no request"


def _external_note(manifest: Manifest) -> str:
    names = manifest.budgets.get("not_launched_by_us")
    if not names:
        return ""
    return (
        f" Not launched by Webtrial: {listed([title_of(n, manifest.stacks) for n in names])}."
        " Their CPU time and memory are unknown, and they were not restarted for each block."
    )


def verdicts_text(run: Run) -> Prose:
    """Return the number of attempts by verdict, of all attempts and of those that count."""
    table = verdict_table(run).set_index("verdict")
    trials = trials_table(run).query("role != 'pilot'")
    attempts = listed([f"{int(table['attempts'][name])} {name}" for name in VERDICTS])
    final = listed([f"{int(table['final'][name])} {name}" for name in VERDICTS])
    repeated = int((trials.groupby("number").size() > 1).sum())
    return Prose(
        f"{pluralize(int(trials['number'].nunique()), 'trial')} took"
        f" {pluralize(len(trials), 'attempt')} ({attempts}); {pluralize(repeated, 'trial')} had to"
        f" be repeated. Counted attempts: {final}.{_pilot_note(table['pilot'])}"
    )


def _pilot_note(counts: pd.Series) -> str:
    if not counts.sum():
        return ""
    verdicts = listed([f"{int(counts[name])} {name}" for name in VERDICTS])
    return (
        f" The pilot's {pluralize(int(counts.sum()), 'trial')} ({verdicts}) are counted separately:"
        " they determine the arrival rates, are repeated only if a load driver was lost, and are in"
        " no estimate."
    )


def errors_text(run: Run) -> Prose:
    """Return the errors of the services during measured windows; failures are results."""
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
        f"{pluralize(int(failed['errors'].sum()), 'request')} of {int(trials['sent'].sum()):,}"
        f" failed ({named or 'none'}) and {int(failed['dropped'].sum()):,} were dropped, in"
        f" {pluralize(len(failed), 'attempt')}. These failures are results and do not make a trial"
        " invalid."
    )


def machine_noise_text(run: Run) -> Prose:
    """Return how much the machine's speed varied, and how often disturbances were excessive."""
    table = machine_table(run)
    speed = table.loc[table["what"] == "speed", "value"]
    exceeded = [
        f"{_BOUNDED[what]} {int((table.loc[table['what'] == what, 'value'] > bound).sum())}"
        for what, bound in MACHINE.items()
    ]
    return Prose(
        f"During the run, the machine's speed was {speed.min():.0%} to {speed.max():.0%} of its"
        f" median. Attempts above a bound: {listed(exceeded)}."
    )


_BOUNDED = {
    "stolen_fraction": "steal",
    "foreign_cpu_fraction": "foreign CPU",
    "speed_drift": "speed drift",
}


def noise_floor_text(run: Run) -> Prose:
    """Return how far the interval of a stack over itself extends.

    Also says what that means for other pairs.
    """
    throughput = noise_floors(run, (THROUGHPUT,)).dropna(subset=["floor"])
    if throughput.empty:
        return Prose(
            "This run measured no stack against itself in enough blocks, so it has no noise floor"
            " and no comparison is indistinguishable."
        )
    return Prose(
        "Noise floor: the interval of a stack over itself extends up to a factor of"
        f" {format_range(throughput['floor'].tolist())} from 1 in throughput, depending on scenario"
        " and load. A comparison is indistinguishable if its whole interval lies within the noise"
        f" floor.{_within_floor(run)}"
    )


def _within_floor(run: Run) -> str:
    """Return how many decided comparisons of throughput have a ratio within the noise floor."""
    rows = ratio_table(run)
    rows = rows[(rows["metric"] == THROUGHPUT.name) & rows["verdict"].isin(DECIDED)]
    rows = rows.dropna(subset=["floor"])
    inside = (rows["ratio"] < rows["floor"]) & (rows["ratio"] > 1 / rows["floor"])
    if not inside.any():
        return ""
    verb = "has a ratio" if inside.sum() == 1 else "have ratios"
    return (
        f" Of {pluralize(len(rows), 'decided comparison')}, {int(inside.sum())} {verb} within the"
        " noise floor but an interval that extends beyond it. Such an interval excludes 1, but the"
        " ratio is no larger than the apparent difference of a stack from itself."
    )


TEXTS: Renderers = {
    "verdicts": lambda result: verdicts_text(result.run),
    "errors": lambda result: errors_text(result.run),
    "machine": lambda result: machine_noise_text(result.run),
    "noise_floor": lambda result: noise_floor_text(result.run),
    "load": lambda result: load_text(result.run),
    "robustness": lambda _: robustness_table(),
    "audits": lambda _: audits_text(),
    "audit": lambda _, name: audit(name),
}
