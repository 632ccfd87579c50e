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
from webtrial.results.claims.claims_file import read_claims
from webtrial.results.dashboard.ratios import (
    client_decides,
    main_open_rows,
    saturated_rows,
    smallest_closed_rows,
)
from webtrial.results.overview.findings import inline_title
from webtrial.stats.frames import rows_of
from webtrial.stats.intervals import DECIDED
from webtrial.stats.pairs import Stacks

CLAIM = "dashboard-fanout"
HTTPX_REGRESSION = (
    "Part of the cost of httpx is a known regression of httpcore 1.0 (encode/httpcore#1103): if the"
    " package *sniffio* is not installed, each lock, event and connection tries to import it again."
    " anyio has not installed it since version 4.11."
)


def dashboard_finding(rows: pd.DataFrame, stacks: Stacks) -> str:
    """Return the findings of `dashboard_ratios` as sentences; "" if there are none."""
    parts = [
        *_response_time_sentences(main_open_rows(rows), stacks),
        *_throughput_sentences(smallest_closed_rows(rows), stacks),
        *_saturated_sentences(rows, stacks),
    ]
    claimed = next((claim.claimed[0] for claim in read_claims() if claim.id == CLAIM), None)
    if not parts:
        return ""
    claim = f"According to the article, sources called in turn take {claimed} times as long."
    return " ".join([claim, *parts])


def _response_time_sentences(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    for stack, pairs in _by_stack(rows):
        longer = [
            f"{_ratio(_inverted(row))} times as long with"
            f" **{inline_title(row['baseline'], stacks)}**"
            for row in rows_of(pairs)
        ]
        yield (
            f"At {pairs['load'].iloc[0]} the median response took {listed(longer)} as with"
            f" **{inline_title(stack, stacks)}**."
        )


def _throughput_sentences(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    for stack, pairs in _by_stack(rows):
        yield (
            f"At {pairs['load'].iloc[0]} **{inline_title(stack, stacks)}** served"
            f" {_throughput_ratios(pairs, stacks)}."
        )


def _saturated_sentences(rows: pd.DataFrame, stacks: Stacks) -> Iterator[str]:
    """Yield a sentence per HTTP client, all with the same wording."""
    pairs = saturated_rows(rows)
    by_client = [
        f"with {each['client'].iloc[0]} {_throughput_ratios(each, stacks)}"
        for _, each in _by_stack(pairs)
    ]
    if not by_client:
        return
    cause = "the HTTP client in the service decides: " if client_decides(rows) else ""
    name = inline_title(str(pairs["stack"].iloc[0]), stacks)
    yield f"At {pairs['load'].iloc[0]} {cause}**{name}** served {'; '.join(by_client)}."


def _by_stack(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    for stack, pairs in rows[rows["ratio"].notna()].groupby("stack", sort=False):
        yield str(stack), pairs


def _throughput_ratios(pairs: pd.DataFrame, stacks: Stacks) -> str:
    """Return the throughput ratios of one stack over several.

    Example: `0.72 (0.66–0.79) times the requests per second of Flask and 0.79 (0.74–0.85) of
    Django`.
    """
    first, *others = [
        (_ratio(row), inline_title(row["baseline"], stacks)) for row in rows_of(pairs)
    ]
    text = f"{first[0]} times the requests per second of {first[1]}"
    return listed([text, *(f"{ratio} times those of {name}" for ratio, name in others)])


def _inverted(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"ratio": 1 / row["ratio"], "low": 1 / row["high"], "high": 1 / row["low"]}


def _ratio(row: dict[str, Any]) -> str:
    undecided = isfinite(row["low"]) and row["verdict"] not in DECIDED
    return ratio_text(row) + ", undecided," * undecided
