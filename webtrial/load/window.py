"""Phases of a trial: warm-up, measured window, and cooldown until the window's last response."""

from dataclasses import dataclass

COOLDOWN_NS = 500_000_000


@dataclass(slots=True)
class Window:
    """The measured window [opens_ns, closes_ns) by time.perf_counter_ns.

    Load continues after the window closes until every request intended within it has ended, for at
    most COOLDOWN_NS. The last requests are therefore served under the same load as the first.
    Requests that have still not ended are awaited without further load: otherwise a server that
    responds to some users late or never would delay the trial. Waiting stops at `gives_up_ns`.
    """

    opens_ns: int
    closes_ns: int
    gives_up_ns: int
    pending: int = 0  # requests of the window that have not ended yet

    @property
    def load_ends_ns(self) -> int:
        """Time after which no more requests are sent, even if some have not ended."""
        return self.closes_ns + COOLDOWN_NS

    def contains(self, at_ns: int) -> bool:
        """Whether a request intended at `at_ns` is measured."""
        return self.opens_ns <= at_ns < self.closes_ns

    def is_over(self, now_ns: int) -> bool:
        """Whether no more requests need to be sent."""
        return now_ns >= self.load_ends_ns or (now_ns >= self.closes_ns and not self.pending)
