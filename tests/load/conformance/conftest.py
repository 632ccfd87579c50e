"""The two transports that must behave alike, ours on either event loop."""

import signal
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from webtrial.measure.load.transport import Transport

LONGEST_TEST_S = 30
NO_TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made once: httpx reads its CAs for each client


@dataclass(frozen=True, slots=True)
class Kind:
    """A transport, made with the same two settings whichever it is."""

    transport: Callable[..., httpx.AsyncBaseTransport]
    on_uvloop: bool = False

    def client(
        self, *, tls: ssl.SSLContext = NO_TRUST, max_connections: int = 100
    ) -> httpx.AsyncClient:
        """A client whose every wait is bounded."""
        transport = self.transport(tls=tls, max_connections=max_connections)
        return httpx.AsyncClient(transport=transport, timeout=5.0)


def httpx_transport(*, tls: ssl.SSLContext, max_connections: int) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=max_connections)
    return httpx.AsyncHTTPTransport(verify=tls, limits=limits)


KINDS = {
    "webtrial": Kind(Transport),
    "httpx": Kind(httpx_transport),
    "webtrial-uvloop": Kind(Transport, on_uvloop=True),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def anyio_backend(kind: Kind) -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": kind.on_uvloop}


@pytest.fixture
async def http(kind: Kind) -> AsyncIterator[httpx.AsyncClient]:
    async with kind.client() as client:
        yield client


@pytest.fixture(autouse=True)
def no_test_hangs() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise AssertionError(f"the test hung: not over after {LONGEST_TEST_S} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LONGEST_TEST_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
