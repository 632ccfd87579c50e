"""One user: a connection, a session of a scenario, and the samples to which it adds."""

import asyncio
import errno
from time import perf_counter_ns

import httpx

from webtrial.errors import DriverError
from webtrial.load.body import Body
from webtrial.load.connection import Connection, ConnectionGone
from webtrial.load.link import Closed, Truncated
from webtrial.load.requests import RequestSpec, Session
from webtrial.load.samples import Samples
from webtrial.load.window import Window

PAUSE_AFTER_FAILURE_S = 0.01  # without it, requests to a refusing server would be a busy loop

_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (ConnectionGone, "gone"),
    (httpx.TimeoutException, "timeout"),
    (httpx.ConnectError, "refused"),
    (httpx.NetworkError, "reset"),
    (Closed, "closed"),
    (Truncated, "truncated"),
    (httpx.ProtocolError, "malformed"),
)

# A resource missing on this side says nothing about the server.
_REMEDIES = {
    errno.EMFILE: "each connection needs a file descriptor: raise the hard limit of `ulimit -n`",
    errno.ENFILE: "each connection needs a file descriptor: raise the system's fs.file-max",
    errno.EADDRNOTAVAIL: "all local ports are in use: widen net.ipv4.ip_local_port_range",
    errno.ENOBUFS: "the system has no memory left for sockets: use fewer connections",
}


class User:
    """Sends one request at a time and records its result; `outcome` is that of the last one."""

    def __init__(
        self, index: int, connection: Connection, session: Session, samples: Samples
    ) -> None:
        self.index = index
        self.connection = connection
        self.session = session
        self.outcome = ""
        self._samples = samples
        self._prepared: RequestSpec | None = None

    def prepare(self) -> None:
        """Prepare the next request in advance.

        Drawing and rendering one takes up to a millisecond on a core that has just woken up.
        """
        if self._prepared is None:
            self._prepared = self.session.next()

    async def send_next(self, intended_ns: int, window: Window) -> int:
        """Send the session's next request and return the time at which it ended, in any way."""
        if not window.contains(intended_ns):
            return await self._send(intended_ns)
        window.pending += 1
        try:
            return await self._send(intended_ns)
        finally:
            window.pending -= 1

    async def _send(self, intended_ns: int) -> int:
        self.prepare()
        spec, self._prepared = self._prepared, None
        assert spec is not None
        sent_ns = perf_counter_ns()
        try:
            response = await self.connection.handle_async_request(spec.request)
            body_stream: Body = response.stream  # type: ignore[assignment]
            body = await body_stream.whole()
        except httpx.TransportError as error:
            done_ns = perf_counter_ns()
            self.outcome = outcome = kind_of(error)
            self.session.response_lost(spec)
            self._samples.add(intended_ns, sent_ns, done_ns, self.index, spec.kind, 0, 0, outcome)
            await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
            return perf_counter_ns()
        sent_ns, done_ns = response.extensions["sent_ns"], body_stream.done_ns
        status = response.status_code
        self.outcome = outcome = self.session.check_response(spec, status, body)
        self._samples.add(
            intended_ns, sent_ns, done_ns, self.index, spec.kind, status, len(body), outcome
        )
        return done_ns


def kind_of(error: httpx.TransportError) -> str:
    """Return the outcome, one of samples.OUTCOMES, that `error` stands for.

    DriverError if the client could not even try, which is not an outcome of the server.
    """
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in _REMEDIES:
        raise DriverError(f"{cause}; {_REMEDIES[cause.errno]}") from error
    return next(kind for type_, kind in _KINDS if isinstance(error, type_))
