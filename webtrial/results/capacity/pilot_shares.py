"""Compare loads set as a share of a pilot's rate with the rate the stack reached later.

The pilot is one short trial of each stack in a closed loop before all others. Later results differ
from it, so 80 % of the pilot's rate may be far from 80 % of what the stack can serve.
"""

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.estimates import in_order, is_pilot_fraction, labelled
from webtrial.stats.frames import rows_of
from webtrial.stats.trials import at_common_loads, measured, trials_table

_KEYS = ["scenario", "load_kind", "load", "stack"]


def pilot_shares(run: Run) -> pd.DataFrame:
    """Return the open loads that are shares of each stack's pilot rate: a row per load and stack.

    Only stacks that were also measured in a closed loop of the scenario are included.

    Columns: scenario, load_kind, load, stack, title, framework, rate_per_s (offered), pilot_per_s
    (measured in the pilot; NaN if the run does not say), reached_least_per_s, reached_most_per_s
    (answered in a closed loop of the same scenario and block, over closed loads and blocks),
    smallest, largest (the offered rate divided by that), blocks.
    """
    trials = at_common_loads(measured(trials_table(run)))
    offered = trials[trials["load"].map(is_pilot_fraction).astype(bool)]
    closed = trials[trials["load_kind"] == "closed"]
    keys = ["scenario", "stack", "block"]
    both = offered[[*_KEYS, "block", "rate_per_s"]].merge(
        closed[[*keys, "throughput_per_s"]], on=keys
    )
    rows = [
        dict(zip(_KEYS, key, strict=True)) | _share(blocks)
        for key, blocks in both.groupby(_KEYS, sort=False)
    ]
    frame = pd.DataFrame(rows, columns=[*_KEYS, *_COLUMNS])
    capacities = run.manifest.capacities_per_s
    pilots = [capacities.get(row["scenario"], {}).get(row["stack"]) for row in rows_of(frame)]
    frame.insert(5, "pilot_per_s", pd.Series(pilots, dtype=float))
    return in_order(run, labelled(run, frame))


_COLUMNS = (
    *("rate_per_s", "reached_least_per_s", "reached_most_per_s", "smallest", "largest", "blocks"),
)


def _share(blocks: pd.DataFrame) -> dict[str, float]:
    reached_per_s = blocks["throughput_per_s"]
    shares = blocks["rate_per_s"] / reached_per_s
    return {
        "rate_per_s": float(blocks["rate_per_s"].median()),
        "reached_least_per_s": float(reached_per_s.min()),
        "reached_most_per_s": float(reached_per_s.max()),
        "smallest": float(shares.min()),
        "largest": float(shares.max()),
        "blocks": int(blocks["block"].nunique()),
    }
