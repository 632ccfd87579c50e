"""Shards: samples that load drivers wrote themselves, read like one table.

A remote driver sends back its counts, but not every request. It writes the requests itself, to a
folder or to any address that fsspec supports (https://filesystem-spec.readthedocs.io).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from webtrial.errors import DriverError
from webtrial.run.sample_rows import SAMPLES, no_rows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Shards:
    """Parquet files with the columns of SAMPLES, read in sequence, not all in memory at once."""

    urls: tuple[str, ...]
    num_rows: int

    def column(self, name: str) -> pa.ChunkedArray:
        """Return one column of all shards."""
        empty = no_rows().select([name])
        pieces = [pa.Table.from_batches([batch]) for batch in self._pieces([name])]
        return pa.concat_tables([empty, *pieces]).column(0)

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """Return all rows, one batch at a time."""
        return self._pieces(SAMPLES.names)

    def to_pandas(self) -> "pd.DataFrame":
        """Return all rows at once, for interactive use."""
        pieces = [pa.Table.from_batches([batch]) for batch in self.to_batches()]
        table = pa.concat_tables([no_rows(), *pieces]).unify_dictionaries()
        found: pd.DataFrame = table.to_pandas()
        return found

    def _pieces(self, columns: list[str]) -> Iterator[Any]:
        for url in self.urls:
            with _opened(url, "rb") as file:
                yield from pq.ParquetFile(file).iter_batches(columns=columns)


def write_shard(url: str, samples: pa.Table) -> Shards:
    """Write `samples` to `url`. DriverError if that fails."""
    with _opened(url, "wb") as file:
        pq.write_table(samples, file, compression="zstd")
    return Shards((url,), samples.num_rows)


def joined(shards: Sequence[Shards]) -> Shards:
    """Return the rows of all `shards` as one."""
    urls = tuple(url for each in shards for url in each.urls)
    return Shards(urls, sum(each.num_rows for each in shards))


def name_of(url: str) -> str:
    """Return a shard's file name without its location."""
    return url.rpartition("/")[2]


@contextmanager
def _opened(url: str, mode: str) -> Iterator[IO[bytes]]:
    import fsspec  # noqa: PLC0415 - only where results_url is given

    try:
        with fsspec.open(url, mode, auto_mkdir=True) as file:
            yield file
    except (OSError, ValueError, ImportError) as error:
        action = "written" if mode == "wb" else "read"
        # No URL: a run stores no addresses.
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DriverError(
            f"the shard {name_of(url)} cannot be {action} ({reason}): set results_url to an address"
            " that every worker can write to and this machine can read"
        ) from error
