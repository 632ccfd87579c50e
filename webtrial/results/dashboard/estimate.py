"""The parts of a dashboard's response time."""

from typing import Any

import pandas as pd

from webtrial.results.dashboard.upstreams import upstream_times
from webtrial.run.store import Run
from webtrial.stats.counting import by_trial, request_counts
from webtrial.stats.estimates import CELL, in_order, labelled
from webtrial.stats.intervals import geometric_mean
from webtrial.stats.trials import measured, trials_table


def dashboard_parts(run: Run) -> pd.DataFrame:
    """Return the dashboard's response time and its upstreams' times: a row per load and stack.

    Columns: scenario, load_kind, load, stack, title, framework, response_ms (mean of a block's
    requests, then geometric mean over blocks), low, high, blocks, suspect_blocks, in_turn_ms (sum
    of the upstreams' mean times), slowest_ms (the longest of them). All are means because means can
    be added and percentiles cannot.
    """
    trials = measured(trials_table(run))
    trials = trials[trials["scenario"] == "dashboard"].merge(_upstreams(run))
    counts = by_trial(request_counts(run, trials))
    means = [(*key, requests.mean_ms) for key, requests in counts.items()]
    responses = pd.DataFrame(means, columns=[*_ID, "response_ms"])
    trials = trials.merge(responses.astype(dict.fromkeys(_ID, int)))
    groups = trials.groupby([*CELL, "stack"], sort=False)
    rows = [dict(zip([*CELL, "stack"], key, strict=True)) | _parts(group) for key, group in groups]
    columns = ["response_ms", "low", "high", "blocks", "suspect_blocks", "in_turn_ms", "slowest_ms"]
    return in_order(run, labelled(run, pd.DataFrame(rows, columns=[*CELL, "stack", *columns])))


_ID = ["number", "attempt"]


def _upstreams(run: Run) -> pd.DataFrame:
    rows = [
        (trial.planned.number, trial.attempt, times.in_turn_ms, times.slowest_ms)
        for trial in run.trials
        if (times := upstream_times(trial))
    ]
    return pd.DataFrame(rows, columns=[*_ID, "in_turn_ms", "slowest_ms"])


def _parts(trials: pd.DataFrame) -> dict[str, Any]:
    response = geometric_mean(trials["response_ms"].tolist())
    return {
        "response_ms": response.value,
        "low": response.low,
        "high": response.high,
        "blocks": response.blocks,
        "suspect_blocks": int((trials["verdict"] == "suspect").sum()),
        "in_turn_ms": trials["in_turn_ms"].mean(),
        "slowest_ms": trials["slowest_ms"].mean(),
    }
