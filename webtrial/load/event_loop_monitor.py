"""Monitor the load driver's event loop: its stalls, and its clocks at both ends of the window."""

import asyncio
from dataclasses import dataclass
from time import perf_counter_ns, process_time_ns

from webtrial.load.meter import Meter
from webtrial.load.window import Window

BEAT_NS = 5_000_000
LOOP_RESOLUTION_NS = 1_000_000  # uvloop's timers may be this late without any stall


@dataclass(frozen=True, slots=True)
class Edge:
    """Clock readings at the first beat after the window opened or closed."""

    at_ns: int
    cpu_ns: int
    in_flight_integral: int


class EventLoopMonitor:
    """Schedules a beat every few milliseconds; a late beat is a stall of the loop."""

    def __init__(self, window: Window, meter: Meter) -> None:
        self.worst_stall_ns = 0
        self.edges: list[Edge] = []
        self._window = window
        self._meter = meter
        self._loop = asyncio.get_running_loop()
        self._expected_ns = 0
        self._handle: asyncio.TimerHandle | None = None
        self._beat(perf_counter_ns())

    def _on_time(self) -> None:
        now_ns = perf_counter_ns()
        late_ns = now_ns - self._expected_ns - LOOP_RESOLUTION_NS
        if self._window.contains(self._expected_ns) and late_ns > self.worst_stall_ns:
            self.worst_stall_ns = late_ns
        self._beat(now_ns)

    def _beat(self, now_ns: int) -> None:
        self._read_clocks(now_ns)
        self._expected_ns = now_ns + BEAT_NS
        self._handle = self._loop.call_later(BEAT_NS / 1e9, self._on_time)

    def _read_clocks(self, now_ns: int) -> None:
        ends = (self._window.opens_ns, self._window.closes_ns)
        if len(self.edges) < len(ends) and now_ns >= ends[len(self.edges)]:
            integral = self._meter.integral_at(now_ns)
            self.edges.append(Edge(now_ns, process_time_ns(), integral))

    def stop(self) -> None:
        """Take the last readings, once the window has closed and the load has ended."""
        if self._handle is not None:
            self._handle.cancel()
        self._read_clocks(perf_counter_ns())
