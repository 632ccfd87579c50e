"""Moving from one framework to another without doing it all at once."""

from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.asking import (
    NOT_ASKED,
    Answer,
    Subject,
    probe,
    seen,
    visitor,
    yes_or_no,
)
from webtrial.measure.capabilities.login import submit

BESIDE = "beside"
ADMIN = "admin"
HALFWAY = "halfway"
NAME = "moving-visitor"
NEW_USER = {"username": NAME, "email": f"{NAME}@example.org", "age": 40}


@probe("migration")
def shares_a_database(subject: Subject) -> Iterator[Answer]:
    """A user that the API of this framework creates is shown by the other's admin."""
    question = "admin and API on one database"
    how = "a user created by the API, found in the other framework's admin, then deleted again"
    place = subject.others.get(BESIDE)
    admin = subject.others.get(ADMIN)
    if place is None or admin is None:
        yield Answer(question, NOT_ASKED, how, "no such service")
        return
    with visitor(place) as api, visitor(admin) as office:
        made = api.post("/users", json=NEW_USER)
        signed_in = submit(office, "/admin/login/", subject)
        listed = office.get("/admin/shop/user/", params={"q": NAME})
        gone = api.delete(f"/users/{made.json()['id']}") if made.is_success else made
    shown = listed.is_success and f"{NAME}@" in listed.text
    yield Answer(question, yes_or_no(shown), how, seen(made, signed_in, listed, gone))


@probe("migration")
def moves_a_route(subject: Subject) -> Iterator[Answer]:
    """One address serves the routes that have moved and those that have not."""
    question = "routes moved one at a time"
    how = "an application of Flask mounted in one of FastAPI, to which one of its routes has moved"
    if (url := subject.others.get(HALFWAY)) is None:
        yield Answer(question, NOT_ASKED, how, "no such service")
        return
    with visitor(url) as client:
        asked = [client.get(path) for path in ("/users/7", "/orders/7")]
    by = [_by(each) for each in asked]
    yield Answer(question, yes_or_no(by == [subject.framework, "Flask"]), how, seen(*asked))


def _by(answer: httpx.Response) -> str | None:
    try:
        return str(answer.json()["by"])
    except (ValueError, KeyError, TypeError):
        return None
