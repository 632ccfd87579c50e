"""How long a request waits for upstreams, by what these recorded of themselves.

A request of the dashboard asks each upstream once, so an upstream's mean time is a request's. The
times are in the record of a trial, so they are the same whatever is kept of its requests.
"""

from dataclasses import dataclass

from webtrial.run.records import Trial


@dataclass(frozen=True, slots=True)
class UpstreamTimes:
    """What a request waits on average that asks the upstreams in turn, and all at once."""

    in_turn_ms: float
    slowest_ms: float


def upstream_times(trial: Trial) -> UpstreamTimes | None:
    """Those of a trial; None if it asked no upstream."""
    took_ms = [each.took_mean_ms for each in trial.upstreams if each.took_mean_ms]
    return UpstreamTimes(sum(took_ms), max(took_ms)) if took_ms else None
