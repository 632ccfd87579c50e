"""Tables and sentences of `pilot_shares`: offered rates as shares of what each stack reached."""

import pandas as pd

from webtrial.results.base.display import Prose, Table
from webtrial.results.base.formatting import format_range, humanize, listed
from webtrial.stats.frames import rows_of


def pilot_shares_table(shares: pd.DataFrame) -> Table | Prose:
    """Return a row per load and stack; empty prose if there are none."""
    if shares.empty:
        return Prose("")
    rows = rows_of(shares)
    reached = [
        format_range([row["reached_least_per_s"], row["reached_most_per_s"]]) for row in rows
    ]
    of_that = [_range_text(row["smallest"], row["largest"]) for row in rows]
    columns = {"scenario": "scenario", "load": "load", "title": "stack"}
    columns |= {"rate_per_s": "offered (1/s)", "pilot_per_s": "pilot (1/s)"}
    columns |= {"reached": "reached later (1/s)", "of_that": "share of that"}
    return Table(
        shares.assign(reached=reached, of_that=of_that),
        "Offered rates that were set as shares of the rate in the pilot, and their shares of the"
        " rate that the same stack reached later in closed loops, over blocks and closed loads.",
        columns | {"blocks": "blocks"},
        {"scenario": humanize},
    )


def pilot_shares_text(shares: pd.DataFrame) -> Prose:
    """Return how far shares of the pilot's rate differ from shares of what each stack reached."""
    if shares.empty:
        return Prose("")
    texts = [
        f"*{load}* was {_range_text(part['smallest'].min(), part['largest'].max())}"
        for load, part in shares.groupby("load", sort=False)
    ]
    return Prose(
        "A load named *of pilot* is a share of the rate in one short trial before all others."
        f" {listed(texts)} of the rate that the same stack reached in a closed loop of the same"
        " scenario and block."
    )


def _range_text(smallest: float, largest: float) -> str:
    return f"{smallest:.2f} to {largest:.2f}"
