"""WebSocket support of the framework alone."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Message,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError

from webtrial.measure.capabilities.packages import closure
from webtrial.measure.capabilities.probes import TIMEOUT_S, Answer, Subject, probe, yes_or_no

PATH = "/socket"
MESSAGE = "is anybody there?"
SWITCHING = 101
SERVER_INDEX = 2  # of the server in `{python} -m server …`
_LIBRARIES = ("websockets", "wsproto")


@probe("WebSocket")
def echoes(subject: Subject) -> Iterator[Answer]:
    """The service accepts a handshake and echoes a text."""
    status, reply = exchange_text(subject.alone_url, MESSAGE)
    yield Answer(
        "minimal service echoes a message",
        yes_or_no(reply == MESSAGE),
        "handshake and text message to a minimal service (framework only)",
        f"GET {PATH}: {status or 'no response'}",
    )
    command = subject.anatomy.alone
    required = closure([subject.anatomy.package, command[SERVER_INDEX]])
    missing = [each for each in _LIBRARIES if each in command and each not in required]
    yield Answer(
        "extra package that the server needs",
        (", ".join(missing) if reply == MESSAGE else "") or "none",
        "named in that service's start command; neither the framework nor its server requires it",
        "services/capabilities.toml",
    )


def exchange_text(url: str, text: str) -> tuple[int, str | None]:
    """Return the status of the handshake, 0 without one, and the reply to `text`."""
    address = urlsplit(url)
    socket_ = socket.create_connection((address.hostname, address.port), timeout=TIMEOUT_S)
    with socket_:
        client = WSConnection(ConnectionType.CLIENT)
        socket_.sendall(client.send(Request(host=address.netloc, target=PATH)))
        status = 0
        for event in _events(client, socket_):
            match event:
                case AcceptConnection():
                    status = SWITCHING
                    socket_.sendall(client.send(Message(data=text)))
                case RejectConnection(status_code=status):
                    return status, None
                case TextMessage(data=data):
                    return status, str(data)
                case CloseConnection():
                    break
    return status, None


def _events(client: WSConnection, socket_: socket.socket) -> Iterator[object]:
    """Yield the server's events until it sends no more or violates the protocol."""
    while data := socket_.recv(4096):
        try:
            client.receive_data(data)
        except RemoteProtocolError:
            return
        yield from client.events()
