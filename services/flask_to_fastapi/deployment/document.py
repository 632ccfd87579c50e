"""The OpenAPI documents of both frameworks as one."""

import json
from typing import Any

Document = dict[str, Any]

_SCHEMAS = "#/components/schemas/"


def joined(new: Document, old: Document) -> Document:
    """Return `new` with the routes of `old` that `new` does not have.

    Schemas of `old` get the prefix Flask, because some have the same name in both.
    """
    renamed = json.loads(json.dumps(old).replace(_SCHEMAS, f"{_SCHEMAS}Flask"))
    behind, front = renamed["components"], new.get("components", {})
    behind["schemas"] = {f"Flask{name}": each for name, each in behind["schemas"].items()}
    components = {kind: behind.get(kind, {}) | front.get(kind, {}) for kind in (*behind, *front)}
    return new | {"paths": renamed["paths"] | new["paths"], "components": components}
