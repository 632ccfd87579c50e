"""What the OpenAPI document says beyond what drf-spectacular finds by itself."""

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
    """A hook of drf-spectacular: the catalogue is a view of Django's own, which it does not see."""
    result["paths"]["/catalog"] = {"get": CATALOG}
    return result
