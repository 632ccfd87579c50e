"""Bodies of users: what is taken as it is, and what is refused with every field that is wrong."""

import json

import pytest

from tests.contract.judging import INVALID, USER_FIELDS, named, refused

ABOUT = ("framework", "serialiser", "concurrency")
OF_OWN_CODE = ("framework", "serialiser")

WRITES = (("POST", "/users"), ("PUT", "/users/1"))
JSON = {"Content-Type": "application/json"}
OTHER_TYPES = ["text/plain", "application/x-www-form-urlencoded", "image/png", "*/*"]
OTHER_TYPES += ["application/*"]
LONG_EMAIL = "a@" + "b" * 248 + ".org"  # 254 characters

GOOD = [
    {"username": "abc"},
    {"username": "x" * 38},  # and the 12 that tell it from others make 50
    {"username": "\N{PILE OF POO}" * 38},
    {"username": "  not trimmed  "},
    {"username": "José 李 'quoted\" \\ % _ <b>&amp;"},
    {"username": "\t\n"},
    {"email": LONG_EMAIL},
    {"email": "A.b_c%d+e-f@sub-domain.example.Museum"},
    {"email": "a@1-.b2.cd"},
    {"age": 18},
    {"age": 120},
    {"id": 1, "orders": 5, "is_staff": True, "unknown": {"deep": [1.5]}},
]

BAD = [
    {"username": ""},
    {"username": "ab"},
    {"username": "x" * 51},
    {"username": "\N{PILE OF POO}" * 51},
    {"username": None},
    {"username": 12345},
    {"username": True},
    {"username": ["abc"]},
    {"username": {"abc": "abc"}},
    {"username": "nul\x00nul"},
    {"username": "half a \ud83d pair"},
    {"email": ""},
    {"email": "not-an-address"},
    {"email": "a@b"},
    {"email": "a@b.c"},
    {"email": "@example.org"},
    {"email": "a@"},
    {"email": "a b@example.org"},
    {"email": " a@example.org"},
    {"email": "a@example.org "},
    {"email": "a@example.org\n"},
    {"email": "a@@example.org"},
    {"email": "a@example..org"},
    {"email": "a@.example.org"},
    {"email": "a@exam_ple.org"},
    {"email": "a@example.o1"},
    {"email": "ä@example.org"},
    {"email": "a@exämple.org"},
    {"email": "a@١.org"},
    {"email": "a\x00@example.org"},
    {"email": "\ud83d@example.org"},
    {"email": "b" + LONG_EMAIL},
    {"email": None},
    {"email": 5},
    {"email": ["a@example.org"]},
    {"age": 17},
    {"age": 121},
    {"age": 0},
    {"age": -30},
    {"age": 10**30},
    {"age": "30"},
    {"age": "thirty"},
    {"age": ""},
    {"age": 30.5},
    {"age": 30.0},
    {"age": 3e1},
    {"age": True},
    {"age": None},
    {"age": []},
    {"age": {}},
    {"username": "ab", "age": 17},
    {"email": "a@b", "age": 121},
    {"username": "", "email": "", "age": 0},
    {"username": None, "email": None, "age": None},
    {"username": 5, "email": 5, "age": "5"},
]

NO_OBJECT = {
    "nothing": b"",
    "words": b"not json",
    "half of it": b'{"username": "abc", ',
    "no text": b'{"username": "\xff\xfe\xfa", "email": "a@example.org", "age": 30}',
    "a list": b"[]",
    "a list of one": b'[{"username": "abc", "email": "a@example.org", "age": 30}]',
    "a string": b'"username"',
    "null": b"null",
    "a number": b"30",
    "a bottomless list": b"[" * 200_000,
    "a number of many digits": b'{"age": 3%s}' % (b"0" * 6000),
    "two of them": b"{} {}",
    "what is no number": b'{"username": "abcd", "email": "a@example.org", "age": NaN}',
    "endless": b'{"username": "abcd", "email": "a@example.org", "age": Infinity}',
    "NUL": b"\x00",
}


def test_a_good_body_is_taken_as_it_is(client, new_user):
    for changes in GOOD:
        body = new_user(**changes)
        if "username" in changes:
            body["username"] = new_user()["username"][-12:] + changes["username"]
        answer = client.post("/users", json=body)
        assert answer.status_code == 201, answer.text
        expected = {field: body[field] for field in USER_FIELDS} | {"id": answer.json()["id"]}
        assert answer.json() == expected
        again = client.put(f"/users/{expected['id']}", json=body)
        assert (again.status_code, again.json()) == (200, expected)


@pytest.mark.parametrize(("method", "target"), WRITES)
def test_a_bad_body_is_refused_and_exactly_its_wrong_fields_are_named(
    client, new_user, method, target
):
    for changes in BAD:
        body = json.dumps(new_user(**changes)).encode()
        answer = client.request(method, target, content=body, headers=JSON)
        assert refused(answer, *INVALID)
        assert named(answer) & USER_FIELDS == set(changes), (changes, answer.text)


@pytest.mark.parametrize(("method", "target"), WRITES)
def test_every_missing_field_is_named(client, new_user, method, target):
    for missing in (("username",), ("email", "age"), tuple(USER_FIELDS)):
        body = {field: value for field, value in new_user().items() if field not in missing}
        answer = client.request(method, target, json=body)
        assert refused(answer, *INVALID)
        assert named(answer) & USER_FIELDS == set(missing), answer.text


@pytest.mark.parametrize(("method", "target"), WRITES)
def test_a_body_that_is_no_json_object_is_refused(client, method, target):
    for body in NO_OBJECT.values():
        assert refused(client.request(method, target, content=body, headers=JSON)), body[:50]


def test_a_body_in_another_encoding_than_utf_8_is_refused(client, new_user):
    text = json.dumps(new_user(username=new_user()["username"] + "ü"), ensure_ascii=False)
    for encoding in ("utf-16", "utf-16-le", "utf-32", "latin-1"):
        answer = client.post("/users", content=text.encode(encoding), headers=JSON)
        assert refused(answer), encoding


def test_a_body_of_another_type_is_refused(client, new_user):
    body = json.dumps(new_user()).encode()
    for kind in OTHER_TYPES:
        answer = client.post("/users", content=body, headers={"Content-Type": kind})
        assert refused(answer), kind


def test_a_body_that_does_not_say_what_it_is_is_refused(client, new_user):
    assert refused(client.post("/users", content=json.dumps(new_user()).encode()))


def test_a_charset_may_stand_beside_the_type(client, new_user):
    kind = {"Content-Type": "application/json; charset=utf-8"}
    answer = client.post("/users", content=json.dumps(new_user()).encode(), headers=kind)
    assert answer.status_code == 201


def test_a_refused_body_changes_nothing(client, new_user, stack):
    before = stack.rows("SELECT count(*), max(id) FROM users")
    client.post("/users", json=new_user(age=17))
    client.put("/users/1", json=new_user(age=17))
    assert stack.rows("SELECT count(*), max(id) FROM users") == before
