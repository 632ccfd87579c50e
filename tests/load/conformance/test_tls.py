"""TLS on loopback, with a certificate made for the test."""

import shutil
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.load.conformance.conftest import Kind
from tests.load.scripted import Line, answering, scripted
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
_MAKE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1,DNS:trial.example"
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    paths = folder / "certificate.pem", folder / "key.pem"
    command = [*_MAKE.split(), "-out", str(paths[0]), "-keyout", str(paths[1])]
    subprocess.run(command, check=True, capture_output=True, timeout=LIMIT_S)
    return paths


@pytest.fixture
def server_tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate[0]))


async def test_a_trusted_server_is_asked_again_and_again(
    kind: Kind, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with (
        scripted(answering(OK, OK), tls=server_tls) as server,
        kind.client(tls=trusting) as http,
    ):
        for _ in range(2):
            assert (await http.get(server.url)).text == "hello"
    assert server.url.startswith("https:")
    assert len(server.received) == 2


async def test_large_bodies_pass_both_ways(
    kind: Kind, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    body = bytes(range(256)) * 8192
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    async with (
        scripted(answering(answer), tls=server_tls) as server,
        kind.client(tls=trusting) as http,
    ):
        assert (await http.post(server.url, content=body)).content == body
    assert server.received[0].body == body


async def test_a_body_that_ends_with_the_connection_is_read(
    kind: Kind, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    answer = b"HTTP/1.1 200 OK\r\n\r\nuntil the end"
    async with (
        scripted(answering(answer, then=Line.close), tls=server_tls) as server,
        kind.client(tls=trusting) as http,
    ):
        assert (await http.get(server.url)).text == "until the end"


async def test_an_answer_cut_short_is_a_remote_protocol_error(
    kind: Kind, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with (
        scripted(answering(OK[:-2], then=Line.close), tls=server_tls) as server,
        kind.client(tls=trusting) as http,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(server.url)


async def test_a_server_that_is_not_trusted_is_a_connect_error(
    http: httpx.AsyncClient, server_tls: ssl.SSLContext
) -> None:
    async with scripted(answering(OK), tls=server_tls) as server:
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            await http.get(server.url)
    assert server.received == []


async def test_a_server_of_another_name_is_a_connect_error(
    kind: Kind, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with (
        scripted(answering(OK), tls=server_tls) as server,
        kind.client(tls=trusting) as http,
    ):
        with pytest.raises(httpx.ConnectError, match=r"(?i)certificate"):
            await http.get(server.url.replace("127.0.0.1", "localhost"))
    assert server.received == []


async def test_a_request_may_say_which_name_the_certificate_must_bear(
    kind: Kind, server_tls: ssl.SSLContext, trusting: ssl.SSLContext
) -> None:
    async with (
        scripted(answering(OK), tls=server_tls) as server,
        kind.client(tls=trusting) as http,
    ):
        url = server.url.replace("127.0.0.1", "localhost")
        response = await http.get(url, extensions={"sni_hostname": "trial.example"})
    assert response.text == "hello"


async def test_a_server_without_tls_is_a_connect_error(http: httpx.AsyncClient) -> None:
    async def plain(line: Line) -> None:
        await line.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with scripted(plain) as server:
        with pytest.raises(httpx.ConnectError):
            await http.get(server.url.replace("http:", "https:"))


async def test_a_server_that_leaves_in_the_handshake_is_a_connect_error(
    http: httpx.AsyncClient,
) -> None:
    async with scripted(Line.close) as server:
        with pytest.raises(httpx.ConnectError):
            await http.get(server.url.replace("http:", "https:"))
