"""Bodies that are large, or that come piece by piece, either way."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.load.scripted import Line, answering, scripted

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
LARGE = bytes(range(256)) * (64 * 1024)  # 16 MiB


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _large_answers() -> dict[str, list[bytes]]:
    chunks = [LARGE[i : i + 1_000_000] for i in range(0, len(LARGE), 1_000_000)]
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return {
        "fixed": [b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(LARGE), LARGE],
        "chunked": [
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            chunked + b"0\r\n\r\n",
        ],
        "closing": [b"HTTP/1.1 200 OK\r\n\r\n", LARGE],
    }


@pytest.mark.parametrize("framing", ["fixed", "chunked", "closing"])
async def test_a_large_answer_arrives_whole(http: httpx.AsyncClient, framing: str) -> None:
    async with scripted(answering(_large_answers()[framing], then=Line.close)) as server:
        assert (await http.get(server.url)).content == LARGE


async def test_a_large_request_arrives_whole(http: httpx.AsyncClient) -> None:
    async with scripted(answering(OK)) as server:
        assert (await http.post(server.url, content=LARGE)).text == "hello"
    assert server.received[0].body == LARGE


async def test_a_large_request_from_a_generator_arrives_whole(http: httpx.AsyncClient) -> None:
    pieces = _pieces(*(LARGE[i : i + 300_000] for i in range(0, len(LARGE), 300_000)))
    async with scripted(answering(OK)) as server:
        assert (await http.post(server.url, content=pieces)).text == "hello"
    assert b"transfer-encoding: chunked" in server.received[0].head.lower()
    assert server.received[0].body == LARGE


async def test_large_bodies_go_both_ways_at_once(http: httpx.AsyncClient) -> None:
    async with scripted(answering(_large_answers()["chunked"])) as server:
        assert (await http.post(server.url, content=LARGE)).content == LARGE
    assert server.received[0].body == LARGE


async def test_an_answer_is_read_as_it_comes(http: httpx.AsyncClient) -> None:
    seen = asyncio.Event()

    async def one_by_one(line: Line) -> None:
        await line.request()
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")
        for piece in (b"ab", b"cd", b"ef"):
            await line.send(piece)
            await seen.wait()  # the next piece comes only once this one was read
            seen.clear()

    async with scripted(one_by_one) as server, http.stream("GET", server.url) as response:
        read = []
        async for piece in response.aiter_bytes():
            read.append(piece)
            seen.set()
    assert read == [b"ab", b"cd", b"ef"]


async def test_headers_can_be_read_before_the_body_is_there(http: httpx.AsyncClient) -> None:
    asked_for = asyncio.Event()

    async def body_on_demand(line: Line) -> None:
        await line.request()
        await line.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        await asked_for.wait()
        await line.send(b"hello")

    async with scripted(body_on_demand) as server, http.stream("GET", server.url) as response:
        assert response.headers["content-length"] == "5"
        asked_for.set()
        assert await response.aread() == b"hello"


async def test_a_request_is_sent_as_it_is_made(http: httpx.AsyncClient) -> None:
    arrived: list[bytes] = []
    go_on = asyncio.Event()

    async def reading(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        arrived.append(await line.reader.readexactly(len(b"3\r\none\r\n")))
        go_on.set()
        arrived.append(await line.reader.readuntil(b"0\r\n\r\n"))
        await line.send(OK)

    async def halting() -> AsyncIterator[bytes]:
        yield b"one"
        await go_on.wait()
        yield b""
        yield b"two"

    async with scripted(reading) as server:
        assert (await http.post(server.url, content=halting())).text == "hello"
    assert arrived == [b"3\r\none\r\n", b"3\r\ntwo\r\n0\r\n\r\n"]


async def test_a_generator_of_known_length_is_not_chunked(http: httpx.AsyncClient) -> None:
    async with scripted(answering(OK, OK)) as server:
        for _ in range(2):
            body = _pieces(b"one", b"two")
            await http.post(server.url, content=body, headers={"Content-Length": "6"})
    assert [request.body for request in server.received] == [b"onetwo"] * 2
    assert b"chunked" not in server.received[0].head
    assert server.connections == 1


async def test_a_file_in_a_form_arrives(http: httpx.AsyncClient) -> None:
    async with scripted(answering(OK)) as server:
        await http.post(
            server.url, files={"picture": ("p.png", b"\x89PNG" * 1000)}, data={"a": "b"}
        )
    assert b"\x89PNG" * 1000 in server.received[0].body
    assert b"multipart/form-data" in server.received[0].head


async def test_an_error_in_making_the_body_is_the_callers(http: httpx.AsyncClient) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"one"
        raise KeyError("two")

    async with scripted(answering(OK)) as server:
        with pytest.raises(KeyError, match="two"):
            await http.post(server.url, content=failing())
        assert (await http.get(server.url)).text == "hello"
    assert server.connections == 2  # the first has half a request on it


async def test_an_answer_before_the_requests_end_does_not_cut_the_request(
    http: httpx.AsyncClient,
) -> None:
    answered = asyncio.Event()

    async def hasty(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        await line.send(OK)
        answered.set()
        assert await line.reader.readuntil(b"0\r\n\r\n") == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
        await answering(OK)(line)

    async def slow() -> AsyncIterator[bytes]:
        yield b"one"
        await answered.wait()
        await asyncio.sleep(0.02)
        yield b"two"

    async with scripted(hasty) as server:
        assert (await http.post(server.url, content=slow())).text == "hello"
        assert (await http.get(server.url)).text == "hello"
    assert server.connections == 1


async def test_an_early_refusal_is_seen(http: httpx.AsyncClient) -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    refused = asyncio.Event()

    async def refusing(line: Line) -> None:
        await line.reader.readuntil(b"3\r\none\r\n")
        await line.send(refusal)
        refused.set()

    async def slow() -> AsyncIterator[bytes]:
        yield b"one"
        await refused.wait()
        await asyncio.sleep(0.02)
        yield b"two"

    async with scripted(refusing) as server:
        assert (await http.post(server.url, content=slow())).status_code == 413


async def test_an_answer_left_unread_does_not_spoil_the_next_one(http: httpx.AsyncClient) -> None:
    async with scripted(answering(_large_answers()["fixed"]), answering(OK)) as server:
        async with http.stream("GET", server.url) as response:
            async for piece in response.aiter_raw():
                assert LARGE.startswith(piece)
                break
        assert (await http.get(server.url)).text == "hello"
    assert server.connections == 2
