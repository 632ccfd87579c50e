"""What both frameworks say of their routes, as one document."""

import json
from typing import Any

Document = dict[str, Any]

_SCHEMAS = "#/components/schemas/"


def joined(new: Document, old: Document) -> Document:
    """`new` with what `old` says of the routes that `new` does not have.

    Schemas of `old` are called Flask…: both have some of the same name.
    """
    told = json.loads(json.dumps(old).replace(_SCHEMAS, f"{_SCHEMAS}Flask"))
    behind, front = told["components"], new.get("components", {})
    behind["schemas"] = {f"Flask{name}": each for name, each in behind["schemas"].items()}
    components = {kind: behind.get(kind, {}) | front.get(kind, {}) for kind in (*behind, *front)}
    return new | {"paths": told["paths"] | new["paths"], "components": components}
