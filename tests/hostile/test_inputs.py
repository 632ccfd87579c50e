"""Bad inputs: a 4xx with JSON, and nothing changed."""

import json
import secrets

import pytest

from tests.contract.judging import refused
from tests.counted import tried
from tests.hostile.lines import answers_to, statuses_in

TABLES = ("users", "orders", "accounts", "products", "categories", "reviews", "sales")

INJECTIONS = [
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    '" OR ""="',
    "1; SELECT pg_sleep(5)",
    "') UNION SELECT username, password_hash FROM accounts --",
    "%27%20OR%201=1",
    "\\'; TRUNCATE orders; --",
    "$$; DELETE FROM users; $$",
    "admin'/*",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1/x}",
    "<script>alert(1)</script>",
]
NUMBERS = ["1e999", "9" * 400, "-" + "9" * 400, "1" + "0" * 5000, "NaN", "Infinity", "0x10", "1.5"]
DEEP = "[" * 100_000 + "]" * 100_000
NESTED = '{"a":' * 50_000 + "1" + "}" * 50_000

GOOD = {"username": "hostile-name", "email": "hostile@example.org", "age": 30}


@pytest.fixture
def unchanged(stack):
    """Fails where a test has changed any row, or a service has logged an exception."""
    said = stack.log.stat().st_size
    # A row that is written or altered has a newer transaction than any before.
    query = " UNION ALL ".join(
        f"SELECT '{table}', count(*), max(xmin::text::bigint) FROM {table}" for table in TABLES
    )
    before = {*stack.rows(query)}
    yield
    assert {*stack.rows(query)} == before
    stack.expect_no_exception(since=said)


def body_with(**changes):
    """A user's body as text, with raw JSON in place of some values."""
    parts = {name: json.dumps(value) for name, value in GOOD.items()} | changes
    return "{" + ", ".join(f'"{name}": {text}' for name, text in parts.items()) + "}"


def post(client, text, kind="application/json", path="/users"):
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return client.post(path, content=content, headers={"Content-Type": kind})


def test_sql_where_a_number_belongs_is_refused(client, stack, unchanged):
    paths = ("/users/{}", "/users?after={}", "/users?limit={}")
    for path in paths:
        for text in INJECTIONS:
            answer = client.get(path.format(text.replace("/", "%2F").replace("#", "%23")))
            assert refused(answer)
    tried("SQL injection", stack.name, len(paths) * len(INJECTIONS))


def test_sql_in_a_search_finds_nothing_and_does_nothing(client, stack, unchanged):
    for text in INJECTIONS:
        answer = client.get("/products/search", params={"q": text})
        assert answer.status_code == 200
        assert answer.json()["products"] == []
    tried("SQL injection", stack.name, len(INJECTIONS))


def test_sql_as_a_name_or_password_signs_nobody_in(client, stack, unchanged):
    for number, text in enumerate(INJECTIONS):
        assert refused(client.post("/token", data={"username": text, "password": text}))
        guess = {"username": f"account{number + 10:03d}", "password": text}
        assert refused(client.post("/token", data=guess))
    tried("SQL injection", stack.name, 2 * len(INJECTIONS))


def test_sql_in_a_field_is_text(client, stack):
    """Where it is a valid name it is kept to the letter, and taken away again."""
    for text in INJECTIONS:
        name = f"{text[:30]} {secrets.token_hex(4)}"
        answer = client.post("/users", json=GOOD | {"username": name})
        assert answer.status_code == 201
        number = answer.json()["id"]
        assert client.get(f"/users/{number}").json()["username"] == name
        assert stack.rows("SELECT username FROM users WHERE id = %s", number) == [(name,)]
        assert client.delete(f"/users/{number}").status_code == 204
    tried("SQL injection", stack.name, len(INJECTIONS))


def test_nul_is_refused_wherever_it_stands(client, stack, unchanged):
    texts = ("a\x00b", "\x00\x00\x00")
    for text in texts:
        escaped = json.dumps(text)
        assert refused(post(client, body_with(username=escaped)))
        assert refused(post(client, body_with(email=escaped)))
        assert refused(client.get("/products/search", params={"q": text}))
        assert refused(client.post("/token", data={"username": text, "password": text}))
        assert refused(client.get("/users/%00"))
    tried("NUL bytes", stack.name, 5 * len(texts))


def test_half_a_character_is_refused(client, stack, unchanged):
    halves = ['"abc\\ud800"', '"\\udfffabc"', '"a\\ud83d\\ud83db"']
    for half in halves:
        assert refused(post(client, body_with(username=half)))
    raw = body_with().replace("hostile-name", "abc\ud800")
    assert refused(post(client, raw))
    found = client.get("/products/search?q=%ED%A0%80")  # read as characters that nothing holds
    assert found.status_code == 200 and found.json()["products"] == []
    tried("lone surrogates", stack.name, len(halves) + 2)


