"""What users ask and how their answers are judged."""

import json
import zlib
from collections import Counter
from itertools import count, islice

import httpx
import pytest

from webtrial.load.requests import ExpectedBody, RequestSpec, ScenarioContext, SeededData
from webtrial.load.scenarios import (
    CONTENT_EVERY,
    CRUD_MIX,
    FAN_OUT_COUNTS,
    FAN_OUT_DELAYS_MS,
    FAULTS,
    SEARCH_MIX,
    Crud,
    Validation,
    check,
    sessions,
    targets,
)
from webtrial.run.scenario_names import SCENARIOS

WORDS = {"common": ("lamp", "desk"), "middling": ("oak",), "rare": ("zither", "sextant")}
MATERIAL = SeededData(1000, WORDS, ("account001", "account002"), "secret")


def context(**answers: ExpectedBody) -> ScenarioContext:
    known = {f"/{name}": answer for name, answer in answers.items()}
    tokens = {"account001": "first", "account002": "second"}
    return ScenarioContext("http://127.0.0.1:1", 3, 1.0, MATERIAL, known, tokens)


def first(scenario: str, number: int = 1) -> list:
    return list(islice(sessions(scenario, context()), number))


def user_of(request: httpx.Request) -> dict:
    return json.loads(request.content)


def answer_to(spec: RequestSpec, number: int) -> bytes:
    return json.dumps({"id": number, **user_of(spec.request)}).encode()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_that_has_a_name_has_sessions(scenario: str) -> None:
    assert len(first(scenario, 3)) == 3


def test_a_session_asks_the_same_again_from_the_same_seed() -> None:
    once, again = (first("user_detail")[0] for _ in range(2))
    asked = [[str(session.next().request.url) for _ in range(50)] for session in (once, again)]
    assert asked[0] == asked[1]
    assert len(set(asked[0])) > 10


def test_two_users_ask_differently() -> None:
    one, two = first("user_detail", 2)
    assert [one.next().request.url for _ in range(20)] != [
        two.next().request.url for _ in range(20)
    ]


def test_searches_keep_the_printed_mix_and_mark_each_kind() -> None:
    session = first("product_search")[0]
    kinds = Counter(session.next().kind for _ in range(8000))
    for kind, share in SEARCH_MIX.items():
        assert kinds[kind] / 8000 == pytest.approx(share, abs=0.03)
    assert targets("product_search", MATERIAL)["/products/search?q=zither"] == "rare"


def test_the_fan_out_asks_for_every_count_and_delay_once_in_each_cycle() -> None:
    session = first("fan_out")[0]
    grid = {(count, delay_ms) for count in FAN_OUT_COUNTS for delay_ms in FAN_OUT_DELAYS_MS}
    cycles = [[session.next() for _ in grid] for _ in range(3)]
    orders = [[asked_of(spec) for spec in cycle] for cycle in cycles]
    assert [set(order) for order in orders] == [grid] * 3
    assert len({tuple(order) for order in orders}) == 3
    for spec in cycles[0]:
        count, delay_ms = asked_of(spec)
        assert spec.kind == f"{count} × {delay_ms} ms"


def asked_of(spec: RequestSpec) -> tuple[int, int]:
    params = spec.request.url.params
    return int(params["count"]), int(params["delay_ms"])


def test_what_the_sources_say_is_checked() -> None:
    agreed = {
        f"sources?count=4&delay_ms={delay}": ExpectedBody(5, 0) for delay in FAN_OUT_DELAYS_MS
    }
    session = next(sessions("fan_out", context(**agreed)))
    shots = [session.next() for _ in range(16)]
    known = [spec for spec in shots if asked_of(spec)[0] == 4]
    assert {session.check_response(spec, 200, b"four") for spec in known} == {"wrong_length"}


def test_each_user_of_the_dashboard_has_the_token_of_its_account() -> None:
    shots = [session.next() for session in first("dashboard", 3)]
    given = [spec.request.headers["authorization"] for spec in shots]
    assert given == ["Bearer first", "Bearer second", "Bearer first"]


