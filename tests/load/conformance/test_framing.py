"""Where an answer ends, and what is in it."""

import gzip
import zlib

import httpx
import pytest

from tests.load.conformance.conftest import KINDS, Kind, kinds
from tests.load.scripted import Line, answering, scripted

pytestmark = pytest.mark.anyio


@pytest.fixture(params=kinds("webtrial", "httpx"))  # the parser does not know which loop feeds it
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


FIXED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Kind: fixed\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TEXT = b"It was the best of times, it was the worst of times. " * 200


async def test_a_body_of_fixed_length_is_read(http: httpx.AsyncClient) -> None:
    async with scripted(answering(FIXED)) as server:
        response = await http.get(server.url)
    assert response.text == "hello"
    assert response.headers.raw == [(b"Content-Length", b"5"), (b"X-Kind", b"fixed")]


async def test_an_empty_body_is_read(http: httpx.AsyncClient) -> None:
    async with scripted(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as server:
        assert (await http.get(server.url)).content == b""


@pytest.mark.parametrize("step", [1, 3, 1000], ids=["bytewise", "by-threes", "whole"])
async def test_an_answer_in_pieces_is_the_answer_as_a_whole(
    http: httpx.AsyncClient, step: int
) -> None:
    pieces = [FIXED[i : i + step] for i in range(0, len(FIXED), step)]
    async with scripted(answering(pieces)) as server:
        response = await http.get(server.url)
    assert (response.text, response.headers["x-kind"]) == ("hello", "fixed")


@pytest.mark.parametrize(
    "chunks",
    [
        b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
        b"5;name=value\r\nhello\r\n0;last\r\n\r\n",
        b"0005\r\nhello\r\n0000\r\n\r\n",
        b'5;quoted="a b"\r\nhello\r\n0\r\n\r\n',
        b"5\r\nhello\r\n0\r\nX-Sum: 5\r\nX-More: yes\r\n\r\n",
    ],
    ids=["plain", "extension", "leading zeros", "quoted extension", "trailers"],
)
async def test_a_chunked_body_is_put_together(http: httpx.AsyncClient, chunks: bytes) -> None:
    async with scripted(answering(CHUNKED + chunks, FIXED)) as server:
        response = await http.get(server.url)
        assert response.text == "hello"
        assert "x-sum" not in response.headers
        assert (await http.get(server.url)).headers["x-kind"] == "fixed"
    assert server.connections == 1


@pytest.mark.parametrize(
    "headers",
    [b"Content-Length: 5\r\n", b"", b"Transfer-Encoding: chunked\r\n"],
    ids=["length", "no length", "chunked"],
)
async def test_the_answer_to_head_has_headers_only(http: httpx.AsyncClient, headers: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n"
    async with scripted(answering(answer, FIXED)) as server:
        response = await http.head(server.url)
        assert response.content == b""
        assert len(response.headers.raw) == headers.count(b"\n")
        assert (await http.get(server.url)).text == "hello"
    assert server.connections == 1


async def test_a_body_after_head_is_not_taken_for_one(http: httpx.AsyncClient) -> None:
    async with scripted(answering(FIXED)) as server:
        response = await http.head(server.url)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize(
    "headers",
    [b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"],
    ids=["no length", "length", "chunked"],
)
async def test_a_status_without_a_body_leaves_the_connection_open(
    http: httpx.AsyncClient, status: int, headers: bytes
) -> None:
    answer = b"HTTP/1.1 %d Nothing\r\n" % status + headers + b"\r\n"
    async with scripted(answering(answer, FIXED)) as server:
        response = await http.get(server.url)
        assert (response.status_code, response.content) == (status, b"")
        assert (await http.get(server.url)).text == "hello"
    assert server.connections == 1


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n" * 3,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
    ],
    ids=["100", "103", "102 three times", "100 and 103"],
)
@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
async def test_informational_answers_are_passed_over(
    http: httpx.AsyncClient, before: bytes, apart: bool
) -> None:
    answer = [before, FIXED] if apart else [before + FIXED]
    async with scripted(answering(answer)) as server:
        response = await http.get(server.url)
    assert (response.status_code, response.text) == (200, "hello")
    assert "link" not in response.headers


async def test_a_length_holds_though_the_connection_closes(http: httpx.AsyncClient) -> None:
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    async with scripted(answering(answer, then=Line.close)) as server:
        assert (await http.get(server.url)).text == "hello"


@pytest.mark.parametrize("headers", [b"", b"Connection: close\r\n"], ids=["bare", "announced"])
async def test_without_a_length_the_body_ends_with_the_connection(
    http: httpx.AsyncClient, headers: bytes
) -> None:
    answer = [b"HTTP/1.1 200 OK\r\n" + headers + b"\r\nuntil ", b"the end"]
    async with scripted(answering(answer, then=Line.close)) as server:
        assert (await http.get(server.url)).text == "until the end"


def _deflated(data: bytes) -> bytes:
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return raw.compress(data) + raw.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", _deflated(TEXT)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
        ("identity", TEXT),
    ],
    ids=["gzip", "zlib", "raw deflate", "two codings", "identity"],
)
async def test_a_compressed_body_is_decoded(
    http: httpx.AsyncClient, coding: str, body: bytes
) -> None:
    answer = _coded(coding, body)
    async with scripted(answering(answer, answer)) as server:
        async with http.stream("GET", server.url) as response:
            raw = b"".join([piece async for piece in response.aiter_raw()])
        decoded = await http.get(server.url)
    assert raw == body
    assert decoded.content == TEXT


