"""Allowed methods of a path."""

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.routing import Match

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


async def method_not_allowed(request: Request, error: Exception) -> JSONResponse:
    """Return 405 with all methods of the path: Starlette names only those of its first route."""
    allowed = [method for method in METHODS if _serves(request, method)]
    detail = getattr(error, "detail", "Method Not Allowed")
    return JSONResponse({"detail": detail}, status_code=405, headers={"Allow": ", ".join(allowed)})


def _serves(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
