"""Additions to the OpenAPI document that drf-spectacular generates."""

from typing import Any

REFUSAL = {"application/json": {"schema": {"type": "object"}}}
CATALOG = {
    "operationId": "catalog",
    "summary": "A page of products for people",
    "parameters": [
        {
            "in": "query",
            "name": "page",
            "schema": {"type": "integer", "minimum": 1, "default": 1},
        }
    ],
    "responses": {
        "200": {
            "description": "The page",
            "content": {"text/html": {"schema": {"type": "string"}}},
        },
        "400": {"description": "The page is not a number above 0", "content": REFUSAL},
        "404": {"description": "Past the last page", "content": REFUSAL},
    },
}


def add_catalog(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the catalogue, a plain Django view that drf-spectacular does not find (its hook)."""
    result["paths"]["/catalog"] = {"get": CATALOG}
    return result
