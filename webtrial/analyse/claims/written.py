"""Verdicts as text and as JSON."""

import json
import os
import textwrap
from itertools import zip_longest
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from webtrial.analyse.claims.verdicts import VERDICTS
from webtrial.analyse.frames import rows_of
from webtrial.analyse.phrases import interval, number
from webtrial.errors import ClaimError

NARROW, WIDE = 80, 120
_WIDTHS = {"id": 28, "claimed": 13, "measured": 19, "verdict": 17}  # with gaps NARROW
_KEYS = ("id", "claimed", "measured", "low", "high", "verdict", "reason")


def as_text(table: pd.DataFrame, width: int) -> str:
    """`Verification.table` in columns, the reason below each row, then how many of each verdict.
    As wide as `width` between NARROW and WIDE."""
    width = min(max(width, NARROW), WIDE)
    head = _columns({name: name for name in _WIDTHS}, width)
    rows = [line for row in rows_of(table) for line in _lines(row, width)]
    return "\n".join([*head, "-" * width, *rows, "", counts_text(table)])


def counts_text(table: pd.DataFrame) -> str:
    """`46 claims: 12 supported, 3 partly, …`."""
    counts = table["verdict"].value_counts()
    told = ", ".join(f"{counts.get(verdict, 0)} {verdict}" for verdict in VERDICTS)
    return f"{len(table)} claims: {told}"


def _lines(row: dict[str, Any], width: int) -> list[str]:
    texts = {
        "id": row["id"],
        "claimed": f"{row['claimed']} {row['unit']}".rstrip(),
        "measured": measured_text(row),
        "verdict": row["verdict"],
    }
    return [*_columns(texts, width), *textwrap.wrap(row["reason"], width, **_INDENT)]


_INDENT: Any = {"initial_indent": "    ", "subsequent_indent": "    "}


def _columns(texts: dict[str, str], width: int) -> list[str]:
    """Texts side by side, in as many lines as the longest needs; room to spare goes to what is
    claimed."""
    widths = _WIDTHS | {"claimed": _WIDTHS["claimed"] + width - NARROW}
    cells = [textwrap.wrap(texts[name], size) or [""] for name, size in widths.items()]
    return [
        " ".join(map(str.ljust, line, widths.values())).rstrip()
        for line in zip_longest(*cells, fillvalue="")
    ]


def measured_text(row: dict[str, Any]) -> str:
    """What was measured with its interval: `3.1 (2.9–3.4)`, `yes`, – for nothing."""
    value = row["measured"]
    if isinstance(value, str):
        return value
    low, high = row["low"], row["high"]
    span = f" ({interval(low, high)})" if isfinite(low) and isfinite(high) else ""
    return f"{number(value, 3)}{span}"


def write_verdicts(table: pd.DataFrame, path: Path) -> Path:
    """Write the verdicts as a JSON list, whole or not at all; `path`. What is no number is a text
    or null. Raises ClaimError where nobody may write there."""
    content = json.dumps([_plain(row) for row in rows_of(table)], indent=1, ensure_ascii=False)
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(content + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise ClaimError(
            f"{path} cannot be written: {error.strerror}. Name another place with --json FILE"
        ) from None
    return path


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(row[name]) for name in _KEYS}


def _value(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
