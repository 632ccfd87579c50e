"""Requests in flight when the article's own table was measured.

This is neither a claim of the article nor a verdict on one: connections may be idle, so fewer
requests in flight than connections are no contradiction.
"""

from collections.abc import Sequence

import pandas as pd

from webtrial.results.claims.claims_file import Claim, read_claims


def requests_in_flight(claims: Sequence[Claim] | None = None) -> pd.DataFrame:
    """Return throughput × mean latency of the article's figures for CRUD.

    A row per stack with both figures. This is Little's law (Little, A Proof for the Queuing
    Formula, Operations Research 9, 1961). Columns: stack, throughput_per_s, latency_ms, in_flight,
    connections (claimed for the stack; NaN if the article names none). `claims` are those of
    data/claims.csv unless given.
    """
    claims = read_claims() if claims is None else claims
    per_s = _figures(claims, "throughput")
    latency_ms = _figures(claims, "latency_mean")
    connections = {
        claim.stack[0]: claim.numbers[0]
        for claim in claims
        if claim.predicate == "connections_held"
    }
    frame = pd.DataFrame(
        {"throughput_per_s": per_s, "latency_ms": latency_ms, "connections": connections},
        dtype=float,
    ).dropna(subset=["throughput_per_s", "latency_ms"])
    in_flight = frame["throughput_per_s"] * frame["latency_ms"] / 1000
    frame.insert(2, "in_flight", in_flight)
    order = [stack for stack in per_s if stack in frame.index]
    return frame.loc[order].rename_axis("stack").reset_index()


def _figures(claims: Sequence[Claim], metric: str) -> dict[str, float]:
    """Return the article's figure of each stack on CRUD."""
    return {
        claim.stack[0]: claim.numbers[0]
        for claim in claims
        if (claim.predicate, claim.scenario, claim.metric) == ("figure", ("crud",), metric)
    }
