"""Connection pool for httpx.AsyncClient: `httpx.AsyncClient(transport=Transport())`."""

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from itertools import chain

import httpx

from webtrial.load.body import Body
from webtrial.load.connection import Connection
from webtrial.load.meter import Meter

Origin = tuple[bytes, bytes, int | None]


class Transport(httpx.AsyncBaseTransport):
    """Keeps connections to each origin and reuses the most recently used one.

    At most `max_connections` carry a request at a time. Further requests wait; PoolTimeout after
    the `pool` timeout of their extensions. `meter` counts the requests in flight.
    """

    def __init__(
        self,
        *,
        max_connections: int = 100,
        tls: ssl.SSLContext | None = None,
        meter: Meter | None = None,
    ) -> None:
        self._slots = asyncio.Semaphore(max_connections)
        self._tls = tls
        self._meter = meter
        self._idle: dict[Origin, list[Connection]] = defaultdict(list)
        self._busy: set[Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` on an idle connection to its origin, or on a new one."""
        await self._acquire_slot(request.extensions.get("timeout", {}).get("pool"))
        url = request.url
        origin = (url.raw_scheme, url.raw_host, url.port)
        try:
            connection = await self._idle_connection(origin) or self._new_connection(url)
        except BaseException:
            self._slots.release()
            raise
        self._busy.add(connection)
        try:
            response = await connection.handle_async_request(request)
        except BaseException:
            await connection.aclose()
            self.release_connection(origin, connection)
            raise
        response.stream = _Leased(response.stream, self, origin, connection)
        return response

    async def _acquire_slot(self, timeout_s: float | None) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._slots.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout(f"no connection became free within {timeout_s} s") from error

    async def _idle_connection(self, origin: Origin) -> Connection | None:
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_ready and not connection.has_unread_data:
                return connection
            await connection.aclose()
        return None

    def _new_connection(self, url: httpx.URL) -> Connection:
        if url.scheme not in ("http", "https"):
            raise httpx.UnsupportedProtocol(f"unsupported scheme {url.scheme!r}: use http or https")
        if url.scheme == "https" and self._tls is None:
            self._tls = httpx.create_ssl_context()
        return Connection(tls=self._tls, meter=self._meter)

    def release_connection(self, origin: Origin, connection: Connection) -> None:
        """Return `connection` to the pool, after its response was read or abandoned."""
        self._busy.discard(connection)
        if connection.is_ready:
            self._idle[origin].append(connection)
        self._slots.release()

    async def aclose(self) -> None:
        """Close every connection; a request in progress fails."""
        for connection in [*self._busy, *chain.from_iterable(self._idle.values())]:
            await connection.aclose()
        self._idle.clear()


class _Leased(httpx.AsyncByteStream):
    """A response body that returns its connection to the pool once, when closed."""

    def __init__(
        self,
        body: httpx.AsyncByteStream | httpx.SyncByteStream,
        transport: Transport,
        origin: Origin,
        connection: Connection,
    ) -> None:
        assert isinstance(body, Body)
        self._body = body
        self._transport: Transport | None = transport
        self._origin = origin
        self._connection = connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._body:
            yield data

    async def aclose(self) -> None:
        await self._body.aclose()
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.release_connection(self._origin, self._connection)
