"""When a trial is measured: warm-up, the window, and a cooldown until the window's last answer."""

from dataclasses import dataclass

COOLDOWN_NS = 500_000_000


@dataclass(slots=True)
class Window:
    """The measured window [opens_ns, closes_ns) by time.perf_counter_ns.

    Load goes on after it closes, for COOLDOWN_NS at most, until every request that was intended
    within it has ended, so that the last of them are served under the same load as the first.
    What has not ended then is waited for without further load: a server that serves some users late
    or never would otherwise hold the trial up. Nothing is waited for after `gives_up_ns`.
    """

    opens_ns: int
    closes_ns: int
    gives_up_ns: int
    pending: int = 0  # requests of the window that have not ended yet

    @property
    def load_ends_ns(self) -> int:
        """When no more requests are sent, whatever has not ended."""
        return self.closes_ns + COOLDOWN_NS

    def holds(self, at_ns: int) -> bool:
        """Whether a request intended at `at_ns` is measured."""
        return self.opens_ns <= at_ns < self.closes_ns

    def is_over(self, now_ns: int) -> bool:
        """Whether no more requests need be sent."""
        return now_ns >= self.load_ends_ns or (now_ns >= self.closes_ns and not self.pending)
