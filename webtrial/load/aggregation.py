"""Aggregate a trial's samples to counts and to the driver's measurements of itself."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from webtrial.load.event_loop_monitor import EventLoopMonitor
from webtrial.load.window import Window
from webtrial.run.records import Client, Counts
from webtrial.run.sample_rows import Rows


def counts_of(samples: pa.Table, window_s: float, dropped: int) -> Counts:
    """Count the requests of the window by outcome."""
    measured = samples.filter(_is(samples, "phase", "measured"))
    outcomes = tally(measured.column("outcome"))
    succeeded = outcomes.pop("ok", 0)
    done_ns = samples.column("done_ns")
    in_window = pc.and_(pc.greater_equal(done_ns, 0), pc.less(done_ns, int(window_s * 1e9)))
    completed = pc.and_(in_window, _is(samples, "outcome", "ok"))
    return Counts(
        scheduled=measured.num_rows + dropped,
        sent=measured.num_rows,
        dropped=dropped,
        succeeded=succeeded,
        completed=pc.sum(completed).as_py() or 0,
        errors=outcomes,
        statuses=tally(measured.column("status")),
    )


def tally(values: pa.ChunkedArray) -> dict[str, int]:
    """Count how often each value occurs, most frequent first."""
    # Creates no array or scalar of its own (run.store.no_rows explains why).
    counted = values.cast(pa.string()).value_counts().to_pylist()
    by_count = sorted(counted, key=lambda each: -each["counts"])
    return {each["values"]: each["counts"] for each in by_count}


def client_of(
    samples: pa.Table,
    monitor: EventLoopMonitor,
    window: Window,
    *,
    connections: list[int],
    unread: int,
    memory_mib: float,
    realtime_priority: bool,
) -> Client:
    """Return the driver's measurements of itself, between the two edges of `monitor`."""
    opening, closing = monitor.edges
    span_ns = closing.at_ns - opening.at_ns
    lag_p99_ms, median_latency_ms = quantiles_ms(samples)
    edges_ns = opening.at_ns - window.opens_ns, closing.at_ns - window.opens_ns
    sent_ns = samples.column("sent_ns").to_numpy().clip(*edges_ns)
    done_ns = samples.column("done_ns").to_numpy().clip(*edges_ns)
    return Client(
        cpu_fraction=(closing.cpu_ns - opening.cpu_ns) / span_ns,
        lag_p99_ms=lag_p99_ms,
        median_latency_ms=median_latency_ms,
        worst_stall_ms=monitor.worst_stall_ns / 1e6,
        in_flight_observed=(closing.in_flight_integral - opening.in_flight_integral) / span_ns,
        in_flight_by_latency=float((done_ns - sent_ns).sum()) / span_ns,
        connections=sum(opened > 0 for opened in connections),
        connections_reopened=sum(opened - 1 for opened in connections if opened > 1),
        responses_unread=unread,
        memory_mib=memory_mib,
        realtime_priority=realtime_priority,
    )


def quantiles_ms(samples: Rows) -> tuple[float, float | None]:
    """Return the p99 of dispatch lag and the median latency of the window's requests, in ms.

    (0.0, None) if the window has no requests.
    """
    measured = _is(samples, "phase", "measured")
    intended, sent, done = (
        samples.column(name).filter(measured).to_numpy()
        for name in ("intended_ns", "sent_ns", "done_ns")
    )
    if not len(intended):
        return 0.0, None
    lag_ms, latency_ms = (sent - intended) / 1e6, (done - intended) / 1e6
    return float(np.quantile(lag_ms, 0.99)), float(np.median(latency_ms))


def _is(samples: Rows, column: str, value: str) -> pa.ChunkedArray:
    return pc.equal(samples.column(column).cast(pa.string()), value)