def _coded(coding: str, body: bytes) -> list[bytes]:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return [head.encode() + body[:40], body[40:]]


async def test_a_brotli_body_is_decoded_where_brotli_is_installed(http: httpx.AsyncClient) -> None:
    brotli = pytest.importorskip("brotli")
    async with scripted(answering(_coded("br", brotli.compress(TEXT)))) as server:
        assert (await http.get(server.url)).content == TEXT


async def test_a_body_that_does_not_decode_is_a_decoding_error(http: httpx.AsyncClient) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"
    async with scripted(answering(answer)) as server:
        with pytest.raises(httpx.DecodingError):
            await http.get(server.url)


@pytest.mark.parametrize("version", [b"HTTP/1.1", b"HTTP/1.0"])
@pytest.mark.parametrize(
    ("status", "reason"),
    [(200, b"OK"), (299, b"Very Fine"), (404, b""), (500, b"Oh\tno"), (999, b"Gr\xfc\xdfe")],
)
async def test_version_status_and_reason_are_the_servers(
    http: httpx.AsyncClient, version: bytes, status: int, reason: bytes
) -> None:
    answer = version + b" %d " % status + reason + b"\r\nContent-Length: 0\r\n\r\n"
    async with scripted(answering(answer)) as server:
        response = await http.get(server.url)
    assert response.status_code == status
    assert response.extensions["http_version"] == version
    assert response.extensions["reason_phrase"] == reason


async def test_a_status_line_may_lack_its_reason(http: httpx.AsyncClient) -> None:
    async with scripted(answering(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi")) as server:
        response = await http.get(server.url)
    assert (response.text, response.extensions["reason_phrase"]) == ("hi", b"")


async def test_headers_keep_their_order_case_and_repetition(http: httpx.AsyncClient) -> None:
    lines = [(b"Set-Cookie", b"a=1"), (b"SET-cookie", b"b=2"), (b"x-empty", b""), (b"X-L", b"\xe4")]
    head = b"".join(name + b": " + value + b"\r\n" for name, value in lines)
    async with scripted(
        answering(b"HTTP/1.1 200 OK\r\n" + head + b"Content-Length:0\r\n\r\n")
    ) as server:
        response = await http.get(server.url)
    assert response.headers.raw == [*lines, (b"Content-Length", b"0")]
    assert response.cookies == {"a": "1", "b": "2"}
