"""Which hosts the service answers for."""

import re

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost")


class HostsChecked:
    """Refuses what is meant for another host: Starlette's own TrustedHostMiddleware does it in
    plain text, and every refusal here is JSON. `others` are hosts with commas between."""

    def __init__(self, app: ASGIApp, others: str) -> None:
        self.app = app
        names = [*LOOPBACK, *filter(None, map(str.strip, others.split(",")))]
        known = "|".join(map(re.escape, names)).encode()
        self._ours = re.compile(rb"(%s)(:\d{1,5})?" % known, re.IGNORECASE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer, or 400."""
        if scope["type"] != "http" or self._is_ours(scope):
            await self.app(scope, receive, send)
        else:
            refusal = JSONResponse({"detail": "The service does not answer for this host"}, 400)
            await refusal(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and self._ours.fullmatch(hosts[0]) is not None
