"""What an upstream's answer has to be."""

import json
from typing import Any

NONSENSE = (ValueError, RecursionError)
"""What reading an answer raises that is no JSON, or too deep."""


def read_json(body: bytes) -> Any:
    """The document; raises one of NONSENSE where there is none."""
    return json.loads(body, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    # Python reads NaN and Infinity, which our own answer could not carry.
    raise ValueError(f"{constant} is not JSON")
