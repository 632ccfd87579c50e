"""Write verdicts as text and as JSON."""

import json
import textwrap
from itertools import zip_longest
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from webtrial.errors import ClaimError
from webtrial.results.base.formatting import with_interval
from webtrial.results.claims.facts import LABELS, counts_of
from webtrial.stats.frames import rows_of
from webtrial.system.whole_file import whole_file

FILE_NAME = "claims.json"
NARROW, WIDE = 80, 120
_WIDTHS = {"id": 28, "claimed": 13, "measured": 19, "verdict": 17}  # NARROW with the gaps
_INDENT = "    "


def as_text(table: pd.DataFrame, width: int) -> str:
    """Return `Verification.table` in columns, grouped by kind, with the reason below each row.

    The number of each verdict follows. The text is `width` wide, between NARROW and WIDE.
    """
    width = min(max(width, NARROW), WIDE)
    lines = _columns({name: name for name in _WIDTHS}, width)
    for kind, label in LABELS.items():
        rows = rows_of(table[table["kind"] == kind])
        lines += ["-" * width, label.capitalize(), ""] if rows else []
        lines += [line for row in rows for line in _lines(row, width)]
    counts = [textwrap.fill(text, width, subsequent_indent=_INDENT) for text in counts_text(table)]
    return "\n".join([*lines, "-" * width, *counts])


def counts_text(table: pd.DataFrame) -> list[str]:
    """Return a line for each kind, with every verdict named.

    Example: `Measured performance: 19 statements, 11 independent facts: 1 supported, 6 partly, …`.
    """
    return [
        f"{each.label.capitalize()}: {each.size}: "
        + ", ".join(f"{count} {verdict}" for verdict, count in each.verdicts.items())
        for each in counts_of(table)
    ]


def _lines(row: dict[str, Any], width: int) -> list[str]:
    texts = {
        "id": row["id"],
        "claimed": claimed_text(row),
        "measured": measured_text(row),
        "verdict": row["verdict"],
    }
    reason = textwrap.wrap(row["reason"], width, initial_indent=_INDENT, subsequent_indent=_INDENT)
    return [*_columns(texts, width), *reason]


def _columns(texts: dict[str, str], width: int) -> list[str]:
    """Return texts side by side, in as many lines as the longest needs.

    The claim gets any spare width.
    """
    widths = _WIDTHS | {"claimed": _WIDTHS["claimed"] + width - NARROW}
    cells = [textwrap.wrap(texts[name], size) for name, size in widths.items()]
    return [
        " ".join(map(str.ljust, line, widths.values())).rstrip()
        for line in zip_longest(*cells, fillvalue="")
    ]


def claimed_text(row: dict[str, Any]) -> str:
    """Return the claimed value of a row of `Verification.table`, with its unit."""
    return f"{row['claimed']} {row['unit']}".rstrip()


def measured_text(row: dict[str, Any]) -> str:
    """Return the measured value with its interval: `3.1 (2.9–3.4)`, `yes`, – if there is none."""
    value, low, high = row["measured"], row["low"], row["high"]
    if isinstance(value, str):
        return value
    return with_interval(value, low, high, 3)


def write_verdicts(table: pd.DataFrame, path: Path) -> Path:
    """Write `Verification.table` as a JSON list, completely or not at all, and return `path`.

    NaN is written as null. Raises ClaimError if the file cannot be written.
    """
    content = json.dumps([_as_json(row) for row in rows_of(table)], indent=1, ensure_ascii=False)
    try:
        with whole_file(path) as file:
            file.write(f"{content}\n".encode())
    except OSError as error:
        raise ClaimError(
            f"{path} cannot be written: {error.strerror}; choose another file with --json FILE"
        ) from None
    return path


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "kind": row["kind"],
        "facts": list(row["facts"]),
        "claimed": claimed_text(row),
        **{name: _json_value(row[name]) for name in ("measured", "low", "high")},
        "verdict": row["verdict"],
        "reason": row["reason"],
    }


def _json_value(value: float | str) -> float | str | None:
    return None if isinstance(value, float) and not isfinite(value) else value
