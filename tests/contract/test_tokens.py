"""Signing in, and what is not taken for a token. Forged ones are made by hand: no library would."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from datetime import timedelta

import jwt
import pytest

from tests.contract.judging import INVALID, named, refused
from tests.contract.stage import TOKEN_LIFETIME_S
from tests.counted import tried

ABOUT = ("framework", "data_access", "serialiser", "concurrency")
OF_OWN_CODE = ("framework", "serialiser")

STATS = "/dashboard/stats"
HEADERS_WITHOUT_A_TOKEN = [
    *(b"", b"Bearer", b"Basic YTpi", b"Bearer a b", b"Token abc", b"\xff", b"Bearer \xff")
]
NO_TOKENS = ["x", "x.y", "x.y.z", "..", "a" * 7000, "e30.e30.e30", "eyJhbGciOiJIUzI1NiJ9.."]
NO_TOKENS += ["%00.%00.%00"]


def part(content):
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def signed(key, header, claims, digest=hashlib.sha256):
    """A token with any header whatever, signed with `key` by HMAC."""
    said = part(header) + b"." + part(claims)
    return b".".join([said, part(hmac.digest(key.encode(), said, digest))]).decode()


def claims(**changes):
    now_s = int(time.time())
    every = {"sub": "account002", "iat": now_s, "exp": now_s + 60} | changes
    return {name: _moment(now_s, value) for name, value in every.items() if value is not ...}


def _moment(now_s, value):
    """A claim, where a timedelta means so long from now."""
    return now_s + int(value.total_seconds()) if isinstance(value, timedelta) else value


@pytest.fixture
def key(stack):
    return stack.settings.secret_key


@pytest.fixture
def stats(client):
    """PersistentRequests for the dashboard with a token, as it is given."""

    def ask(token):
        token = token if isinstance(token, bytes) else token.encode()
        return client.get(STATS, headers={b"Authorization": b"Bearer " + token})

    return ask


@pytest.fixture
def refuses(stats, stack):
    """Whether a token is refused, which is counted."""

    def is_refused(token):
        assert challenged(stats(token))
        tried("forged, expired or malformed tokens", stack.name, 1)
        return True

    return is_refused


def challenged(answer):
    """Whether it is a 401 as RFC 6750 asks for it, in JSON."""
    assert refused(answer, 401)
    assert answer.headers["www-authenticate"].lower().startswith("bearer")
    return True


def test_an_account_signs_in_and_its_token_says_who_and_how_long(client, seeded, key):
    form = {"grant_type": "password", "username": "account007", "password": seeded.password}
    before_s = int(time.time())
    answer = client.post("/token", data=form)
    assert answer.status_code == 200
    token = answer.json().pop("access_token")
    assert answer.json() == {
        "access_token": token,
        "token_type": "bearer",
        "expires_in": TOKEN_LIFETIME_S,
    }
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    said = jwt.decode(token, key, algorithms=["HS256"])
    assert said.keys() == {"sub", "iat", "exp"}
    assert said["sub"] == "account007"
    assert said["exp"] - said["iat"] == TOKEN_LIFETIME_S
    assert before_s <= said["iat"] <= time.time()


def test_every_account_has_the_password(client, seeded):
    for username in (seeded.built["accounts"][0], seeded.built["accounts"][-1]):
        form = {"username": username, "password": seeded.password}
        assert client.post("/token", data=form).status_code == 200


def test_a_wrong_name_or_password_is_not_told_apart(client, stack, seeded):
    password = seeded.password
    wrong = [("account002", given) for given in (password[:-1], password + " ", " ")]
    others = ("nobody-at-all", "ACCOUNT002", "account002 ", "ü" * 300)
    wrong += [(username, password) for username in others]
    usual = client.post("/token", data={"username": "account002", "password": "wrong"})
    for username, given in wrong:
        answer = client.post("/token", data={"username": username, "password": given})
        assert challenged(answer)
        assert answer.json() == usual.json(), (username, given)
    tried("password guesses", stack.name, len(wrong))


@pytest.mark.parametrize("name", ["username", "password"])
def test_a_name_or_password_that_cannot_be_is_refused(client, seeded, name):
    form = {"username": "account002", "password": seeded.password}
    form[name] += "\x00"
    assert refused(client.post("/token", data=form))


@pytest.mark.parametrize("missing", [("username",), ("password",), ("username", "password")])
def test_every_missing_field_of_the_form_is_named(client, seeded, missing):
    form = {"username": "account002", "password": seeded.password}
    given = {"scope": ""} | {name: form[name] for name in form if name not in missing}
    answer = client.post("/token", data=given)
    assert refused(answer, *INVALID)
    assert named(answer) & set(form) == set(missing), answer.text


def test_json_is_not_the_form(client, seeded):
    body = {"username": "account002", "password": seeded.password}
    assert refused(client.post("/token", json=body))


def test_a_form_that_is_no_text_is_refused(client):
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post("/token", content=b"username=%FF%FE&password=%00", headers=kind)
    assert refused(answer)


def test_a_token_of_our_own_making_is_taken(stats, key):
    assert stats(signed(key, {"alg": "HS256", "typ": "JWT"}, claims())).status_code == 200


def test_the_word_bearer_may_be_written_in_any_case(client, sign_in):
    token = sign_in()["Authorization"].split()[1]
    for word in ("bearer", "BEARER"):
        answer = client.get(STATS, headers={"Authorization": f"{word} {token}"})
        assert answer.status_code == 200


def test_without_a_token_there_is_no_dashboard(client):
    assert challenged(client.get(STATS))


def test_a_header_that_holds_no_token_is_refused(client):
    for header in HEADERS_WITHOUT_A_TOKEN:
        assert challenged(client.get(STATS, headers={b"Authorization": header})), header


def test_what_does_not_read_as_a_token_is_refused(refuses):
    for token in NO_TOKENS:
        assert refuses(token)


def test_a_signed_token_that_holds_no_claims_is_refused(refuses, key):
    for content in (b"[]", b"null", b"5", b'"x"', b"not json", b"\xff", b"{}"):
        assert refuses(signed(key, {"alg": "HS256"}, content))


WRONG_CLAIMS = {
    "expired long ago": {"exp": 1},
    "expired just now": {"exp": timedelta(seconds=-1)},
    "never expires": {"exp": ...},
    "expires null": {"exp": None},
    "expires soon": {"exp": "soon"},
    "of nobody": {"sub": ...},
    "of null": {"sub": None},
    "of an empty name": {"sub": ""},
    "of a number": {"sub": 2},
    "of a list": {"sub": ["account002"]},
    "of an unknown name": {"sub": "nobody-at-all"},
    "of a name with NUL": {"sub": "account002\x00"},
    "of half a character": {"sub": "\ud83d"},
    "not valid yet": {"nbf": timedelta(seconds=1000)},
}


WRONG_HEADERS = [
    {"alg": "none"},
    {"alg": "None"},
    {"alg": "RS256"},
    {"alg": "ES256"},
    {"alg": "hs256"},
    {"alg": ""},
    {"alg": None},
    {"alg": ["HS256"]},
    {"typ": "JWT"},
    {"alg": "HS256", "crit": ["unknown"], "unknown": 1},
]


def test_a_token_of_which_a_claim_is_wrong_is_refused(refuses, key):
    for name, changes in WRONG_CLAIMS.items():
        assert refuses(signed(key, {"alg": "HS256"}, claims(**changes))), name


def test_a_token_of_another_algorithm_is_refused_though_the_key_is_right(refuses, key):
    for header in WRONG_HEADERS:
        assert refuses(signed(key, header, claims())), header


@pytest.mark.parametrize(("name", "digest"), [("HS384", "sha384"), ("HS512", "sha512")])
def test_a_stronger_algorithm_is_another_algorithm(refuses, key, name, digest):
    assert refuses(signed(key, {"alg": name}, claims(), digest))


def test_a_token_without_a_signature_is_refused(refuses):
    unsigned = part({"alg": "none"}) + b"." + part(claims()) + b"."
    assert refuses(unsigned)
    assert refuses(unsigned + part(b"none"))


def test_a_public_key_is_no_shared_secret(refuses):
    """The mix-up of RS256 and HS256: signed with what everybody may know."""
    public = (
        "-----BEGIN PUBLIC KEY-----\nMFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAK\n-----END PUBLIC KEY-----"
    )
    for algorithm in ("HS256", "RS256"):
        assert refuses(signed(public, {"alg": algorithm, "kid": public}, claims()))


def test_a_token_of_another_service_is_refused(refuses, key):
    for other in (secrets.token_urlsafe(48), key[:-1], key + "A", ""):
        assert refuses(signed(other, {"alg": "HS256"}, claims()))


def test_a_token_that_was_changed_is_refused(refuses, key):
    head, said, signature = signed(key, {"alg": "HS256"}, claims()).split(".")
    other = part(claims(sub="account001")).decode()
    assert refuses(f"{head}.{other}.{signature}")
    assert refuses(f"{head}.{said}.{signature[::-1]}")
    assert refuses(f"{head}.{said}.")


def test_the_token_of_an_account_that_has_gone_is_refused(client, stack, sign_in):
    header = sign_in("account099")
    assert client.get(STATS, headers=header).status_code == 200
    row = stack.rows(
        "DELETE FROM accounts WHERE username = 'account099'"
        " RETURNING id, username, password_hash, is_staff"
    )[0]
    try:
        assert challenged(client.get(STATS, headers=header))
    finally:
        stack.rows("INSERT INTO accounts VALUES (%s, %s, %s, %s)", *row)
    tried("forged, expired or malformed tokens", stack.name, 1)
