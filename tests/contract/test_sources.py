"""Several sources behind one request, asked in turn or at once."""

import time

import pytest

from tests.contract.judging import INVALID, NO_DIGITS, named, refused
from tests.contract.moody import MOODY_SOURCE, SOURCE_FAILS, SOURCE_IS_LATE, TRIES

ABOUT = ("framework", "serialiser", "concurrency", "sources", "http_client")
OF_OWN_CODE = ("framework", "serialiser", "sources", "http_client")

COUNT, DELAY_MS = 4, 50
TEXTS = ["x", "1.5", "1e1", "", *NO_DIGITS]


@pytest.fixture
def said(client, upstreams):
    """PersistentRequests for sources."""

    def is_owed(number):
        return upstreams.owe(["inventory"]) or (
            upstreams.inventory.mood in (SOURCE_FAILS, SOURCE_IS_LATE) and number != MOODY_SOURCE
        )

    def ask(**params):
        for _ in range(TRIES):
            answer = client.get("/sources", params=params)
            assert answer.status_code == 200, answer.text
            found = answer.json()["sources"]
            if not any(value is None and is_owed(n) for n, value in enumerate(found, 1)):
                break
        return found

    return ask


def values(count):
    return [{"source": n, "value": 7 * n + 1} for n in range(1, count + 1)]


def test_every_source_says_its_value_by_number(said):
    for count in range(1, 9):
        assert said(count=count, delay_ms=0) == values(count)


def test_four_sources_are_asked_where_nothing_else_is_said(said):
    started_s = time.perf_counter()
    assert said() == values(4)
    assert time.perf_counter() - started_s >= 0.020  # each takes that long by itself


def test_the_longest_delay_is_waited_for(said):
    """Longer than an upstream of the dashboard may take."""
    started_s = time.perf_counter()
    assert said(count=1, delay_ms=1000) == values(1)
    assert time.perf_counter() - started_s >= 1.0


def test_a_count_out_of_range_is_refused_by_name(client):
    for value in ("0", "9", "-1", "1" + "0" * 30, *TEXTS):
        answer = client.get("/sources", params={"count": value})
        assert refused(answer, *INVALID)
        assert named(answer) & {"count", "delay_ms"} == {"count"}


def test_a_delay_out_of_range_is_refused_by_name(client):
    for value in ("-1", "1001", "1" + "0" * 30, *TEXTS):
        answer = client.get("/sources", params={"count": "1", "delay_ms": value})
        assert refused(answer, *INVALID)
        assert named(answer) & {"count", "delay_ms"} == {"delay_ms"}


def test_whatever_is_wrong_is_named_at_once(client):
    answer = client.get("/sources", params={"count": "9", "delay_ms": "-1"})
    assert refused(answer, *INVALID)
    assert {"count", "delay_ms"} <= named(answer)


@pytest.mark.parametrize("mood", [SOURCE_FAILS, SOURCE_IS_LATE])
def test_a_source_that_fails_or_is_late_is_null_in_its_place(said, upstreams, mood):
    upstreams.turn(inventory=mood)
    expected = values(3)
    expected[MOODY_SOURCE - 1] = None
    assert said(count=3, delay_ms=1) == expected
    upstreams.turn(inventory="sound")
    assert said(count=3, delay_ms=1) == values(3)


@pytest.mark.parametrize("mood", ["down", "half of the JSON"])
def test_where_every_source_fails_all_are_null(said, upstreams, mood):
    upstreams.turn(inventory=mood)
    assert said(count=3, delay_ms=0) == [None] * 3


def test_sources_are_asked_in_turn_or_at_once_as_stacks_toml_says(said, stack, upstreams):
    if stack.sources == "in turn":
        upstreams.watch()
        started_s = time.perf_counter()
        assert said(count=COUNT, delay_ms=DELAY_MS) == values(COUNT)
        assert time.perf_counter() - started_s >= COUNT * DELAY_MS / 1e3
        assert upstreams.at_once.most == 1
    else:
        upstreams.watch(gathers=COUNT)
        assert said(count=COUNT, delay_ms=0) == values(COUNT)
        assert upstreams.at_once.most == COUNT
