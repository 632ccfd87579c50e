"""How often somebody may try to sign in."""

import pytest

from tests.contract.document import Document
from tests.contract.judging import refused
from tests.counted import tried

ABOUT = ("framework", "concurrency")
OF_OWN_CODE = ("framework",)  # each framework counts tries in its own way

TRIES = 20


@pytest.mark.parametrize("username", ["account089", "nobody-is-guessed"])
def test_who_is_tried_too_often_has_to_wait_whatever_the_password(client, stack, seeded, username):
    """And an account cannot be told from none by that."""
    wrong = {"username": username, "password": "wrong"}
    told = [client.post("/token", data=wrong).status_code for _ in range(TRIES)]
    assert told == [401] * TRIES
    document = Document(client.get("/openapi.json").json())
    for password in ("wrong", seeded.password):
        answer = client.post("/token", data={"username": username, "password": password})
        assert refused(answer, 429)
        assert document.problems(answer) == []
        assert 1 <= int(answer.headers["retry-after"]) <= 60
    tried("password guesses", stack.name, TRIES + 2)
    others = {"username": "account098", "password": seeded.password}
    assert client.post("/token", data=others).status_code == 200


def test_who_signs_in_may_fail_anew(client, seeded):
    form = {"username": "account097", "password": seeded.password}
    for failures in (TRIES - 1, 2):  # one more than may fail in a row, all in all
        for _ in range(failures):
            assert client.post("/token", data=form | {"password": "wrong"}).status_code == 401
        assert client.post("/token", data=form).status_code == 200
