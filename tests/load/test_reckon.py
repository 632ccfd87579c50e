"""What a driver reckons from its samples, against plain pandas."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from webtrial.load.aggregation import client_of, counts_of, quantiles_ms, tally
from webtrial.load.samples import OUTCOMES, Samples
from webtrial.load.window import Window
from webtrial.run.sample_rows import no_rows

OPENS_NS, WINDOW_NS = 5_000_000_000, 1_000_000_000
PULSE: Any = SimpleNamespace(
    edges=(
        SimpleNamespace(at_ns=OPENS_NS + 3_000_000, cpu_ns=10, in_flight_integral=5),
        SimpleNamespace(at_ns=OPENS_NS + WINDOW_NS - 7_000_000, cpu_ns=90, in_flight_integral=905),
    ),
    worst_stall_ns=2_500_000,
)
WINDOW = Window(OPENS_NS, OPENS_NS + WINDOW_NS, OPENS_NS + 2 * WINDOW_NS)


def drawn(seed: int, rows: int, outcomes: tuple[str, ...] = OUTCOMES) -> pa.Table:
    """Requests before, within and after the window, of every outcome."""
    random, samples = np.random.default_rng(seed), Samples()
    for _ in range(rows):
        intended, lag, latency = random.integers([-(10**8), 0, 0], [12 * 10**8, 10**7, 10**8])
        sent = OPENS_NS + intended + lag
        outcome = str(random.choice(outcomes))
        status = int(random.choice([200, 500])) if outcome in ("ok", "status") else 0
        times_ns = int(OPENS_NS + intended), int(sent), int(sent + latency)
        samples.add(*times_ns, 1, "read", status, 9, outcome)
    return samples.table(OPENS_NS, WINDOW_NS)


TABLES = {
    "many rows": drawn(1, 2000),
    "only failures": drawn(2, 200, ("timeout", "refused")),
    "one row": drawn(3, 1),
    "parts whose dictionaries differ": pa.concat_tables(
        [drawn(4, 50), drawn(5, 50), no_rows(), drawn(6, 50)]
    ),
    "no rows": Samples().table(OPENS_NS, WINDOW_NS),
    "no parts": no_rows(),
}


@pytest.fixture(params=TABLES)
def samples(request: pytest.FixtureRequest) -> pa.Table:
    return TABLES[request.param]


def test_requests_are_counted_by_what_became_of_them(samples: pa.Table) -> None:
    rows = samples.to_pandas().astype({"phase": str, "outcome": str})
    measured = rows[rows["phase"] == "measured"]
    outcomes = measured["outcome"].value_counts().to_dict()
    in_window = rows["done_ns"].between(0, WINDOW_NS, inclusive="left")
    found = counts_of(samples, WINDOW_NS / 1e9, dropped=3)
    assert found.succeeded == outcomes.pop("ok", 0)
    assert found.errors == outcomes
    assert found.statuses == measured["status"].astype(str).value_counts().to_dict()
    assert found.completed == (in_window & (rows["outcome"] == "ok")).sum()
    assert (found.scheduled, found.sent, found.dropped) == (len(measured) + 3, len(measured), 3)


def test_lag_and_latency_are_those_of_the_windows_requests(samples: pa.Table) -> None:
    measured = samples.to_pandas().query("phase == 'measured'")
    lag_p99_ms, median_latency_ms = quantiles_ms(samples)
    if measured.empty:
        assert (lag_p99_ms, median_latency_ms) == (0.0, None)
        return
    lag_ms = (measured["sent_ns"] - measured["intended_ns"]) / 1e6
    latency_ms = (measured["done_ns"] - measured["intended_ns"]) / 1e6
    assert lag_p99_ms == pytest.approx(lag_ms.quantile(0.99))
    assert median_latency_ms == pytest.approx(latency_ms.median())


def test_requests_in_flight_are_those_between_the_pulses_edges(samples: pa.Table) -> None:
    rows = samples.to_pandas()
    first_ns, last_ns = (edge.at_ns - OPENS_NS for edge in PULSE.edges)
    flown_ns = rows["done_ns"].clip(first_ns, last_ns) - rows["sent_ns"].clip(first_ns, last_ns)
    span_ns = last_ns - first_ns
    found = client_of(
        samples,
        PULSE,
        WINDOW,
        connections=[0, 1, 3],
        unread=2,
        memory_mib=64.0,
        realtime_priority=True,
    )
    assert found.in_flight_by_latency == pytest.approx(flown_ns.sum() / span_ns)
    assert found.in_flight_observed == pytest.approx(900 / span_ns)
    assert found.cpu_fraction == pytest.approx(80 / span_ns)
    assert found.worst_stall_ms == 2.5
    assert (found.connections, found.connections_reopened) == (2, 2)
    assert (found.responses_unread, found.memory_mib, found.realtime_priority) == (2, 64.0, True)


def test_the_most_frequent_comes_first() -> None:
    values = pa.chunked_array([["a", "b", "b"], ["c", "b", "c"]])
    assert list(tally(values).items()) == [("b", 3), ("c", 2), ("a", 1)]
    assert tally(values) == pd.Series(["a", "b", "b", "c", "b", "c"]).value_counts().to_dict()
