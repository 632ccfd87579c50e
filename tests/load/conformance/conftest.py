"""The two transports that must behave alike, ours on either event loop."""

import asyncio
import signal
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
import uvloop

from tests.load.clocks import JumpingLoop
from tests.waiting import LIMIT_S
from webtrial.load.transport import Transport

LONGEST_TEST_S = int(2 * LIMIT_S)
NO_TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made once: httpx reads its CAs for each client


@dataclass(frozen=True, slots=True)
class Kind:
    """A transport, made with the same two settings whichever it is, and its event loop."""

    transport: Callable[..., httpx.AsyncBaseTransport]
    loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.SelectorEventLoop

    def client(
        self, *, tls: ssl.SSLContext = NO_TRUST, max_connections: int = 100
    ) -> httpx.AsyncClient:
        """A client whose every wait is bounded."""
        transport = self.transport(tls=tls, max_connections=max_connections)
        return httpx.AsyncClient(transport=transport, timeout=LIMIT_S)


def httpx_transport(*, tls: ssl.SSLContext, max_connections: int) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=max_connections)
    return httpx.AsyncHTTPTransport(verify=tls, limits=limits)


KINDS = {
    "webtrial": Kind(Transport),
    "httpx": Kind(httpx_transport),
    "webtrial-uvloop": Kind(Transport, uvloop.new_event_loop),
    "webtrial, jumping": Kind(Transport, JumpingLoop),
    "httpx, jumping": Kind(httpx_transport, JumpingLoop),
}


def kinds(*names: str) -> list[object]:
    """These of KINDS as parameters."""
    stock = pytest.mark.conformance
    return [pytest.param(name, marks=stock if "httpx" in name else ()) for name in names]


OURS = kinds("webtrial", "webtrial-uvloop")


@pytest.fixture(params=[*OURS, *kinds("httpx")])
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def anyio_backend(kind: Kind) -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": kind.loop}


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
