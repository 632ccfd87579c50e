"""A route that requires a bearer token."""

from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.probes import (
    Answer,
    Subject,
    exchanges,
    http_client,
    probe,
    yes_or_no,
)

PROTECTED = "/dashboard/stats"
EXPECTED = [401, 401, 200]  # without a token, with a forged one, with the right one


@probe("bearer token")
def protects(subject: Subject) -> Iterator[Answer]:
    """The route refuses a missing token and a forged one, and accepts an issued one."""
    with http_client(subject.url) as client:
        refused = client.get(PROTECTED)
        credentials = {"username": subject.account, "password": subject.password}
        issued = client.post("/token", data=credentials)
        token = _token_of(issued)
        responses = [_request_with(client, each) for each in (token[:-2], token)] if token else []
    statuses = [each.status_code for each in (refused, *responses)]
    yield Answer(
        "route protected by a JWT",
        yes_or_no(statuses == EXPECTED),
        "401 without a token and with a forged one, 200 with a token issued by /token",
        exchanges(refused, issued, *responses),
    )


@probe("bearer token")
def is_documented(subject: Subject) -> Iterator[Answer]:
    """The OpenAPI document says how to sign in, which allows its page to do so."""
    with http_client(subject.url) as client:
        document = client.get("/openapi.json")
    yield Answer(
        "sign-in documented for /docs",
        yes_or_no('"tokenUrl"' in document.text),
        "tokenUrl in the OpenAPI document",
        exchanges(document),
    )


def _request_with(client: httpx.Client, token: str) -> httpx.Response:
    return client.get(PROTECTED, headers={"Authorization": f"Bearer {token}"})


def _token_of(response: httpx.Response) -> str:
    if response.status_code != httpx.codes.OK:
        return ""
    try:
        return str(response.json()["access_token"])
    except (ValueError, KeyError, TypeError):
        return ""
