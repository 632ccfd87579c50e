"""A connection that opens on first use, and reopens after the server has closed it."""

import asyncio
import ssl
from time import perf_counter_ns

import httpx

from webtrial.load.link import Link
from webtrial.load.meter import Meter


class ConnectionGone(httpx.NetworkError):
    """The connection could not be opened or has ended, and must not be opened again."""


class Connection(httpx.AsyncBaseTransport):
    """A transport for httpx with a single connection, that of one user of a trial.

    `opened` counts its openings: more than one means that the server closed it. With `once` it is
    opened at most once, and later requests raise Gone.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        meter: Meter | None = None,
        once: bool = False,
    ) -> None:
        self.opened = 0
        self._tls = tls
        self._meter = meter or Meter()
        self._can_open = True
        self._once = once
        self._link: Link | None = None

    @property
    def is_open(self) -> bool:
        """Whether it was opened and is not known to have ended."""
        return self._link is not None and self._link.is_open

    @property
    def is_ready(self) -> bool:
        """Whether a request can be sent without opening a socket or waiting for another request."""
        return self._link is not None and self._link.is_open and not self._link.is_busy

    @property
    def has_unread_data(self) -> bool:
        """Whether unsolicited data arrived: usually the server has closed the connection."""
        return self._link is not None and self._link.has_unread_data

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request` and return once the response headers, and a small body, have arrived.

        The extension `timeout` is httpx's, plus `total`: seconds until the last byte. The
        response's stream is a `Body`. Its extension `sent_ns` is the time at which this method was
        called: the response time includes opening the connection, if that is needed.
        """
        sent_ns = perf_counter_ns()
        self._meter.enter(sent_ns)
        link = self._link
        if link is None or not link.is_open:
            link = await self._opened_for(request)
        elif link.is_busy:
            self._meter.leave(perf_counter_ns())
            raise RuntimeError("a Connection carries one request at a time: use Transport for more")
        return await link.exchange(request, sent_ns)

    async def _opened_for(self, request: httpx.Request) -> Link:
        try:
            return await self.open(request)
        except BaseException:
            self._meter.leave(perf_counter_ns())
            raise

    async def open(self, request: httpx.Request) -> Link:
        """Open the connection to the server of `request`, without sending anything."""
        if not self._can_open:
            raise ConnectionGone("this connection has ended and may be opened only once")
        self._can_open = not self._once
        self._link = await self._open(request)
        self.opened += 1
        return self._link

    async def _open(self, request: httpx.Request) -> Link:
        url, timeout = request.url, request.extensions.get("timeout") or {}
        limit_s = timeout.get("connect") or timeout.get("total")
        tls = self._tls if url.scheme == "https" else None
        host, port = url.host, url.port or (443 if tls else 80)
        name = request.extensions.get("sni_hostname") if tls else None
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(limit_s):
                _, link = await loop.create_connection(
                    self._new_link, host, port, ssl=tls, server_hostname=name
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout(
                f"no connection to {host}:{port} within {limit_s} s"
            ) from error
        except OSError as error:
            raise httpx.ConnectError(f"no connection to {host}:{port}: {error}") from error
        return link

    def _new_link(self) -> Link:
        return Link(self._meter.leave)

    async def aclose(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None
