"""The article against itself."""

from webtrial.analyse.claims.book import Claim
from webtrial.analyse.claims.case import Case
from webtrial.analyse.claims.predicates import predicate
from webtrial.analyse.claims.verdicts import Judged, Part, band, ends_of, reasons_of, verdict_of
from webtrial.analyse.statistics import geometric_mean
from webtrial.errors import ClaimError


@predicate
def littles_law(claim: Claim, case: Case) -> Judged:
    """Requests in flight = throughput × mean latency (Little, A Proof for the Queuing Formula,
    Operations Research 9, 1961), of the article's own figures; no run has a part in it.

    Each stack has its number of connections in `claimed`, in the order of `stack`.
    """
    both = zip(claim.stack, claim.numbers, strict=True)
    parts = [_in_flight(claim, case, stack, connections) for stack, connections in both]
    reason = f"by the article's own table: {reasons_of(parts)}"
    mean = geometric_mean([part.value for part in parts]).value
    return Judged(verdict_of(parts), reason, mean, *ends_of(parts), tuple(parts))


def _in_flight(claim: Claim, case: Case, stack: str, connections: float) -> Part:
    per_s = _claimed(claim, case, stack, "throughput")
    latency_ms = _claimed(claim, case, stack, "latency_mean")
    value = per_s * latency_ms / 1000
    allowed = band("about", [connections])
    holds = allowed.holds(value, value)
    title = case.title(stack)
    reason = (
        f"{title} {per_s:,.0f}/s × {latency_ms:g} ms = {value:.0f} in flight,"
        f" beside {connections:,.0f} connections"
    )
    return Part(
        title, allowed, value, value, value, holds, holds, reason, unit="requests in flight"
    )


def _claimed(claim: Claim, case: Case, stack: str, metric: str) -> float:
    for other in case.claims:
        place = (other.predicate, other.stack, other.scenario, other.metric)
        if place == ("figure", (stack,), claim.scenario, metric):
            return other.numbers[0]
    raise ClaimError(
        f"data/claims.csv, {claim.id}, column stack: no figure of {metric} is claimed of {stack}"
        f" in {', '.join(claim.scenario)}"
    )
