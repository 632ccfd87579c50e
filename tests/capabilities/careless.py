"""A service that does everything by half: what a probe must not take for the whole."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

FORM = '<form method="post"><input name="username"><input name="password" type="password"></form>'
DOCS = """
<link href="//fonts.example/one.css"><img src="/own.png"><a href="https://linked.example/">x</a>
<script src="https://cdn.example/swagger.js"></script><p>openapi.json</p>
"""
PAGES = {
    "/login": FORM,
    "/docs": DOCS,
    "/admin/": '<a href="/admin/user/">Users</a>',
    "/admin/user/": "nobody",
}
DOCUMENTS: dict[str, Any] = {
    "/openapi.json": {"paths": {}},  # without the version that makes it OpenAPI
    "/users": {"items": [{"username": "somebody"}]},
}


class Careless(BaseHTTPRequestHandler):
    """Takes any form and any token, names one fault of three, works before it answers."""

    account = ""
    done = 0

    def do_GET(self) -> None:
        place = urlsplit(self.path).path
        if place == "/dashboard/stats":
            self._tell({}, 200 if "Authorization" in self.headers else 401)
        elif place in ("/account", "/admin/") and "Cookie" not in self.headers:
            self._answer(302, "text/html", "", {"Location": "/login"})
        elif place == "/account":
            self._answer(200, "text/html", self.account)
        elif place in PAGES:
            self._answer(200, "text/html", PAGES[place])
        elif place in ("/later", "/done"):
            type(self).done += place == "/later"
            self._tell({"done": self.done})
        else:
            self._tell(DOCUMENTS.get(place, {}), 200 if place in DOCUMENTS else 404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/users":
            self._tell({"email": ["is wrong"], "detail": "the username and the age too"}, 400)
        elif self.path == "/token":
            self._tell({"access_token": "any"})
        else:
            self._answer(302, "text/html", "", {"Location": "/", "Set-Cookie": "visitor=1"})

    def _tell(self, content: dict[str, Any], status: int = 200) -> None:
        self._answer(status, "application/json", json.dumps(content))

    def _answer(
        self, status: int, kind: str, text: str, headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        given = {"Content-Type": kind, "Content-Length": str(len(text.encode()))}
        for name, value in (given | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def careless_service(account: str) -> Iterator[str]:
    """Its address; who signs in is told to be `account`."""
    handler = type("Handler", (Careless,), {"account": account})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
