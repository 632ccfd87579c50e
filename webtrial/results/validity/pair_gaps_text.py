"""Text of the time between the trials of a pair."""

import pandas as pd

from webtrial.results.base.display import Prose
from webtrial.results.base.formatting import format_range, humanize, number
from webtrial.results.validity.pair_gaps import pair_gaps
from webtrial.run.store import Run


def pair_gaps_text(run: Run) -> Prose:
    """Return the time between the trials of the run's pairs."""
    gaps = pair_gaps(run)
    if gaps.empty:
        return Prose("")
    cells = gaps.groupby(["scenario", "load"], sort=False)["gap_s"]
    (scenario, load), furthest = max(cells, key=lambda cell: float(cell[1].median()))
    longest = f"; longest in {humanize(str(scenario))} at {load}: {_spread_s(furthest)}"
    return Prose(
        f"Time between the starts of the two trials of a pair: {_spread_s(gaps['gap_s'])}"
        f"{longest if len(cells) > 1 else ''}. A shorter disturbance of the machine may affect only"
        " one of the two."
    )


def _spread_s(gaps_s: pd.Series) -> str:
    """Format a spread: `6.5 s (median; 3.1 to 150 s)`."""
    return f"{number(float(gaps_s.median()))} s (median; {format_range(gaps_s.tolist())} s)"
