"""Requests and time of a client between two moments."""

from dataclasses import dataclass

WARMUP_S = 0.7


@dataclass(frozen=True, slots=True)
class Window:
    """Requests, wall-clock time and CPU time: readings, or their difference."""

    requests: int
    at_s: float
    cpu_s: float

    def __sub__(self, opening: "Window") -> "Window":
        return Window(
            self.requests - opening.requests, self.at_s - opening.at_s, self.cpu_s - opening.cpu_s
        )

    def as_json(self) -> dict[str, float]:
        """Return the window as JSON-compatible values for the parent process."""
        return {"requests": self.requests, "seconds": self.at_s, "cpu_s": self.cpu_s}
