"""Samples that drivers write themselves: read as one, and the same as those they would return."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.load.test_crew import several
from tests.load.test_driver import closed, driven, opened, task
from tests.load.truth import truth
from tests.test_runs import a_manifest
from tests.trial_builder import a_trial, some_samples
from webtrial.errors import DriverError
from webtrial.load.driver_pool import driver_pool
from webtrial.load.shards import Shards, joined, write_shard
from webtrial.run.sample_rows import SAMPLES
from webtrial.run.store import open_run
from webtrial.run.writer import RunWriter


def with_kind(rows: int, kind: str) -> pa.Table:
    table = some_samples(rows)
    place = table.schema.get_field_index("kind")
    return table.set_column(place, "kind", [[kind] * rows]).cast(SAMPLES)


def test_shards_are_read_as_the_rows_that_were_written(tmp_path: Path) -> None:
    tables = [with_kind(3, "read"), with_kind(2, "create"), SAMPLES.empty_table()]
    shards = joined(
        [write_shard(f"{tmp_path}/a/b/{n}.parquet", table) for n, table in enumerate(tables)]
    )
    assert shards.num_rows == 5
    assert shards.column("kind").cast(pa.string()).to_pylist() == ["read"] * 3 + ["create"] * 2
    rows = pa.concat_tables(map(pa.Table.from_batches, ([each] for each in shards.to_batches())))
    assert rows.to_pylist() == pa.concat_tables(tables).to_pylist()
    assert shards.to_pandas().to_dict("records") == rows.to_pylist()


def test_a_trials_shards_become_the_runs_one_file(tmp_path: Path) -> None:
    tables = [with_kind(3, "read"), with_kind(2, "create")]
    shards = joined(
        [write_shard(f"{tmp_path}/{n}.parquet", table) for n, table in enumerate(tables)]
    )
    writer = RunWriter(a_manifest(), tmp_path)
    writer.append(a_trial(), shards)
    run = open_run(writer.path)
    found = run.samples(run.trials[0])
    assert found["kind"].astype(str).tolist() == ["read"] * 3 + ["create"] * 2
    assert found["done_ns"].tolist() == pa.concat_tables(tables)["done_ns"].to_pylist()


def test_drivers_write_their_own_shards_and_return_what_they_counted(tmp_path: Path) -> None:
    shard = f"{tmp_path}/run/0003-1"
    server, outcome = driven(closed(4), *("ok", "status"), drive=several(2), shard=shard)
    names = [worker.shard for worker in outcome.workers]
    assert names == ["0003-1-1.parquet", "0003-1-2.parquet"]
    rows = [pq.read_table(tmp_path / "run" / str(name)) for name in names]
    for worker, table in zip(outcome.workers, rows, strict=True):
        assert {each % 2 for each in table["connection"].to_pylist()} == {worker.index}
    assert isinstance(outcome.samples, Shards)
    assert outcome.samples.num_rows == sum(server.counts.values())
    assert outcome.client.median_latency_ms is not None


def test_percentiles_are_those_of_all_shards_together(tmp_path: Path) -> None:
    _, outcome = driven(opened(300.0), drive=several(2), shard=f"{tmp_path}/0001-1")
    rows = pq.read_table(sorted(tmp_path.glob("*.parquet"))).to_pandas()
    measured = rows[rows["phase"] == "measured"]
    lag_ms = (measured["sent_ns"] - measured["intended_ns"]) / 1e6
    assert len(measured) == outcome.counts.sent > 100
    assert outcome.client.lag_p99_ms == pytest.approx(lag_ms.quantile(0.99))


def test_a_place_that_cannot_be_written_to_is_a_drivers_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        truth() as server,
        driver_pool(task(server.url, closed(2), shard=f"{tmp_path}/file/0001-1"), 2) as it,
        pytest.raises(DriverError, match=r"worker 1 of 2: .*results_url"),
    ):
        it.outcome()


def test_a_shard_that_we_cannot_reach_is_said(tmp_path: Path) -> None:
    with pytest.raises(DriverError, match=r"0001-1-1\.parquet cannot be read"):
        Shards((f"{tmp_path}/0001-1-1.parquet",), 3).column("kind")
