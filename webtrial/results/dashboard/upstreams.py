"""How long a request waits for upstreams, from the times that the upstreams recorded.

A request of the dashboard calls each upstream once, so an upstream's mean time is the mean time per
request. The times are part of a trial's record, so they do not depend on which requests a run
keeps.
"""

from dataclasses import dataclass

from webtrial.run.records import Trial


@dataclass(frozen=True, slots=True)
class UpstreamTimes:
    """Mean waiting time of a request that calls the upstreams in turn, and at once."""

    in_turn_ms: float
    slowest_ms: float


def upstream_times(trial: Trial) -> UpstreamTimes | None:
    """Return the upstream times of a trial; None if it called no upstream."""
    times_ms = [each.actual_mean_ms for each in trial.upstreams if each.actual_mean_ms]
    return UpstreamTimes(sum(times_ms), max(times_ms)) if times_ms else None
