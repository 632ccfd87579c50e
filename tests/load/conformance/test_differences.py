"""Where we are meant to differ from httpx, each with its reason; nothing else may differ."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import h11
import httpx
import pytest

from tests.load.conformance.conftest import OURS, Kind, httpx_transport
from tests.load.scripted import Line, answering, scripted
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
STALE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _is_ours(kind: Kind) -> bool:
    return kind.transport is not httpx_transport


async def test_what_follows_a_whole_answer_is_for_httpx_the_next_answer_and_for_us_nobodys(
    kind: Kind, http: httpx.AsyncClient
) -> None:
    """A benchmark must not count an answer for a request that was never answered."""
    async with scripted(answering(OK + STALE, OK)) as server:
        await http.get(server.url)
        second = (await http.get(server.url)).text
    assert second == ("hello" if _is_ours(kind) else "stale")
    assert server.connections == (2 if _is_ours(kind) else 1)


async def test_bytes_after_a_whole_answer_fail_the_next_request_of_httpx_but_none_of_ours(
    kind: Kind, http: httpx.AsyncClient
) -> None:
    """The request that is failed has nothing to do with them; a new connection is clean."""
    async with scripted(answering(OK + b"EXTRA", OK)) as server:
        await http.get(server.url)
        if _is_ours(kind):
            assert (await http.get(server.url)).text == "hello"
        else:
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(server.url)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
        CHUNKED[:-2] + b"Content-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5 \r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        b"HTTP/1.1 200 OK\r\nX: folded\r\n line\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: \x01\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n" + OK,
    ],
    ids=[
        "length twice",
        "length in a list",
        "length and chunks",
        "space after a chunk size",
        "bare line feeds",
        "folded header",
        "control character",
        "HTTP/1.2",
        "100 that closes",
    ],
)
async def test_sloppy_framing_is_refused_by_us_where_httpx_takes_it(
    kind: Kind, http: httpx.AsyncClient, answer: bytes
) -> None:
    """llhttp is strict here, and no server under test has an excuse to send it."""
    async with scripted(answering(answer)) as server:
        if _is_ours(kind):
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(server.url)
        else:
            assert (await http.get(server.url)).text == "hello"


@pytest.mark.parametrize(
    "answer",
    [b"\r\n" + OK, b"HTTP/1.1 200 O\0K\r\nContent-Length: 5\r\n\r\nhello"],
    ids=["an empty line first", "a zero byte in the reason"],
)
async def test_harmless_slips_are_taken_by_us_where_httpx_refuses_them(
    kind: Kind, http: httpx.AsyncClient, answer: bytes
) -> None:
    """llhttp is lenient here; to look for them would cost every request."""
    async with scripted(answering(answer)) as server:
        if _is_ours(kind):
            assert (await http.get(server.url)).text == "hello"
        else:
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(server.url)


async def test_headers_are_as_sent_with_us_and_tidied_with_httpx(
    kind: Kind, http: httpx.AsyncClient
) -> None:
    """Spaces at a value's end, the case of `chunked`: to tidy them would cost every header."""
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nX: a \r\n\r\n0\r\n\r\n"
    async with scripted(answering(answer)) as server:
        values = [value for _, value in (await http.get(server.url)).headers.raw]
    assert values == ([b"Chunked", b"a "] if _is_ours(kind) else [b"chunked", b"a"])


async def test_an_http_1_0_server_that_keeps_alive_is_asked_again_by_us_and_left_by_httpx(
    kind: Kind, http: httpx.AsyncClient
) -> None:
    """A server that says it keeps the connection is measured with the connection kept."""
    answer = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"
    async with scripted(answering(answer, answer)) as server:
        for _ in range(2):
            assert (await http.get(server.url)).text == "hello"
    assert server.connections == (1 if _is_ours(kind) else 2)


async def test_another_protocol_is_seen_by_us_at_its_first_bytes_and_by_httpx_at_an_empty_line(
    kind: Kind, http: httpx.AsyncClient
) -> None:
    """The sooner the plainer: nothing that can follow makes it HTTP."""
    async with scripted(answering(b"SSH-2.0-OpenSSH_9.2\r\n")) as server:
        if _is_ours(kind):
            with pytest.raises(httpx.RemoteProtocolError):
                await http.get(server.url)
        else:
            with pytest.raises(httpx.ReadTimeout):
                await http.get(server.url, timeout=httpx.Timeout(LIMIT_S, read=0.3))


@pytest.mark.parametrize("length", ["2", "4"], ids=["too long", "too short"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_body_of_a_false_length_is_a_local_protocol_error_of_httpx_with_us_and_of_h11_else(
    kind: Kind, http: httpx.AsyncClient, length: str, streamed: bool
) -> None:
    """httpx lets h11's error through; ours is the one that httpx documents."""

    async def one() -> AsyncIterator[bytes]:
        yield b"one"

    async with scripted(answering(OK)) as server:
        with pytest.raises(httpx.LocalProtocolError if _is_ours(kind) else h11.LocalProtocolError):
            body = one() if streamed else b"one"
            await http.post(server.url, content=body, headers={"Content-Length": length})
        assert (await http.get(server.url)).text == "hello"


async def test_a_refusal_by_a_server_that_leaves_is_seen_by_us_where_httpx_sees_a_broken_write(
    kind: Kind, http: httpx.AsyncClient
) -> None:
    """Our socket is read while it is written, so the answer is there before the write breaks."""
    left = asyncio.Event()

    async def refusing(line: Line) -> None:
        await line.reader.readuntil(b"3\r\none\r\n")
        line.say(b"HTTP/1.1 413 Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        await line.close()
        left.set()

    async def endless() -> AsyncIterator[bytes]:
        yield b"one"
        await left.wait()
        while True:
            await asyncio.sleep(0.01)
            yield b"more"

    async with scripted(refusing) as server:
        if _is_ours(kind):
            assert (await http.post(server.url, content=endless())).status_code == 413
        else:
            with pytest.raises(httpx.ReadError):
                await http.post(server.url, content=endless())


async def test_only_httpx_hands_out_its_socket_and_only_we_say_when_we_sent(
    kind: Kind, http: httpx.AsyncClient
) -> None:
    """`network_stream` serves upgrades and proxies, which no trial needs."""
    async with scripted(answering(OK)) as server:
        extensions = set((await http.get(server.url)).extensions)
    own = {"sent_ns"} if _is_ours(kind) else {"network_stream"}
    assert extensions == {"http_version", "reason_phrase"} | own


@pytest.mark.parametrize("kind", OURS, indirect=True)
async def test_no_place_is_lost_with_us_however_many_give_up(kind: Kind) -> None:
    """httpx's pool loses places to requests that are given up while they wait, so only we are held.

    A closed loop would stand still for ever.
    """

    async def echo(line: Line) -> None:
        while True:
            path = (await line.request()).head.split()[1]
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(path)
            await line.send(head, path[:1], path[1:])

    async with scripted(echo) as server, kind.client(max_connections=5) as http:
        asking = [_ask(http, f"{server.url}{i}", 0.001 * i) for i in range(60)]
        await asyncio.gather(*asking)
        assert (await http.get(f"{server.url}last")).text == "/last"


async def _ask(http: httpx.AsyncClient, url: str, patience_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            assert (await http.get(url)).text == httpx.URL(url).path
