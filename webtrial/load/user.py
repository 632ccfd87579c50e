"""One user: a connection, a session of a scenario, and the samples to which it adds."""

import asyncio
import errno
from time import perf_counter_ns

import httpx

from webtrial.errors import DriverError
from webtrial.load.body import Body
from webtrial.load.connection import Connection, Gone
from webtrial.load.link import Closed, Truncated
from webtrial.load.samples import Samples
from webtrial.load.scenarios import RequestSpec, Session
from webtrial.load.window import Window

PAUSE_AFTER_FAILURE_S = 0.01  # without it, requests to a refusing server would be a busy loop

_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (Gone, "gone"),
    (httpx.TimeoutException, "timeout"),
    (httpx.ConnectError, "refused"),
    (httpx.NetworkError, "reset"),
    (Closed, "closed"),
    (Truncated, "truncated"),
    (httpx.ProtocolError, "malformed"),
)

# A resource missing on this side says nothing about the server.
_REMEDIES = {
    errno.EMFILE: "each connection takes a descriptor; raise the hard limit of `ulimit -n`",
    errno.ENFILE: "each connection takes a descriptor; raise the system's fs.file-max",
    errno.EADDRNOTAVAIL: "all local ports are taken; widen net.ipv4.ip_local_port_range",
    errno.ENOBUFS: "the system has no memory left for sockets; ask for fewer connections",
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
        self._loaded: RequestSpec | None = None

    def load(self) -> None:
        """Prepare the next request in advance.

        Drawing and rendering one takes up to a millisecond on a core that has just woken up.
        """
        if self._loaded is None:
            self._loaded = self.session.next()

    async def ask(self, intended_ns: int, window: Window) -> int:
        """Send the session's next request and return the time at which it ended, in any way."""
        if not window.holds(intended_ns):
            return await self._ask(intended_ns)
        window.pending += 1
        try:
            return await self._ask(intended_ns)
        finally:
            window.pending -= 1

    async def _ask(self, intended_ns: int) -> int:
        self.load()
        shot, self._loaded = self._loaded, None
        assert shot is not None
        sent_ns = perf_counter_ns()
        try:
            response = await self.connection.handle_async_request(shot.request)
            answer: Body = response.stream  # type: ignore[assignment]
            body = await answer.whole()
        except httpx.TransportError as error:
            done_ns = perf_counter_ns()
            self.outcome = outcome = kind_of(error)
            self.session.lost(shot)
            self._samples.add(intended_ns, sent_ns, done_ns, self.index, shot.kind, 0, 0, outcome)
            await asyncio.sleep(PAUSE_AFTER_FAILURE_S)
            return perf_counter_ns()
        sent_ns, done_ns = response.extensions["sent_ns"], answer.done_ns
        status = response.status_code
        self.outcome = outcome = self.session.settle(shot, status, body)
        self._samples.add(
            intended_ns, sent_ns, done_ns, self.index, shot.kind, status, len(body), outcome
        )
        return done_ns


def kind_of(error: httpx.TransportError) -> str:
    """Return the outcome, one of samples.OUTCOMES, that `error` stands for.

    DriverError if it is no outcome, because this side could not even try.
    """
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in _REMEDIES:
        raise DriverError(f"{cause}: {_REMEDIES[cause.errno]}") from error
    return next(kind for type_, kind in _KINDS if isinstance(error, type_))
