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

from webtrial.measure.capabilities.asking import ANSWER_S, Answer, Subject, probe, yes_or_no
from webtrial.measure.capabilities.packages import closure

PLACE = "/socket"
SAID = "is anybody there?"
SWITCHING = 101
SERVER = 2  # position of the server's name in `{python} -m server …`
_LIBRARIES = ("websockets", "wsproto")


@probe("WebSocket")
def echoes(subject: Subject) -> Iterator[Answer]:
    """The service accepts a handshake and echoes a text."""
    status, heard = say(subject.alone_url, SAID)
    yield Answer(
        "echoes a text, on a service of the framework alone",
        yes_or_no(heard == SAID),
        "a handshake and a text, to a service of the framework and nothing else",
        f"GET {PLACE}: {status or 'no answer'}",
    )
    command = subject.anatomy.alone
    brought = closure([subject.anatomy.package, command[SERVER]])
    needed = [each for each in _LIBRARIES if each in command and each not in brought]
    yield Answer(
        "package that the server needs for it",
        (", ".join(needed) if heard == SAID else "") or "none",
        "named in that service's command, and required neither by the framework nor its server",
        "services/capabilities.toml",
    )


def say(url: str, text: str) -> tuple[int, str | None]:
    """Return the status of the handshake, 0 without one, and the reply to `text`."""
    address = urlsplit(url)
    socket_ = socket.create_connection((address.hostname, address.port), timeout=ANSWER_S)
    with socket_:
        client = WSConnection(ConnectionType.CLIENT)
        socket_.sendall(client.send(Request(host=address.netloc, target=PLACE)))
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
