"""Count the requests in flight as they start and end.

The count is taken where requests pass, not derived from the samples: Little's law then compares two
independent observations (J. D. C. Little, "A Proof for the Queuing Formula L = λW", 1961).
"""


class Meter:
    """The integral over time of the number of requests in flight."""

    __slots__ = ("_integral", "_since_ns", "in_flight")

    def __init__(self) -> None:
        self.in_flight = 0
        self._integral = 0  # request-nanoseconds
        self._since_ns = 0

    def enter(self, now_ns: int) -> None:
        """Count one more request from `now_ns` on."""
        self._integral += self.in_flight * (now_ns - self._since_ns)
        self._since_ns = now_ns
        self.in_flight += 1

    def leave(self, now_ns: int) -> None:
        """Count one request fewer from `now_ns` on."""
        self._integral += self.in_flight * (now_ns - self._since_ns)
        self._since_ns = now_ns
        self.in_flight -= 1

    def integral_at(self, now_ns: int) -> int:
        """Return request-nanoseconds up to `now_ns`, which must not precede the last change."""
        return self._integral + self.in_flight * (now_ns - self._since_ns)
