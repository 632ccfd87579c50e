"""Which hosts the service answers for."""

import re

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OURS = re.compile(rb"(127\.0\.0\.1|localhost)(:\d{1,5})?", re.IGNORECASE)


class HostsChecked:
    """Refuses what is meant for another host: Starlette's own TrustedHostMiddleware does it in
    plain text, and every refusal here is JSON."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer, or 400."""
        if scope["type"] != "http" or _is_ours(scope):
            await self.app(scope, receive, send)
        else:
            refusal = JSONResponse({"detail": "The service does not answer for this host"}, 400)
            await refusal(scope, receive, send)


def _is_ours(scope: Scope) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return len(hosts) == 1 and OURS.fullmatch(hosts[0]) is not None
