"""Every claim judged over a run."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from webtrial.analyse.claims import (  # noqa: F401 - they register their predicates
    choices,
    comparing,
    consistency,
    features,
    levels,
    sequence,
)
from webtrial.analyse.claims.book import FILE, Claim, read_claims
from webtrial.analyse.claims.case import Case, Limits
from webtrial.analyse.claims.predicates import predicate_of
from webtrial.analyse.claims.verdicts import Judged
from webtrial.runs import Run


@dataclass(frozen=True, slots=True, eq=False)
class Verification:
    """What became of every claim.

    `table` has a row per claim: id, topic, statement, claimed (with what the figure is: about, at
    least …), measured (a number, or the word that a probe found; NaN where nothing was), low, high,
    unit, verdict, reason. `parts` has a row per comparison that a claim rests on: id, topic, what,
    claimed_low, claimed_high, value, low, high, verdict (of the claim), reason.
    """

    table: pd.DataFrame
    parts: pd.DataFrame


def verify(run: Run, limits: Limits | None = None, path: Path = FILE) -> Verification:
    """Judge every claim of the file. Raises ClaimError where a row cannot be understood."""
    claims = read_claims(path)
    predicates = [predicate_of(claim) for claim in claims]
    case = Case(run, tuple(claims), limits or Limits())
    judged = [judge(claim, case) for claim, judge in zip(claims, predicates, strict=True)]
    both = list(zip(claims, judged, strict=True))
    rows = [_row(claim, found) for claim, found in both]
    parts = [row for claim, found in both for row in _part_rows(claim, found)]
    return Verification(pd.DataFrame(rows, columns=_ROW), pd.DataFrame(parts, columns=_PART))


_ROW = ["id", "topic", "statement", "claimed", "measured", "low", "high", "unit"]
_ROW += ["verdict", "reason"]
_PART = ["id", "topic", "what", "claimed_low", "claimed_high", "value", "low", "high"]
_PART += ["verdict", "reason"]


def _row(claim: Claim, found: Judged) -> dict[str, object]:
    return {
        "id": claim.id,
        "topic": claim.topic,
        "statement": claim.statement,
        "claimed": _claimed(claim),
        "measured": found.measured,
        "low": found.low,
        "high": found.high,
        "unit": claim.unit,
        "verdict": found.verdict,
        "reason": found.reason,
    }


def _claimed(claim: Claim) -> str:
    values = {"between": " to "}.get(claim.comparator, ", ").join(claim.claimed)
    return values if claim.comparator in ("equals", "between") else f"{claim.comparator} {values}"


def _part_rows(claim: Claim, found: Judged) -> list[dict[str, object]]:
    return [
        {
            "id": claim.id,
            "topic": claim.topic,
            "what": part.what,
            "claimed_low": part.claimed.low,
            "claimed_high": part.claimed.high,
            "value": part.value,
            "low": part.low,
            "high": part.high,
            "verdict": found.verdict,
            "reason": part.missing or part.reason,
        }
        for part in found.parts
    ]
