"""The functions that judge claims, by the name used in data/claims.csv."""

from collections.abc import Callable

from webtrial.errors import ClaimError
from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.context import ClaimContext
from webtrial.results.claims.verdicts import Judged

Predicate = Callable[[Claim, ClaimContext], Judged]

PREDICATES: dict[str, Predicate] = {}


def predicate(function: Predicate) -> Predicate:
    """Register a function as the judge of the claims that name it."""
    PREDICATES[function.__name__] = function
    return function


def predicate_of(claim: Claim) -> Predicate:
    """Return the function that a claim names; ClaimError if there is none."""
    if claim.predicate not in PREDICATES:
        raise ClaimError(
            f"data/claims.csv, {claim.id}, column predicate: unknown predicate"
            f" {claim.predicate!r}; known: {', '.join(sorted(PREDICATES))}"
        )
    return PREDICATES[claim.predicate]