def test_numbers_beyond_reason_are_refused(client, stack, unchanged):
    for number in NUMBERS:
        assert refused(post(client, body_with(age=number)))
    short = [number for number in NUMBERS if len(number) < 1000]  # longer ones: oversized, below
    for number in short:
        assert refused(client.get("/users", params={"limit": number}))
        assert refused(client.get(f"/users/{number}"))
    tried("huge and unusual numbers", stack.name, len(NUMBERS) + 2 * len(short))


def test_json_without_end_is_refused(client, stack, unchanged):
    for body in (DEEP, NESTED, body_with(more=DEEP), body_with(age=NESTED), "[" * 1000, '"' * 999):
        assert refused(post(client, body))
    tried("deeply nested or endless JSON", stack.name, 6)


def test_what_is_no_json_is_refused(client, stack, unchanged):
    bodies = [b"", b"\xff\xfe", b"{", b"{'a': 1}", b"<user/>", b"null", b"[]", b'"text"', b"{}"]
    for body in bodies:
        assert refused(post(client, body))
    tried("bodies other than a JSON object", stack.name, len(bodies))


def test_another_content_type_is_refused(client, stack, unchanged):
    kinds = [
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "application/json5",
        "json",
        "*/*",
    ]
    for kind in kinds:
        assert refused(post(client, body_with(), kind))
        assert refused(post(client, "username=a&password=b", kind, "/token"))
    tried("wrong content types", stack.name, 2 * len(kinds))


def test_a_key_that_comes_twice_is_read_as_the_last_or_refused(client, stack):
    """As JSON's parsers do; what is kept is what the answer says."""
    name = f"twice-{secrets.token_hex(4)}"
    body = body_with(username=f'"{name}-first", "username": "{name}"')
    answer = post(client, body)
    if answer.status_code == 201:
        number = answer.json()["id"]
        assert answer.json()["username"] == name
        assert stack.rows("SELECT username FROM users WHERE id = %s", number) == [(name,)]
        client.delete(f"/users/{number}")
    else:
        assert refused(answer)
    tried("duplicate keys", stack.name, 1)


# --- below HTTP's usual forms

HOST = b"Host: localhost\r\n"
GET = b"GET /users/1 HTTP/1.1\r\n" + HOST
POST = b"POST /users HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n"
SMUGGLED = b"DELETE /users/0 HTTP/1.1\r\n" + HOST + b"\r\n"
"""Of a user that is not there: the sender might ask for that itself."""

SHAPES = {
    "both lengths": POST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n",
    "a length below nothing": POST + b"Content-Length: -1\r\n\r\n",
    "a length that is a sum": POST + b"Content-Length: +0\r\n\r\n",
    "a disguised coding": POST
    + b"Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "an unknown coding": POST + CHUNKED.replace(b"chunked", b"xchunked") + b"\r\n",
    "a wrong chunk": POST + CHUNKED + b"\r\nZZ\r\n",
    "a chunk without end": POST + CHUNKED + b"\r\nFFFFFFFFFFFFFFFFFFFF\r\n",
    "a space in a name": GET + b"Content Length: 9\r\n\r\n",
    "a folded header": GET + b"X: a\r\n b\r\n\r\n",
    "bare line feeds": GET.replace(b"\r", b"") + b"\n",
    "no version": b"GET /users/1\r\n\r\n",
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}
LARGE = {
    "one large header": b"GET /ping HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET /ping HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 20_000 + b"\r\n",
    "a large target": b"GET /users?after=" + b"1" * 200_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a large method": b"G" * 200_000 + b" /ping HTTP/1.1\r\n" + HOST + b"\r\n",
}


def test_a_request_within_a_request_is_refused_or_answered_as_its_senders(stack, client, unchanged):
    """A server may refuse, or read what follows as this client's next request; there is no proxy
    whose other clients it could be taken for. It never fails, and stays well. To a coding that it
    does not know RFC 9112 (section 6.1) has it answer 501."""
    for shape, content in SHAPES.items():
        statuses = statuses_in(answers_to(stack.url, content + SMUGGLED))
        assert len(statuses) <= 2, (shape, statuses)
        refusals = (501,) if shape == "an unknown coding" else ()
        assert all(each < 500 or each in refusals for each in statuses), (shape, statuses)
        assert client.get("/users/1").json()["id"] == 1, shape
    tried("request smuggling patterns", stack.name, len(SHAPES))


def test_what_is_oversized_is_refused_or_harmless(stack, client, unchanged):
    for shape, content in LARGE.items():
        statuses = statuses_in(answers_to(stack.url, content))
        assert all(status < 500 for status in statuses), (shape, statuses)
        assert client.get("/ping").status_code == 200, shape
    tried("oversized headers", stack.name, len(LARGE))
