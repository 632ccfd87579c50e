"""Requests as rows: the schema of a trial's samples, and how they are written."""

from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    # Not imported at run time: measuring does not need it, and it takes most of a second.
    import pandas as pd

# Times count from the start of the measured window, so warm-up is negative.
SAMPLES = pa.schema(
    [
        ("phase", pa.dictionary(pa.int8(), pa.string())),  # warmup, measured, cooldown
        ("connection", pa.int32()),
        ("kind", pa.dictionary(pa.int8(), pa.string())),  # of request: read, create, rare …
        ("intended_ns", pa.int64()),
        ("sent_ns", pa.int64()),
        ("done_ns", pa.int64()),  # for a timeout: when the driver gave up (censored)
        ("status", pa.int16()),  # 0 if there was no response
        ("body_bytes", pa.int32()),
        ("outcome", pa.dictionary(pa.int8(), pa.string())),  # ok, or the kind of error
    ]
)


# Numbers that increase slowly from row to row: delta encoding saves a third of the space.
_ENCODING = {
    "use_dictionary": ["phase", "kind", "status", "body_bytes", "outcome"],
    "column_encoding": dict.fromkeys(
        ("connection", "intended_ns", "sent_ns", "done_ns"), "DELTA_BINARY_PACKED"
    ),
}


class Rows(Protocol):
    """Rows with the columns of SAMPLES: a pyarrow Table, or an object read in batches like one."""

    @property
    def num_rows(self) -> int: ...
    def column(self, name: str) -> pa.ChunkedArray: ...
    def to_batches(self) -> Iterable[pa.RecordBatch]: ...
    def to_pandas(self) -> "pd.DataFrame": ...


def no_rows() -> pa.Table:
    """Return an empty table with the columns of SAMPLES.

    Built without an array: pyarrow loads pandas with the first array or scalar that we create,
    which takes most of a second.
    """
    return pa.Table.from_batches([], SAMPLES)


def write_rows(samples: Rows, file: IO[bytes]) -> None:
    """Write rows with the columns of SAMPLES as a Parquet file."""
    with pq.ParquetWriter(file, SAMPLES, compression="zstd", **_ENCODING) as writer:
        for batch in samples.to_batches():
            writer.write_batch(batch)
