"""From a trial's samples to its counts and to what the driver knows of itself."""

import numpy as np
import pandas as pd
import pyarrow as pa

from webtrial.measure.load.pulse import Pulse
from webtrial.measure.load.window import Window
from webtrial.records import Client, Counts


def counts_of(samples: pa.Table, window_s: float, dropped: int) -> Counts:
    """Requests of the window by what became of them."""
    rows = samples.select(["phase", "outcome", "status", "done_ns"]).to_pandas()
    measured = rows[rows["phase"] == "measured"]
    outcomes = _tally(measured["outcome"])
    succeeded = outcomes.pop("ok", 0)
    in_window = rows["done_ns"].between(0, int(window_s * 1e9), inclusive="left")
    return Counts(
        scheduled=len(measured) + dropped,
        sent=len(measured),
        dropped=dropped,
        succeeded=succeeded,
        completed=int((in_window & (rows["outcome"] == "ok")).sum()),
        errors=outcomes,
        statuses=_tally(measured["status"]),
    )


def _tally(values: "pd.Series[str]") -> dict[str, int]:
    counted = values.value_counts()
    return {str(value): int(n) for value, n in counted.items() if n}


def client_of(
    samples: pa.Table,
    pulse: Pulse,
    window: Window,
    *,
    connections: list[int],
    unread: int,
    memory_mib: float,
    goes_first: bool,
) -> Client:
    """The driver's view of itself within the window, between the pulse's two edges."""
    opening, closing = pulse.edges
    span_ns = closing.at_ns - opening.at_ns
    rows = samples.select(["phase", "intended_ns", "sent_ns", "done_ns"]).to_pandas()
    measured = rows[rows["phase"] == "measured"]
    lag_ms = (measured["sent_ns"] - measured["intended_ns"]) / 1e6
    latency_ms = (measured["done_ns"] - measured["intended_ns"]) / 1e6
    sent = rows["sent_ns"].clip(opening.at_ns - window.opens_ns, closing.at_ns - window.opens_ns)
    done = rows["done_ns"].clip(opening.at_ns - window.opens_ns, closing.at_ns - window.opens_ns)
    return Client(
        cpu_fraction=(closing.cpu_ns - opening.cpu_ns) / span_ns,
        lag_p99_ms=float(np.quantile(lag_ms, 0.99)) if len(lag_ms) else 0.0,
        median_latency_ms=float(latency_ms.median()) if len(latency_ms) else None,
        worst_stall_ms=pulse.worst_stall_ns / 1e6,
        in_flight_counted=(closing.in_flight_integral - opening.in_flight_integral) / span_ns,
        in_flight_by_latency=float((done - sent).sum()) / span_ns,
        connections=sum(opened > 0 for opened in connections),
        connections_reopened=sum(opened - 1 for opened in connections if opened > 1),
        responses_unread=unread,
        memory_mib=memory_mib,
        goes_first=goes_first,
    )
