"""Validity of the trials: verdicts, reasons, and the machine over the run."""

import pandas as pd

from webtrial.run.bounds import DRIFT_MAX, FOREIGN_MAX, STOLEN_MAX
from webtrial.run.records import Trial
from webtrial.run.store import Run
from webtrial.stats.trials import trials_table

VERDICTS = ("valid", "suspect", "invalid")
MACHINE = {  # what is monitored → the bound above which a trial is repeated, then suspect
    "stolen_fraction": STOLEN_MAX,
    "foreign_cpu_fraction": FOREIGN_MAX,
    "speed_drift": DRIFT_MAX,
}


def verdict_table(run: Run) -> pd.DataFrame:
    """Return the number of attempts by verdict, one row for each possible verdict.

    Columns: verdict, attempts, final (those that count), pilot (attempts of the pilot, which sets
    rates; they are in no estimate and in neither of the other numbers).
    """
    trials = trials_table(run)
    piloted = trials["role"] == "pilot"
    by_verdict = trials[~piloted].groupby("verdict")["final"]
    counts = {
        "attempts": by_verdict.size(),
        "final": by_verdict.sum(),
        "pilot": trials.loc[piloted, "verdict"].value_counts(),
    }
    table = pd.DataFrame(counts).reindex(VERDICTS).fillna(0).astype(int)
    return table.rename_axis("verdict").reset_index()


def validity_table(run: Run) -> pd.DataFrame:
    """Return the number of attempts by verdict and reason.

    The most frequent comes first within a verdict. Columns: verdict (of the attempt), gate (`none`
    for valid ones), kind (instrument, machine), attempts, final (those that count), example (one
    reason's text). An attempt with two reasons counts in both rows. The pilot's attempts are
    excluded.
    """
    final = trials_table(run).set_index(["number", "attempt"])["final"]
    rows = [
        (trial.validity.verdict, *reason, bool(final[trial.planned.number, trial.attempt]))
        for trial in run.trials
        if trial.planned.role != "pilot"
        for reason in _reasons(trial)
    ]
    frame = pd.DataFrame(rows, columns=["verdict", "gate", "kind", "example", "final"])
    table = frame.groupby(["verdict", "gate", "kind"], sort=False, as_index=False).agg(
        attempts=("final", "size"), final=("final", "sum"), example=("example", "first")
    )
    order = table["verdict"].map({name: place for place, name in enumerate(VERDICTS)})
    ranked = table.assign(order=order).sort_values(["order", "attempts"], ascending=[True, False])
    return ranked.drop(columns="order").reset_index(drop=True)


def _reasons(trial: Trial) -> list[tuple[str, str, str]]:
    reasons = [(each.gate, str(each.kind), each.text) for each in trial.validity.reasons]
    return reasons or [("none", "", "")]


def machine_table(run: Run) -> pd.DataFrame:
    """Return the state of the machine at each attempt, in order.

    Columns: order (1 …), number, attempt, verdict, what (stolen_fraction, foreign_cpu_fraction,
    speed_drift, speed: relative to the run's median), value, bound (from which a trial is repeated,
    NaN for speed).
    """
    trials = trials_table(run)
    trials = trials.assign(
        order=range(1, len(trials) + 1),
        speed=trials["speed_per_s"] / trials["speed_per_s"].median(),
    )
    keys = ["order", "number", "attempt", "verdict"]
    long = trials.melt(keys, [*MACHINE, "speed"], var_name="what", value_name="value")
    return long.assign(bound=long["what"].map(MACHINE))
