"""The time between the two trials of a paired comparison."""

from collections.abc import Iterable

import pandas as pd

from webtrial.run.store import Run
from webtrial.stats.estimates import CELL
from webtrial.stats.matching import pairs_of
from webtrial.stats.pairs import Pair
from webtrial.stats.trials import at_common_loads, measured, trials_table


def pair_gaps(run: Run, pairs: Iterable[Pair] | None = None) -> pd.DataFrame:
    """Return the time between the starts of the two trials of a pair.

    A row per cell, pair and block; `pairs` are those of the run unless given. Columns: scenario,
    load_kind, load, block, stack, baseline, gap_s (not negative).
    """
    chosen = [(pair.stack, pair.baseline) for pair in (pairs_of(run) if pairs is None else pairs)]
    wanted = pd.DataFrame(chosen, columns=["stack", "baseline"])
    trials = at_common_loads(measured(trials_table(run)))
    place = [*CELL, "block"]
    starts = trials[[*place, "stack"]].assign(
        started=pd.to_datetime(trials["started_at"], utc=True, format="ISO8601")
    )
    below = starts.rename(columns={"stack": "baseline", "started": "below"})
    both = starts.merge(wanted, on="stack").merge(below, on=[*place, "baseline"])
    gap_s = (both["started"] - both["below"]).dt.total_seconds().abs()
    return both.assign(gap_s=gap_s)[[*place, "stack", "baseline", "gap_s"]]
