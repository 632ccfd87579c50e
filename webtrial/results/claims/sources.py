"""A claim about sources called in turn, with the most that calling them at once could save."""

from dataclasses import replace
from statistics import fmean

from webtrial.results.base.formatting import listed, number
from webtrial.results.claims.claims_file import Claim
from webtrial.results.claims.comparing import ratio
from webtrial.results.claims.context import ClaimContext
from webtrial.results.claims.predicates import predicate
from webtrial.results.claims.verdicts import Judged
from webtrial.stats.trials import records_of

DATABASE = "PostgreSQL (all statements)"


@predicate
def fan_out_ratio(claim: Claim, context: ClaimContext) -> Judged:
    """Judge like `ratio`, for latency at an open load that every stack serves.

    The reason adds the upper bound of the ratio. In turn, sources take the sum of their times; at
    once, at least the time of the slowest. Four sources give a factor of four only if all four take
    equally long.
    """
    judged = ratio(claim, context)
    times_ms = source_times_ms(claim, context)
    if not times_ms:
        return judged
    upper_bound = sum(times_ms.values()) / max(times_ms.values())
    times = listed([f"{name} {number(ms)} ms" for name, ms in times_ms.items()])
    note = (
        f"here, calling the sources in turn can by itself take at most {number(upper_bound)} times"
        f" as long as calling them at once, because they take different times: {times}"
    )
    return replace(judged, reason=f"{judged.reason}; {note}")


def source_times_ms(claim: Claim, context: ClaimContext) -> dict[str, float]:
    """Return the mean time of each source per request in ms, by name.

    The mean is over the trials of all stacks of the claim. The sources are the upstreams and
    PostgreSQL, whose time is the total of its statements; it is omitted if they were not counted.
    Empty if no upstream was called.
    """
    stacks = [*claim.stack, *claim.baseline]
    rows = context.cell(claim.scenario[0], claim.load)
    rows = rows[rows["stack"].isin(stacks) & (rows["role"] == "measure")]
    samples_ms: dict[str, list[float]] = {}
    for trial in records_of(context.run, rows):
        for upstream in trial.upstreams:
            if upstream.actual_mean_ms is not None:
                samples_ms.setdefault(upstream.name, []).append(upstream.actual_mean_ms)
    times_ms = {name: fmean(values) for name, values in samples_ms.items()}
    database_ms = rows["database_time_ms_per_request"].dropna()
    if times_ms and len(database_ms):
        times_ms[DATABASE] = float(database_ms.mean())
    return times_ms
