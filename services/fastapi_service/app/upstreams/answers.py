"""Check of an upstream's response."""

import json
from typing import Any

NONSENSE = (ValueError, RecursionError)
"""Exceptions of reading a response that is not JSON or is nested too deeply."""


def read_json(body: bytes) -> Any:
    """Return the document; raises one of NONSENSE if it is not valid JSON."""
    return json.loads(body, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own response could not contain.
    raise ValueError(f"{constant} is not JSON")