def test_crud_keeps_its_mix_and_works_on_its_own_users_only() -> None:
    session, kinds, owned = Crud(context(), 0), Counter(), set()
    for number in range(1001, 7001):
        spec = session.next()
        kinds[spec.kind] += 1
        target = int(spec.request.url.path.rpartition("/")[2]) if spec.kind != "create" else None
        assert target is None or target in owned
        body = b""
        if spec.kind == "create":
            owned.add(number)
            body = answer_to(spec, number)
        elif spec.kind == "update":
            body = answer_to(spec, target)
        elif spec.kind == "read":
            body = json.dumps({"id": target, **session._own_users[target], "orders": []}).encode()
        else:
            owned.discard(target)
        assert session.check_response(spec, spec.statuses[0], body) == "ok"
    for kind, share in CRUD_MIX.items():
        assert kinds[kind] / 6000 == pytest.approx(share, abs=0.03)


def test_two_users_never_draw_the_same_name() -> None:
    names = [
        user_of(session.next().request)["username"]
        for index in range(50)
        for session in [Crud(context(), index)]
    ]
    assert len(set(names)) == 50
    assert all(3 <= len(name) <= 50 for name in names)


def test_a_user_created_with_other_values_is_wrong_content() -> None:
    session = Crud(context(), 0)
    spec = session.next()
    wrong = json.dumps({"id": 5, **user_of(spec.request), "age": 17}).encode()
    assert session.check_response(spec, 201, wrong) == "wrong_content"


def test_a_response_with_another_user_is_wrong_content() -> None:
    session = Crud(context(), 0)
    created = session.next()
    session.check_response(created, 201, answer_to(created, 5))
    spec = session.next()
    while spec.kind != "read":
        spec = session.next()
    other = b'{"id": 5, "username": "somebody-else"}'
    assert session.check_response(spec, 200, other) == "wrong_content"


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, b"hello", "ok"),
        (500, b"hello", "status"),
        (200, b"", "empty"),
        (200, b"hell", "wrong_length"),
        (200, b"jello", "wrong_content"),
    ],
)
def test_an_answer_is_judged_by_status_length_and_content(
    status: int, body: bytes, outcome: str
) -> None:
    request = httpx.Request("GET", "http://127.0.0.1/")
    spec = RequestSpec(request, "kind", (200,), ExpectedBody(5, zlib.crc32(b"hello")))
    assert check(spec, status, body, content=True) == outcome


def test_content_is_checked_every_so_often() -> None:
    known = ExpectedBody(5, zlib.crc32(b"hello"))
    session = next(sessions("ping", context(ping=known)))
    outcomes = [session.check_response(session.next(), 200, b"jello") for _ in range(CONTENT_EVERY)]
    assert outcomes.count("wrong_content") == 1


@pytest.mark.parametrize("kind", ["update", "delete"])
def test_a_user_whose_change_was_never_answered_is_asked_for_no_more(kind: str) -> None:
    session, numbers = Crud(context(), 0), count(1)
    while (spec := session.next()).kind != kind:
        if spec.kind == "create":
            session.check_response(spec, 201, answer_to(spec, next(numbers)))
    session.response_lost(spec)
    number = spec.subject if kind == "delete" else spec.subject[0]
    later = [session.next() for _ in range(200)]
    assert all(str(each.request.url.path) != f"/users/{number}" for each in later)


def test_half_of_the_bodies_to_validate_are_wrong_and_a_refusal_is_expected() -> None:
    session = Validation(context(), 0)
    shots = [session.next() for _ in range(2000)]
    wrong = [spec for spec in shots if spec.kind == "invalid"]
    assert len(wrong) / 2000 == pytest.approx(0.5, abs=0.05)
    assert all(spec.statuses == (400, 422) for spec in wrong)
    assert {tuple(spec.subject) for spec in wrong} == {tuple(fault) for fault in FAULTS}


def test_a_refusal_that_does_not_name_the_field_is_wrong_content() -> None:
    session = Validation(context(), 0)
    spec = session.next()
    while spec.kind != "invalid":
        spec = session.next()
    named = json.dumps({field: ["no"] for field in spec.subject}).encode()
    assert session.check_response(spec, 422, named) == "ok"
    assert session.check_response(spec, 422, b'{"error": "no"}') == "wrong_content"
