"""What holds for every route: methods, unknown places, connections that wait."""

import http.client
import select
from urllib.parse import urlsplit

import pytest

from tests.contract.judging import refused
from tests.waiting import LIMIT_S

ABOUT = ("framework", "serialiser", "concurrency", "server")

IDLE_S = 3.5  # gunicorn's own keep-alive ends after 2 s

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


@pytest.mark.parametrize(("method", "target"), WRONG_METHODS)
def test_a_wrong_method_is_told_which_are_right(client, method, target):
    answer = client.request(method, target)
    assert refused(answer, 405)
    allowed = answer.headers["allow"].replace(" ", "").split(",")
    assert method not in allowed
    assert {*allowed} >= ALLOWED.get(target, {"GET"})


def test_who_is_signed_in_is_told_as_well(client, sign_in):
    """Without a token some frameworks say 401 first, which is right too."""
    answer = client.post("/dashboard/stats", headers=sign_in())
    assert refused(answer, 405)
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("target", UNKNOWN)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_place_is_not_found(client, method, target):
    assert refused(client.request(method, target), 404)


@pytest.mark.parametrize("target", READABLE)
def test_head_is_answered_without_a_body(client, target):
    answer = client.head(target)
    assert answer.status_code in (200, 405)
    assert answer.content == b""
    assert client.get(target).status_code == 200


@pytest.fixture(scope="package")
def rested(stacks):
    """What a connection to each stack answered that was used once and then idle, and whether it
    was still the same one."""
    addresses = {name: urlsplit(each.url) for name, each in stacks.items()}
    held = {
        name: http.client.HTTPConnection(address.hostname, address.port, timeout=LIMIT_S)
        for name, address in addresses.items()
    }
    for connection in held.values():
        _ping(connection)
    before = {name: connection.sock for name, connection in held.items()}
    select.select(before.values(), [], [], IDLE_S)
    yield {
        name: (_ping(connection), connection.sock is before[name] is not None)
        for name, connection in held.items()
    }
    for connection in held.values():
        connection.close()


def test_a_connection_may_rest(rested, stack):
    assert rested[stack.name] == (200, True)


def _ping(connection):
    connection.request("GET", "/ping")
    answer = connection.getresponse()
    answer.read()
    return answer.status
