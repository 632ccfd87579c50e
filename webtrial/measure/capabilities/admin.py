"""Administration of the data in a web interface."""

from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.asking import (
    Answer,
    Subject,
    place_of,
    probe,
    seen,
    visitor,
    yes_or_no,
)
from webtrial.measure.capabilities.login import submit
from webtrial.measure.capabilities.pages import addresses, is_page, sign_in_form

INDEX = "/admin/"


@probe("admin")
def lists_users(subject: Subject) -> Iterator[Answer]:
    """The admin is closed to strangers and lists users to staff, the first user included."""
    with visitor(subject.url) as client:
        refused = client.get(INDEX)
        place = place_of(refused)
        asked = [refused]
        if place and sign_in_form(client.get(place)):
            submit(client, place, subject)
            asked += _index_and_list(client)
        shown = len(asked) == 3 and all(map(is_page, asked[1:]))
        listed = shown and _first_name(client) in asked[-1].text
    yield Answer(
        "lists users to staff",
        yes_or_no(listed),
        "signed in as one of the staff; the name of the first user looked for in the list",
        seen(*asked),
    )


def _index_and_list(client: httpx.Client) -> list[httpx.Response]:
    index = client.get(INDEX)
    places = [place for place in addresses(index) if place.rstrip("/").endswith("/user")]
    return [index, *(client.get(place) for place in places[:1])]


def _first_name(client: httpx.Client) -> str:
    users = client.get("/users", params={"limit": 1}).json()
    return str(users["items"][0]["username"])
