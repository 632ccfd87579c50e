"""Login by form with a session, and pages for signed-in users."""

from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx

from webtrial.measure.capabilities.pages import is_page, sign_in_form
from webtrial.measure.capabilities.probes import (
    Answer,
    Subject,
    exchanges,
    http_client,
    probe,
    redirect_target,
    yes_or_no,
)

PROTECTED = ("/account/", "/account")
_FLAGS = {"httponly": "HttpOnly", "secure": "Secure", "samesite": "SameSite"}


@probe("session login")
def signs_in(subject: Subject) -> Iterator[Answer]:
    """Without a session, a form is shown; after it is sent with a password, the page is shown."""
    with http_client(subject.url) as client:
        refused = request_protected_page(client)
        form_path = redirect_target(refused)
        has_form = bool(form_path) and sign_in_form(client.get(form_path)) is not None
        sent = submit(client, form_path, subject) if has_form else refused
        shown = client.get(refused.request.url.path) if has_form else refused
    is_shown = has_form and is_page(shown) and subject.account in shown.text
    yield Answer(
        "page for signed-in users",
        yes_or_no(is_shown),
        "redirect to a form without a session; page with the user name after submitting it",
        exchanges(refused, sent, shown) if has_form else exchanges(refused),
    )
    yield Answer(
        "session cookies",
        (_flags_of(sent) if is_shown else "") or "none",
        "Set-Cookie of the response to the form",
        exchanges(sent),
    )


@probe("session login")
def rejects_foreign_form(subject: Subject) -> Iterator[Answer]:
    """A form submitted by another site is refused (CSRF protection)."""
    with http_client(subject.url) as client:
        protected = request_protected_page(client)
        form_path = redirect_target(protected)
        form = sign_in_form(client.get(form_path)) if form_path else None
        credentials = {"username": subject.account, "password": subject.password}
        sent = client.post(form_path, data=credentials) if form else protected
    yield Answer(
        "rejects a cross-site form",
        yes_or_no(form is not None and sent.is_client_error),
        "correct password submitted without the form's hidden fields",
        exchanges(sent),
    )


def request_protected_page(client: httpx.Client) -> httpx.Response:
    """Return the response to a request for the account page without a session."""
    responses = [client.get(path) for path in PROTECTED]
    return next((each for each in responses if redirect_target(each)), responses[0])


def submit(client: httpx.Client, form_path: str, subject: Subject) -> httpx.Response:
    """Send the form at `form_path` for the subject's account, including its hidden fields."""
    form = sign_in_form(client.get(form_path))
    credentials = {"username": subject.account, "password": subject.password}
    return client.post(form_path, data=(form.hidden if form else {}) | credentials)


def _flags_of(response: httpx.Response) -> str:
    """Return the cookies' flags, sorted by name: `sessionid: HttpOnly, SameSite=Lax; …`."""
    cookies: SimpleCookie = SimpleCookie()
    for header in response.headers.get_list("set-cookie"):
        cookies.load(header)
    flags_by_name = {
        name: [_flag(flag, cookie[flag]) for flag in _FLAGS if cookie[flag]]
        for name, cookie in sorted(cookies.items())
    }
    return "; ".join(
        f"{name}: {', '.join(flags) or 'no flags'}" for name, flags in flags_by_name.items()
    )


def _flag(name: str, value: str | bool) -> str:
    return _FLAGS[name] if value is True else f"{_FLAGS[name]}={value}"
