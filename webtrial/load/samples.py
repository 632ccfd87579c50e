"""Store every request of a trial when it ends: 40 bytes each, no garbage-collected objects."""

import struct

import numpy as np
import pyarrow as pa

from webtrial.run.records import PHASES
from webtrial.run.sample_rows import SAMPLES

OUTCOMES = (
    "ok",
    "refused",
    "reset",
    "closed",
    "truncated",
    "malformed",
    "timeout",
    "status",
    "empty",
    "wrong_length",
    "wrong_content",
    "gone",
)
"""Outcomes of a request. `closed`: the server closed the connection before any response. `gone`:
the request was never sent, because its connection had ended or was never open."""

_CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
_ROW = struct.Struct("<qqqiiHBBxxxx")
_ROW_TYPE = np.dtype(
    [
        ("intended_ns", "<i8"),
        ("sent_ns", "<i8"),
        ("done_ns", "<i8"),
        ("connection", "<i4"),
        ("body_bytes", "<i4"),
        ("status", "<u2"),
        ("outcome", "u1"),
        ("kind", "u1"),
        ("", "V4"),
    ]
)


class Samples:
    """Collects rows while measuring and returns them as a table afterwards."""

    def __init__(self) -> None:
        self._rows = bytearray()
        self._kinds: dict[str, int] = {}

    def add(
        self,
        intended_ns: int,
        sent_ns: int,
        done_ns: int,
        connection: int,
        kind: str,
        status: int,
        body_bytes: int,
        outcome: str,
    ) -> None:
        """Add one request that has ended."""
        code = self._kinds.setdefault(kind, len(self._kinds))
        self._rows += _ROW.pack(
            intended_ns, sent_ns, done_ns, connection, body_bytes, status, _CODES[outcome], code
        )

    def table(self, opens_ns: int, window_ns: int) -> pa.Table:
        """Return the rows with the columns of SAMPLES, sorted by intended start.

        Times are relative to the opening of the window.
        """
        rows = np.sort(np.frombuffer(bytes(self._rows), _ROW_TYPE), order="intended_ns")
        intended = rows["intended_ns"] - opens_ns
        columns = {
            "phase": _dictionary(np.digitize(intended, [0, window_ns]), PHASES),
            "connection": rows["connection"],
            "kind": _dictionary(rows["kind"], tuple(self._kinds)),
            "intended_ns": intended,
            "sent_ns": rows["sent_ns"] - opens_ns,
            "done_ns": rows["done_ns"] - opens_ns,
            "status": rows["status"].astype("i2"),
            "body_bytes": rows["body_bytes"],
            "outcome": _dictionary(rows["outcome"], OUTCOMES),
        }
        return pa.table([pa.array(columns[name]) for name in SAMPLES.names], schema=SAMPLES)


def _dictionary(codes: np.ndarray, values: tuple[str, ...]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(
        pa.array(codes.astype("i1")), pa.array(values, type=pa.string())
    )
