"""Administration of the data in a web interface."""

from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.login import submit
from webtrial.measure.capabilities.pages import addresses, is_page, sign_in_form
from webtrial.measure.capabilities.probes import (
    Answer,
    Subject,
    exchanges,
    http_client,
    probe,
    redirect_target,
    yes_or_no,
)

INDEX = "/admin/"


@probe("admin")
def lists_users(subject: Subject) -> Iterator[Answer]:
    """The admin rejects clients without a session and lists users, the first included, to staff."""
    with http_client(subject.url) as client:
        refused = client.get(INDEX)
        form_path = redirect_target(refused)
        responses = [refused]
        if form_path and sign_in_form(client.get(form_path)):
            submit(client, form_path, subject)
            responses += _index_and_list(client)
        pages_shown = len(responses) == 3 and all(map(is_page, responses[1:]))
        listed = pages_shown and _first_name(client) in responses[-1].text
    yield Answer(
        "lists users to staff",
        yes_or_no(listed),
        "signed in as staff; the list must contain the name of the first user",
        exchanges(*responses),
    )


def _index_and_list(client: httpx.Client) -> list[httpx.Response]:
    index = client.get(INDEX)
    user_lists = [path for path in addresses(index) if path.rstrip("/").endswith("/user")]
    return [index, *(client.get(path) for path in user_lists[:1])]


def _first_name(client: httpx.Client) -> str:
    users = client.get("/users", params={"limit": 1}).json()
    return str(users["items"][0]["username"])
