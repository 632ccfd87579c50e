"""Input and result of a load driver."""

from dataclasses import dataclass

from webtrial.load.partition import ALL, Partition
from webtrial.load.requests import ExpectedBodies, SeededData, Tokens
from webtrial.run.records import Client, ConnectionStates, Counts, Load, Worker
from webtrial.run.sample_rows import Rows


@dataclass(frozen=True, slots=True)
class Task:
    """Input of a driver. `load` is the load of the whole trial, `partition` this driver's part.

    `shard` is where the driver writes its samples, without `.parquet`; if None, it returns them.
    """

    base_url: str
    scenario: str
    load: Load
    seed: int
    warmup_s: float
    window_s: float
    timeout_s: float
    think_time_s: float
    max_connections: int
    core: int | None
    seeded_data: SeededData
    expected_bodies: ExpectedBodies
    tokens: Tokens
    partition: Partition = ALL
    shard: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a driver. `samples` has the columns of `run.store.SAMPLES`.

    `workers` are the drivers that shared the load, empty if a single driver offered all of it.
    `connection_states` is set if the load uses persistent connections.
    """

    counts: Counts
    client: Client
    samples: Rows
    workers: tuple[Worker, ...] = ()
    connection_states: ConnectionStates | None = None
