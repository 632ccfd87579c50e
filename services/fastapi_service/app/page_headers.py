"""Security headers of pages."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
)
PAGE_HEADERS = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
# The page of the document contains an inline script.
_SCRIPTS = f"{'; '.join(_POLICY)}; script-src 'self' 'unsafe-inline'"
DOCUMENT_HEADERS = PAGE_HEADERS | {"Content-Security-Policy": _SCRIPTS}


def with_document_headers(app: ASGIApp) -> ASGIApp:
    """Return the application with the document page's headers on its responses."""
    raw = [(name.lower().encode(), value.encode()) for name, value in DOCUMENT_HEADERS.items()]

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *raw]
            await send(message)

        await app(scope, receive, send_more)

    return answer
