"""Judge every claim over a run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from webtrial.results.claims import (
    choices,
    comparing,
    features,
    io_bound,
    levels,
    matched,
    serving,
    sources,
)
from webtrial.results.claims.claims_file import FILE, Claim, read_claims
from webtrial.results.claims.context import ClaimContext, Limits
from webtrial.results.claims.predicates import predicate_of
from webtrial.results.claims.verdicts import Judged
from webtrial.run.cached import cached_per_run
from webtrial.run.store import Run

PREDICATE_MODULES = (choices, comparing, features, io_bound, levels, matched, serving, sources)
"""The modules whose functions register themselves as predicates."""


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """The outcome of every claim.

    `table` has a row per claim: id, kind, facts (that it states, as a tuple), topic, statement,
    claimed, measured (a number, or the word that a probe found; NaN if nothing was measured), low,
    high (NaN without an interval), unit, verdict, reason. `parts` has a row per comparison behind a
    claim: id, topic, what, unit, claimed_low, claimed_high (0 and inf if unbounded), value, low,
    high, verdict (of the claim), direction, size (None if undecided), reason.
    """

    table: pd.DataFrame
    parts: pd.DataFrame


def verify(run: Run, limits: Limits | None = None, path: Path = FILE) -> Verification:
    """Judge every claim of the file. Raises ClaimError if a row is invalid."""
    if limits in (None, Limits()) and path == FILE:
        cached = _by_default(run)
        return Verification(cached.table.copy(), cached.parts.copy())
    return _verified(run, limits or Limits(), path)


@cached_per_run
def _by_default(run: Run) -> Verification:
    return _verified(run, Limits(), FILE)


def _verified(run: Run, limits: Limits, path: Path) -> Verification:
    claims = read_claims(path)
    predicates = [predicate_of(claim) for claim in claims]
    context = ClaimContext(run, tuple(claims), limits)
    judged = [judge(claim, context) for claim, judge in zip(claims, predicates, strict=True)]
    outcomes = list(zip(claims, judged, strict=True))
    rows = [_row(claim, outcome) for claim, outcome in outcomes]
    parts = [part for claim, outcome in outcomes for part in _parts(claim, outcome)]
    return Verification(
        pd.DataFrame(rows, columns=list(_ROW)), pd.DataFrame(parts, columns=list(_PART))
    )


_ROW = (
    *("id", "kind", "facts", "topic", "statement", "claimed", "measured", "low", "high", "unit"),
    *("verdict", "reason"),
)
_PART = (
    *("id", "topic", "what", "unit", "claimed_low", "claimed_high", "value", "low", "high"),
    *("verdict", "direction", "size", "reason"),
)


def _row(claim: Claim, outcome: Judged) -> dict[str, Any]:
    return {
        "id": claim.id,
        "kind": claim.kind,
        "facts": claim.facts,
        "topic": claim.topic,
        "statement": claim.statement,
        "claimed": _claimed(claim),
        "measured": outcome.measured,
        "low": outcome.low,
        "high": outcome.high,
        "unit": claim.unit,
        "verdict": outcome.verdict,
        "reason": outcome.reason,
    }


def _claimed(claim: Claim) -> str:
    """Format a claimed value: `about 1200`, `4 to 7`, `yes`."""
    match claim.comparator:
        case "equals":
            return ", ".join(claim.claimed)
        case "between":
            return " to ".join(claim.claimed)
    return f"{claim.comparator} {', '.join(claim.claimed)}"


def _parts(claim: Claim, outcome: Judged) -> Iterator[dict[str, Any]]:
    for part in outcome.parts:
        yield {
            "id": claim.id,
            "topic": claim.topic,
            "what": part.what,
            "unit": part.unit,
            "claimed_low": part.claimed.low,
            "claimed_high": part.claimed.high,
            "value": part.value,
            "low": part.low,
            "high": part.high,
            "verdict": outcome.verdict,
            "direction": part.direction,
            "size": part.size,
            "reason": part.missing or part.reason,
        }
