"""Errors of the network and of the request itself, each in its place in httpx's tree."""

import socket

import httpx
import pytest

from tests.load.conformance.conftest import kinds
from tests.load.scripted import Line, answering, scripted
from webtrial.system.ports import free_port

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def test_nobody_listening_is_a_connect_error(http: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.ConnectError):
        await http.get(f"http://127.0.0.1:{free_port()}/")


# uvloop resolves names outside Python, and no name server is asked here.
@pytest.mark.parametrize("kind", kinds("webtrial", "httpx"), indirect=True)
async def test_an_unknown_host_is_a_connect_error(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(httpx.ConnectError):
        await http.get("http://no-such-host.invalid/")


async def test_a_name_is_resolved(http: httpx.AsyncClient) -> None:
    async with scripted(answering(OK)) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        assert (await http.get(url)).text == "hello"
    assert b"host: localhost:" in server.received[0].head.lower()


@pytest.mark.parametrize(
    "answer",
    [b"", OK[:10], OK[:-2], b"HTTP/1.1 200 OK\r\n\r\nhel"],
    ids=["at once", "in the headers", "in the body", "in a body without a length"],
)
async def test_a_reset_is_a_read_error(http: httpx.AsyncClient, answer: bytes) -> None:
    async with scripted(answering(answer, then=Line.reset)) as server:
        with pytest.raises(httpx.ReadError):
            await http.get(server.url)


async def test_a_reset_in_mid_body_comes_after_what_was_read(http: httpx.AsyncClient) -> None:
    read = []
    async with scripted(answering(OK[:-2], then=Line.reset)) as server:
        with pytest.raises(httpx.ReadError):
            async with http.stream("GET", server.url) as response:
                async for piece in response.aiter_raw():
                    read.append(piece)
    assert read == [b"hel"]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "127.0.0.1:80", "/path", "http://"])
async def test_what_is_not_http_is_an_unsupported_protocol(
    http: httpx.AsyncClient, url: str
) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        await http.get(url)


@pytest.mark.parametrize(
    "header",
    [
        (b"X-A", b"b\r\nX-C: d"),
        (b"X-A", b"b\nX-C: d"),
        (b"X-A", b"b\0"),
        (b"X-A", b" b"),
        (b"X A", b"b"),
        (b"X-A:", b"b"),
        (b"", b"b"),
    ],
    ids=[
        "a break",
        "a line feed",
        "a zero",
        "a leading space",
        "a space in the name",
        "a colon",
        "no name",
    ],
)
async def test_a_header_that_cannot_be_sent_is_a_local_protocol_error(
    http: httpx.AsyncClient, header: tuple[bytes, bytes]
) -> None:
    async with scripted(answering(OK)) as server:
        with pytest.raises(httpx.LocalProtocolError):
            await http.get(server.url, headers=[header])
        assert (await http.get(server.url)).text == "hello"
    assert [b"X" in request.head for request in server.received] == [False]


async def test_a_method_that_cannot_be_sent_is_a_local_protocol_error(
    http: httpx.AsyncClient,
) -> None:
    async with scripted(answering(OK)) as server:
        with pytest.raises(httpx.LocalProtocolError):
            await http.request("GET / HTTP/1.1\r\nX:", server.url)


async def test_a_host_that_is_not_named_is_a_local_protocol_error(http: httpx.AsyncClient) -> None:
    async with scripted(answering(OK)) as server:
        request = http.build_request("GET", server.url)
        del request.headers["host"]
        with pytest.raises(httpx.LocalProtocolError):
            await http.send(request)


async def test_every_request_keeps_its_request_beside_the_error(http: httpx.AsyncClient) -> None:
    async with scripted(answering(b"nonsense\r\n\r\n")) as server:
        with pytest.raises(httpx.RemoteProtocolError) as raised:
            await http.get(server.url)
    assert raised.value.request.url == server.url
