"""Check of the request's host."""

import re

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost")


class HostsChecked:
    """Refuses requests for other hosts with JSON; Starlette's own TrustedHostMiddleware responds
    with plain text. `others` are comma-separated hosts."""

    def __init__(self, app: ASGIApp, others: str) -> None:
        self.app = app
        names = [*LOOPBACK, *filter(None, map(str.strip, others.split(",")))]
        known = "|".join(map(re.escape, names)).encode()
        self._ours = re.compile(rb"(%s)(:\d{1,5})?" % known, re.IGNORECASE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application, or respond with 400."""
        if scope["type"] != "http" or self._is_ours(scope):
            await self.app(scope, receive, send)
        else:
            refusal = JSONResponse({"detail": "The service does not serve this host"}, 400)
            await refusal(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and self._ours.fullmatch(hosts[0]) is not None
