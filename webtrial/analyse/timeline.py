"""One trial, moment by moment: its requests, its rates, what the processes used each second."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from webtrial.analyse.summary import measured, trials_table
from webtrial.errors import RunError
from webtrial.records import Second, Trial
from webtrial.runs import Run


@dataclass(frozen=True, slots=True)
class Timeline:
    """`requests`: t_s (of the intended start), latency_ms, ok; warm-up has t_s < 0.
    `bins`: t_s (start of the bin), sent_per_s, completed_per_s, median_ms, worst_ms (of those
    intended in the bin that succeeded). `seconds`: the fields of records.Second."""

    trial: Trial
    requests: pd.DataFrame
    bins: pd.DataFrame
    seconds: pd.DataFrame


def timeline(run: Run, number: int, attempt: int = 1, bin_ms: float = 100) -> Timeline:
    """Attempt `attempt` at trial `number`; RunError when the run has none such."""
    trial = _find(run, number, attempt)
    samples = run.samples(trial, ["intended_ns", "sent_ns", "done_ns", "outcome"])
    requests = pd.DataFrame(
        {
            "t_s": samples["intended_ns"] / 1e9,
            "latency_ms": (samples["done_ns"] - samples["intended_ns"]) / 1e6,
            "ok": samples["outcome"] == "ok",
        }
    )
    names = list(Second.__dataclass_fields__)
    seconds = pd.DataFrame([asdict(second) for second in trial.seconds], columns=names)
    return Timeline(trial, requests, _bins(samples, trial, bin_ms / 1000), seconds)


def typical_trial(run: Run, scenario: str, stack: str) -> tuple[int, int]:
    """Number and attempt of the valid trial of `stack` at `scenario` with the median throughput
    among its largest closed (else open) load; suspect ones where none is valid."""
    trials = measured(trials_table(run))
    trials = trials[(trials["scenario"] == scenario) & (trials["stack"] == stack)]
    if trials.empty:
        raise RunError(f"no usable trial of {stack} at {scenario} in {run.path}")
    ranks = ["valid_last", "load_kind", "users", "rate_per_s"]
    trials = trials.assign(valid_last=trials["verdict"] != "valid")
    trials = trials.sort_values(ranks, ascending=[True, True, False, False])
    first = trials.iloc[0]
    alike = trials[(trials["load"] == first["load"]) & (trials["verdict"] == first["verdict"])]
    row = alike.sort_values("throughput_per_s").iloc[(len(alike) - 1) // 2]
    return int(row["number"]), int(row["attempt"])


def _find(run: Run, number: int, attempt: int) -> Trial:
    for trial in run.trials:
        if (trial.planned.number, trial.attempt) == (number, attempt):
            return trial
    raise RunError(f"{run.path} has no attempt {attempt} at trial {number}; see trials_table(run)")


def _bins(samples: pd.DataFrame, trial: Trial, width_s: float) -> pd.DataFrame:
    first = -np.ceil(trial.warmup_s / width_s) * width_s
    edges = np.arange(first, trial.window_s + width_s / 2, width_s)
    done = samples[samples["outcome"] == "ok"]
    which = np.digitize(done["intended_ns"] / 1e9, edges) - 1
    latency_ms = ((done["done_ns"] - done["intended_ns"]) / 1e6).groupby(which)
    frame = pd.DataFrame(
        {
            "t_s": edges[:-1],
            "sent_per_s": np.histogram(samples["sent_ns"] / 1e9, edges)[0] / width_s,
            "completed_per_s": np.histogram(done["done_ns"] / 1e9, edges)[0] / width_s,
        }
    )
    frame["median_ms"] = latency_ms.median().reindex(frame.index)
    frame["worst_ms"] = latency_ms.max().reindex(frame.index)
    return frame
