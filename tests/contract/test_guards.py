"""What a service refuses whoever asks: other hosts, endless bodies, pages within other pages."""

import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.contract.judging import refused
from tests.contract.stage import client_of, pages_of
from tests.counted import tried
from tests.waiting import LIMIT_S

ABOUT = ("framework", "serialiser", "concurrency", "server")
OF_OWN_CODE = ("framework", "serialiser", "server")

LARGEST = 2**20
PAGES = {"Django": ["/accounts/login/", "/admin/login/"], "Flask": ["/login"], "FastAPI": []}
SHARED = ["/catalog", "/docs"]

OTHER_HOSTS = ("example.org", "127.0.0.1.example.org", "localhost@evil", "")
GUARDS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}


@pytest.fixture
def counted(stack):
    """Says how many rows there are of what requests can change."""
    tables = ("users", "orders", "accounts")
    query = "SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)
    return lambda: stack.rows(query)


def test_a_page_says_what_the_browser_has_to_refuse(client, stack):
    places = [*SHARED, *(place for name in pages_of(stack.service.stack) for place in PAGES[name])]
    for place in places:
        headers = client.get(place).headers
        assert {name: headers.get(name) for name in GUARDS} == GUARDS, place
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "http" not in policy  # no other place
        scripts = policy.partition("script-src")[2].partition(";")[0]
        assert ("'unsafe-inline'" in scripts) == (place == "/docs"), place


def test_another_host_is_refused(stack):
    """Whatever the route, hence not documented with any."""
    with httpx.Client(base_url=stack.url, trust_env=False, verify=False) as client:
        for host in OTHER_HOSTS:
            assert refused(client.get("/users/1", headers={"Host": host}), 400)
    tried("foreign Host headers", stack.name, len(OTHER_HOSTS))


def test_the_names_of_the_loopback_are_taken(client):
    for host in ("localhost", "localhost:80", "127.0.0.1:65535"):
        assert client.get("/users/1", headers={"Host": host}).status_code == 200, host


def test_a_body_without_end_is_refused_and_changes_nothing(stack, client, new_user, counted):
    """Each on a connection of its own: who has not read a body to its end closes it."""
    before = counted()
    body = json.dumps(new_user() | {"more": "x" * LARGEST}).encode()
    kind = {"Content-Type": "application/json"}
    for method, path in (("POST", "/users"), ("PUT", "/users/1")):
        with client_of(stack.url) as alone:
            assert refused(alone.request(method, path, content=body, headers=kind), 413)
    with client_of(stack.url) as alone:
        form = {"username": "account001", "password": "x" * LARGEST}
        assert refused(alone.post("/token", data=form), 413)
    assert counted() == before
    assert client.get("/ping").status_code == 200
    tried("endless bodies", stack.name, 3)


def test_a_body_up_to_the_limit_is_taken(client, new_user):
    body = json.dumps(new_user() | {"more": ""}).encode()
    filled = body.replace(b'"more": ""', b'"more": "' + b"x" * (LARGEST - len(body)) + b'"')
    assert len(filled) == LARGEST
    headers = {"Content-Type": "application/json"}
    assert client.post("/users", content=filled, headers=headers).status_code == 201


def test_a_body_that_comes_in_pieces_is_limited_as_well(stack, new_user, counted):
    """It would be a good one, were it not so long. Some servers take none in pieces at all."""
    before = counted()
    good = json.dumps(new_user() | {"more": ""}).encode()
    head, tail = good[:-2], good[-2:]
    place = urlsplit(stack.url)
    with socket.create_connection((place.hostname, place.port), timeout=LIMIT_S) as line:
        line.sendall(
            b"POST /users HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        )
        sent = answer = b""
        try:
            for piece in (head, *[b"x" * 0x10000] * 64, tail):
                line.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
            line.sendall(b"0\r\n\r\n")
        except OSError:
            sent = b"broken off"  # refused before it had come whole
        try:
            while piece := line.recv(65536):
                answer += piece
        except OSError:
            sent = sent or b"reset"
    assert answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400", b"HTTP/1.1 411")) or sent, answer
    assert counted() == before
    tried("endless bodies", stack.name, 1)


def test_the_cookies_of_a_session_are_for_nobody_else(client, stack):
    for place in [page for name in pages_of(stack.service.stack) for page in PAGES[name]]:
        cookies = client.get(place).headers.get_list("set-cookie")
        assert cookies, place
        for cookie in cookies:
            flags = cookie.lower()
            assert "secure" in flags and "samesite=lax" in flags, cookie
            assert "httponly" in flags or cookie.startswith("csrftoken"), cookie


def test_no_answer_tells_what_serves_it_beyond_the_servers_name(client):
    """Debug pages would show settings and sources."""
    for place in ("/nowhere", "/users/x", "/__debug__/", "/console"):
        answer = client.get(place)
        assert 400 <= answer.status_code < 500
        for word in ("Traceback", "SECRET", "settings", "site-packages"):
            assert word not in answer.text
        assert "x-powered-by" not in answer.headers
