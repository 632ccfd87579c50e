"""Texts of trials, gates, the machine and the load."""

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.figure_text import FigureText
from webtrial.results.base.formatting import counted, format_range, humanize, listed, number
from webtrial.results.base.result import Shows
from webtrial.results.validity.audits import audit, audits_text
from webtrial.results.validity.gates import MACHINE, VERDICTS, machine_table, verdict_table
from webtrial.results.validity.robustness import robustness_table
from webtrial.run.store import Manifest, Run
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
        f"Of {counted(sum(final.values()), 'trial')} {final['valid']} are valid, {final['suspect']}"
        f" suspect, {final['invalid']} invalid, after {counted(sum(attempts.values()), 'attempt')}"
    )
    alt = "Attempts by verdict and reason: " + "; ".join(
        f"{row['verdict']}{'' if row['gate'] == 'none' else ', ' + humanize(row['gate'])}:"
        f" {row['attempts']}"
        for row in rows_of(table)
    )
    caption = (
        "Attempts by verdict and reason. Full colour: those that count; pale: those that were"
        " repeated. Invalid trials are never ranked, suspect ones decide nothing."
        + _pilots(int(verdicts["pilot"].sum()))
    )
    return FigureText(title, f"{alt}.", caption)


def _pilots(count: int) -> str:
    return f" The pilot's {counted(count, 'trial')} are not among them." if count else ""


def machine_figure_text(table: pd.DataFrame) -> FigureText:
    """Return the figure text of `machine_table`."""
    bounded = table[table["bound"].notna()]
    over = bounded[bounded["value"] > bounded["bound"]]
    attempts = table["order"].nunique()
    title = (
        f"The machine was disturbed in {over['order'].nunique()} of {counted(attempts, 'attempt')}"
    )
    speed = table.loc[table["what"] == "speed", "value"]
    if len(speed):
        title += f"; its speed ranged over {number(100 * (speed.max() - speed.min()), 2)} % of its"
        title += " median"
    most = bounded.groupby("what", sort=False)["value"].max()
    alt = f"{title}. At most: " + ", ".join(
        f"{humanize(str(what))} {100 * value:.1f} %" for what, value in most.items()
    )
    caption = (
        "The machine at each attempt, in the order of measuring. Above the dashed line a trial is"
        " repeated, and suspect if that does not help. Diamonds: suspect; crosses: invalid."
    )
    return FigureText(title, f"{alt}.", caption)


def load_text(run: Run) -> Prose:
    """Return how large the load was, how many drivers offered it, and what was not launched."""
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
    """Return the largest load of a driver: `at most 50 users or 1,234 arrivals in a window`."""
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


def verdicts_text(run: Run) -> Prose:
    """Return the number of attempts by verdict, and how many trials count as what."""
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
        f"{counted(int(failed['errors'].sum()), 'request')} of {int(trials['sent'].sum()):,}"
        f" failed ({named or 'none'}), {int(failed['dropped'].sum()):,} were dropped, in"
        f" {counted(len(failed), 'attempt')}. Such failures are results and make no trial invalid."
    )


def machine_noise_text(run: Run) -> Prose:
    """Return how much the machine's speed varied, and how often disturbances were excessive."""
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


def noise_floor_text(run: Run) -> Prose:
    """Return how far the interval of a stack over itself extends.

    Also says what that means for other pairs.
    """
    throughput = noise_floors(run, (THROUGHPUT,)).dropna(subset=["floor"])
    if throughput.empty:
        return Prose(
            "No stack was measured against itself in this run with enough blocks, so there is no"
            " noise floor and nothing is called indistinguishable."
        )
    return Prose(
        "The interval of a stack over itself reaches as far from 1 as a factor of"
        f" {format_range(throughput['floor'].tolist())} in throughput, by scenario and load. A"
        " comparison whose whole interval lies within that floor is indistinguishable."
        f"{_within_floor(run)}"
    )


def _within_floor(run: Run) -> str:
    """Return how many decided comparisons of throughput have a ratio within the noise floor."""
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


TEXTS: Shows = {
    "verdicts": lambda found: verdicts_text(found.run),
    "errors": lambda found: errors_text(found.run),
    "machine": lambda found: machine_noise_text(found.run),
    "noise_floor": lambda found: noise_floor_text(found.run),
    "load": lambda found: load_text(found.run),
    "robustness": lambda _: robustness_table(),
    "audits": lambda _: audits_text(),
    "audit": lambda _, name: audit(name),
}
