"""The dashboard's finding as sentences.

It compares response times with the article's factor, and throughput by HTTP client, on which it
depends.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import pandas as pd

from webtrial.results.base.formatting import listed
from webtrial.results.base.ratio_labels import ratio_text
from webtrial.results.claims.book import read_claims
from webtrial.results.dashboard.ratios import (
    client_decides,
    lightest_rows,
    saturated_rows,
    waiting_rows,
)
from webtrial.results.overview.findings import named
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import Stacks

CLAIM = "dashboard-fanout"
HTTPX_REGRESSION = (
    "Part of what httpx costs is a known regression of httpcore 1.0 (encode/httpcore#1103): where"
    " the package *sniffio* is not installed, each lock, event and connection tries to import it"
    " again, and anyio no longer installs it since version 4.11."
)


def dashboard_finding(rows: pd.DataFrame, stacks: Stacks) -> str:
    """Return the findings of `dashboard_ratios` as sentences; "" if there are none."""
    parts = [
        *_waiting(waiting_rows(rows), stacks),
        *_served(lightest_rows(rows), stacks),
        *_saturated(rows, stacks),
    ]
    claimed = next((claim.claimed[0] for claim in read_claims() if claim.id == CLAIM), None)
    if not parts:
        return ""
    return f"The article says that sources asked in turn take {claimed} times as long." + "".join(
        f" {part}" for part in parts
    )


def _waiting(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    for stack, pairs in _by_stack(rows):
        longer = [
            f"{_ratio(_turned(row))} times as long with **{named(row['baseline'], stacks)}**"
            for row in rows_of(pairs)
        ]
        yield (
            f"At {pairs['load'].iloc[0]} the median response took {listed(longer)} as with"
            f" **{named(stack, stacks)}**."
        )


def _served(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    for stack, pairs in _by_stack(rows):
        yield (
            f"At {pairs['load'].iloc[0]} **{named(stack, stacks)}** served {_over(pairs, stacks)}."
        )


def _saturated(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    """Yield a sentence per HTTP client, all with the same wording."""
    pairs = saturated_rows(rows)
    by_client = [
        f"with {each['client'].iloc[0]} {_over(each, stacks)}" for _, each in _by_stack(pairs)
    ]
    if not by_client:
        return
    served = f"**{named(str(pairs['stack'].iloc[0]), stacks)}** served {'; '.join(by_client)}."
    if client_decides(rows):
        yield f"At {pairs['load'].iloc[0]} the service's HTTP client decides: {served}"
    else:
        yield f"At {pairs['load'].iloc[0]} {served}"


def _by_stack(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for stack, pairs in rows[rows["ratio"].notna()].groupby("stack", sort=False):
        yield str(stack), pairs


def _over(pairs: pd.DataFrame, stacks: Stacks) -> str:
    """Return the throughput ratios of one stack over several.

    Example: `0.72 (0.66–0.79) times the requests per second of Flask and 0.79 (0.74–0.85) of
    Django`.
    """
    first, *others = [(_ratio(row), named(row["baseline"], stacks)) for row in rows_of(pairs)]
    said = [f"{first[0]} times the requests per second of {first[1]}"]
    return listed([*said, *(f"{ratio} times those of {name}" for ratio, name in others)])


def _turned(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"ratio": 1 / row["ratio"], "low": 1 / row["high"], "high": 1 / row["low"]}


def _ratio(row: dict[str, Any]) -> str:
    undecided = isfinite(row["low"]) and row["verdict"] not in DECIDED
    return ratio_text(row) + ", undecided," * undecided
