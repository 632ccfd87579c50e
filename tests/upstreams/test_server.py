"""An upstream as a server: its answers, its delays, and garbage."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.waiting import LIMIT_S
from webtrial.measure.launch import launch_upstreams

DELAY_MS = 20.0


@pytest.fixture(scope="module")
def upstreams(tmp_path_factory):
    with launch_upstreams(DELAY_MS, 0.25, 7, None, tmp_path_factory.mktemp("upstreams")) as found:
        yield found


@pytest.fixture
def inventory(upstreams):
    """A client of the inventory, of whose delays nothing is to be told yet."""
    with client_of(upstreams.inventory_url) as client:
        client.get("/took")
        yield client


def client_of(url):
    return httpx.Client(base_url=url, trust_env=False, timeout=LIMIT_S)


def said_to(url, sent):
    """All that a server answers to those bytes until it closes the connection."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=LIMIT_S) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_each_upstream_answers_the_same_json_every_time(upstreams, inventory):
    first, again = inventory.get("/stock"), inventory.get("/stock")
    assert first.json() == again.json()
    assert first.json().keys() == {"updated", "stock"}
    assert 500 < len(first.content) < 2000
    with client_of(upstreams.analytics_url) as analytics:
        assert analytics.get("/metrics").json().keys() == {"date", "source", "metrics"}


def test_no_answer_comes_before_its_delay_and_the_delays_are_told(inventory):
    for _ in range(20):
        inventory.get("/stock")
    told = inventory.get("/took").json()
    assert told["requests"] == 20
    assert told["actual_mean_ms"] >= told["requested_mean_ms"] > 0
    # Of 20 logarithms with standard deviation 0.25, within five standard errors.
    assert DELAY_MS / 1.4 < told["requested_mean_ms"] < DELAY_MS * 1.4
    assert inventory.get("/took").json()["requests"] == 0


def test_a_source_takes_the_delay_that_it_is_asked_for_and_is_not_among_the_drawn(inventory):
    answer = inventory.get("/source/3/30")
    assert answer.json() == {"source": 3, "value": 22}
    assert answer.elapsed.total_seconds() >= 0.030
    assert inventory.get("/source/1/0").json() == {"source": 1, "value": 8}
    assert inventory.get("/took").json()["requests"] == 0


def test_a_ping_is_not_delayed(inventory):
    assert inventory.get("/ping").json() == {"ok": True}
    assert inventory.get("/took").json()["requests"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/metrics", 404),
        ("GET", "/", 404),
        ("POST", "/stock", 405),
        ("PUT", "/took", 405),
        ("GET", "/source/1/-5", 404),
    ],
)
def test_what_is_not_served_is_told_so(inventory, method, path, status):
    assert inventory.request(method, path).status_code == status


@pytest.mark.parametrize(
    "garbage",
    [b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n", b"GET\r\n\r\n", b"GET /" + b"x" * 9000],
    ids=["TLS", "no target", "an endless target"],
)
def test_garbage_is_refused_and_the_server_goes_on(upstreams, inventory, garbage):
    assert said_to(upstreams.inventory_url, garbage).startswith(b"HTTP/1.1 400 ")
    assert inventory.get("/ping").status_code == 200


def test_requests_sent_ahead_are_answered_in_their_order(upstreams):
    ahead = b"GET /stock HTTP/1.1\r\n\r\n" + b"GET /ping HTTP/1.1\r\nConnection: close\r\n\r\n"
    said = said_to(upstreams.inventory_url, ahead)
    assert said.count(b"HTTP/1.1 200 OK") == 2
    assert said.index(b'"updated"') < said.index(b'{"ok": true}')
