"""Documentation of refusals."""

from typing import Any

from .schemas import Invalid, Refusal

Responses = dict[int | str, dict[str, Any]]

INVALID: Responses = {422: {"model": Invalid}}
NOT_FOUND: Responses = {404: {"model": Refusal}}
UNAUTHORIZED: Responses = {401: {"model": Refusal}}
WITH_BODY: Responses = {
    400: {"model": Refusal, "description": "The body is not UTF-8"},
    409: {"model": Invalid, "description": "The username is taken"},
    413: {"model": Refusal, "description": "The body is too large"},
}
_OF_FORM: Responses = {status: {"model": Refusal} for status in (400, 413, 429)}
WITH_FORM: Responses = INVALID | UNAUTHORIZED | _OF_FORM


def _as_json(name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"content": {"application/json": {"schema": schema}}}


# By default, FastAPI would document them as HTML, like the page.
OF_PAGE: Responses = {404: _as_json("Refusal"), 422: _as_json("Invalid")}
