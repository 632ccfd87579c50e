"""When a trial is measured: warm-up, the window, and a cooldown until the window's last answer."""

from dataclasses import dataclass


@dataclass(slots=True)
class Window:
    """The measured window [opens_ns, closes_ns) by time.perf_counter_ns.

    Load goes on after it closes until every request that was intended within it has ended, so that
    the last of them are served under the same load as the first; at `gives_up_ns` it ends anyway.
    """

    opens_ns: int
    closes_ns: int
    gives_up_ns: int
    pending: int = 0  # requests of the window that have not ended yet

    def holds(self, at_ns: int) -> bool:
        """Whether a request intended at `at_ns` is measured."""
        return self.opens_ns <= at_ns < self.closes_ns

    def is_over(self, now_ns: int) -> bool:
        """Whether no more requests need be sent."""
        return now_ns >= self.gives_up_ns or (now_ns >= self.closes_ns and not self.pending)
