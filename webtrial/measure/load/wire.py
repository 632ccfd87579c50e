"""What goes over the wire: an httpx.Request as HTTP/1.1 bytes."""

import re

import httpx

_FORBIDDEN = re.compile(rb"[\r\n\0]")


def head_of(request: httpx.Request) -> bytes:
    """Request line and headers; LocalProtocolError where a header would break out of its line."""
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    for name, value in request.headers.raw:
        if _FORBIDDEN.search(name) or _FORBIDDEN.search(value):
            raise httpx.LocalProtocolError(f"header {name!r} has a line break: {value!r}")
        lines.append(b"%s: %s" % (name, value))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def is_chunked(request: httpx.Request) -> bool:
    """Whether the body goes in chunks, since its length is not known beforehand."""
    return bool(request.headers.get("transfer-encoding", "").lower() == "chunked")


def chunk(data: bytes) -> bytes:
    """One chunk; nothing for no data, since an empty chunk would end the body."""
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


def render(request: httpx.Request) -> bytes:
    """A request with its whole body in memory, as it is sent."""
    body = b"".join(request.stream)  # type: ignore[arg-type]
    if is_chunked(request):
        return head_of(request) + chunk(body) + b"0\r\n\r\n"
    return head_of(request) + body


def once(request: httpx.Request) -> httpx.Request:
    """`request`, rendered now, so that sending it many times renders it no more."""
    request.extensions = {**request.extensions, "wire": render(request)}
    return request
