"""Render an httpx.Request as HTTP/1.1 bytes."""

import re
from collections.abc import AsyncIterator

import httpx

_TOKEN = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")  # RFC 9110, section 5.6.2
_VALUE = re.compile(rb"([^\x00\s]+(?:[ \t]+[^\x00\s]+)*)?")  # h11's reading of section 5.5
_TARGET = re.compile(rb"[\x21-\x7e]+")
_END = b"0\r\n\r\n"


def head_of(request: httpx.Request) -> bytes:
    """Return request line and headers. LocalProtocolError if one would break out of its line."""
    method = request.method.encode("ascii")
    target = request.extensions.get("target", request.url.raw_path)
    if not _TOKEN.fullmatch(method) or not _TARGET.fullmatch(target):
        raise httpx.LocalProtocolError(
            f"{method!r} and {target!r} do not make a valid request line"
        )
    if "host" not in request.headers:
        raise httpx.LocalProtocolError("the header Host is missing, which HTTP/1.1 requires")
    lines = [b"%s %s HTTP/1.1" % (method, target)]
    for name, value in request.headers.raw:
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise httpx.LocalProtocolError(f"invalid header {name!r}: {value!r}")
        lines.append(b"%s: %s" % (name, value))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def is_chunked(request: httpx.Request) -> bool:
    """Whether the body is sent in chunks, because its length is not known in advance."""
    return bool(request.headers.get("transfer-encoding", "").lower() == "chunked")


def chunk(data: bytes) -> bytes:
    """Return `data` as one chunk; b"" for no data, because an empty chunk would end the body."""
    return b"%x\r\n%s\r\n" % (len(data), data) if data else b""


async def pieces_of(request: httpx.Request) -> AsyncIterator[bytes]:
    """Yield a request piece by piece as it is sent. LocalProtocolError if its length is wrong."""
    if isinstance(request.stream, httpx.ByteStream):
        yield render(request)
        return
    yield head_of(request)
    chunked, sent = is_chunked(request), 0
    async for piece in request.stream:  # type: ignore[union-attr]
        sent += len(piece)
        if not chunked:
            _check_length(request, sent, is_whole=False)
        yield chunk(piece) if chunked else piece
    if chunked:
        yield _END
    else:
        _check_length(request, sent, is_whole=True)


def render(request: httpx.Request) -> bytes:
    """Return the bytes of a request whose whole body is in memory."""
    body = b"".join(request.stream)  # type: ignore[arg-type]
    if is_chunked(request):
        return head_of(request) + chunk(body) + _END
    _check_length(request, len(body), is_whole=True)
    return head_of(request) + body


def _check_length(request: httpx.Request, length: int, *, is_whole: bool) -> None:
    declared = int(request.headers.get("content-length", 0))
    if length > declared or (is_whole and length < declared):
        raise httpx.LocalProtocolError(
            f"the body has {length} bytes, but Content-Length is {declared}"
        )


def once(request: httpx.Request) -> httpx.Request:
    """Render `request` now, to be sent many times without rendering it again. Returns it."""
    request.extensions = {**request.extensions, "wire": render(request)}
    return request
