"""A claim about sources called in turn, with the most that calling them at once could save."""

from dataclasses import replace
from statistics import fmean

from webtrial.results.base.formatting import listed, number
from webtrial.results.claims.book import Claim
from webtrial.results.claims.case import ClaimContext
from webtrial.results.claims.comparing import ratio
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import Judged
from webtrial.stats.trials import records_of

DATABASE = "PostgreSQL"


@predicate
def fan_out_ratio(claim: Claim, case: ClaimContext) -> Judged:
    """Judge like `ratio`, for latency at an open load that every stack serves.

    The reason adds the upper bound of the ratio. In turn, sources take the sum of their times; at
    once, at least the time of the slowest. Four sources give a factor of four only if all four take
    equally long.
    """
    judged = ratio(claim, case)
    took_ms = source_times_ms(claim, case)
    if not took_ms:
        return judged
    ceiling = sum(took_ms.values()) / max(took_ms.values())
    each = listed([f"{name} {number(ms)} ms" for name, ms in took_ms.items()])
    said = (
        f"asking in turn alone can make it at most {number(ceiling)} times as long here, since the"
        f" sources do not take equally long: {each} in all"
    )
    return replace(judged, reason=f"{judged.reason}; {said}")


def source_times_ms(claim: Claim, case: ClaimContext) -> dict[str, float]:
    """Return the time of each source for one request in ms, by name.

    It is the mean over the trials of all the claim's stacks. The sources are the upstreams, and all
    statements in PostgreSQL together if they were counted. Empty if no upstream was called.
    """
    stacks = [*claim.stack, *claim.baseline]
    rows = case.cell(claim.scenario[0], claim.load)
    rows = rows[rows["stack"].isin(stacks) & (rows["role"] == "measure")]
    took_ms: dict[str, list[float]] = {}
    for trial in records_of(case.run, rows):
        for upstream in trial.upstreams:
            if upstream.actual_mean_ms is not None:
                took_ms.setdefault(upstream.name, []).append(upstream.actual_mean_ms)
    found = {name: fmean(values) for name, values in took_ms.items()}
    database_ms = rows["database_time_ms_per_request"].dropna()
    return found | ({DATABASE: float(database_ms.mean())} if found and len(database_ms) else {})
