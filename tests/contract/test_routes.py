"""What holds for every route: methods, unknown places, connections that wait."""

import select
import time

import pytest

from tests.contract.conftest import pinged
from tests.contract.judging import refused
from tests.contract.test_settings import UNUSED

ABOUT = ("framework", "serialiser", "concurrency", "server")
OF_OWN_CODE = ("framework", "serialiser", "server")

IDLE_S = 3.5  # gunicorn's own keep-alive ends after 2 s
KEPT_S = UNUSED.keep_alive_s  # then a server may close it

WRONG_METHODS = [
    ("POST", "/ping"),
    ("DELETE", "/users"),
    ("PUT", "/users"),
    ("POST", "/users/1"),
    ("PATCH", "/users/1"),
    ("POST", "/products/search"),
    ("GET", "/token"),
    ("PUT", "/token"),
    ("POST", "/sources"),
    ("DELETE", "/pool"),
    ("POST", "/catalog"),
    ("DELETE", "/openapi.json"),
]
ALLOWED = {"/users": {"GET", "POST"}, "/users/1": {"GET", "PUT", "DELETE"}, "/token": {"POST"}}
UNKNOWN = ["/", "/nowhere", "/users/1/orders", "/products", "/products/1", "/dashboard", "/ping/"]
UNKNOWN += ["/users/", "/Users", "/tokens", "/favicon.ico", "/users/1/", "/source/1/0", "/pool/"]
READABLE = ["/ping", "/users", "/users/1", "/products/search?q=lamp", "/catalog", "/openapi.json"]
READABLE += ["/sources", "/pool"]


def test_a_wrong_method_is_told_which_are_right(client):
    for method, target in WRONG_METHODS:
        answer = client.request(method, target)
        assert refused(answer, 405)
        allowed = answer.headers["allow"].replace(" ", "").split(",")
        assert method not in allowed, target
        assert {*allowed} >= ALLOWED.get(target, {"GET"}), target


def test_who_is_signed_in_is_told_as_well(client, sign_in):
    """Without a token some frameworks say 401 first, which is right too."""
    answer = client.post("/dashboard/stats", headers=sign_in())
    assert refused(answer, 405)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_place_is_not_found(client, method):
    for target in UNKNOWN:
        assert refused(client.request(method, target), 404)


def test_head_is_answered_without_a_body(client):
    for target in READABLE:
        answer = client.head(target)
        assert answer.status_code in (200, 405), target
        assert answer.content == b""
        assert client.get(target).status_code == 200, target


def test_a_connection_may_rest(resting, stack):
    """Nothing comes on it, not even its end, and it is still there."""
    connection, since_s = resting[stack.name]
    if time.monotonic() - since_s > KEPT_S / 2:  # on a busy machine the others may take long
        connection.close()
        pinged(connection)
        since_s = time.monotonic()
    before = connection.sock
    left_s = max(0.0, since_s + IDLE_S - time.monotonic())
    assert select.select([before], [], [], left_s)[0] == []
    assert pinged(connection) == 200
    assert connection.sock is before is not None
