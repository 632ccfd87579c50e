"""Which methods a place has."""

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.routing import Match

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


async def told_all_methods(request: Request, error: Exception) -> JSONResponse:
    """405 with every method that the place has: Starlette names those of its first route alone."""
    allowed = [method for method in METHODS if _serves(request, method)]
    detail = getattr(error, "detail", "Method Not Allowed")
    return JSONResponse({"detail": detail}, status_code=405, headers={"Allow": ", ".join(allowed)})


def _serves(request: Request, method: str) -> bool:
    asked = {**request.scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)
