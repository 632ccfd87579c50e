"""Login by form with a session, and pages for signed-in users."""

from collections.abc import Iterator
from http.cookies import SimpleCookie

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
from webtrial.measure.capabilities.pages import is_page, sign_in_form

PROTECTED = ("/account/", "/account")
_FLAGS = {"httponly": "HttpOnly", "secure": "Secure", "samesite": "SameSite"}


@probe("session login")
def signs_in(subject: Subject) -> Iterator[Answer]:
    """A stranger is redirected to a form; after sending it with a password, the page is shown."""
    with visitor(subject.url) as client:
        refused = ask_protected(client)
        leads = bool(place_of(refused)) and sign_in_form(client.get(place_of(refused))) is not None
        sent = submit(client, place_of(refused), subject) if leads else refused
        shown = client.get(refused.request.url.path) if leads else refused
    is_shown = leads and is_page(shown) and subject.account in shown.text
    yield Answer(
        "page for those who have signed in",
        yes_or_no(is_shown),
        "redirected to a form without a session; shown, with the name, once the form was sent",
        seen(refused, sent, shown) if leads else seen(refused),
    )
    yield Answer(
        "cookies of a session",
        (_flags_of(sent) if is_shown else "") or "none",
        "Set-Cookie of the answer to the form",
        seen(sent),
    )


@probe("session login")
def guards_its_form(subject: Subject) -> Iterator[Answer]:
    """A form submitted by another site is refused (CSRF protection)."""
    with visitor(subject.url) as client:
        protected = ask_protected(client)
        place = place_of(protected)
        form = sign_in_form(client.get(place)) if place else None
        credentials = {"username": subject.account, "password": subject.password}
        sent = client.post(place, data=credentials) if form else protected
    yield Answer(
        "refuses a form of another site",
        yes_or_no(form is not None and sent.is_client_error),
        "the right password sent without what the form hides",
        seen(sent),
    )


def ask_protected(client: httpx.Client) -> httpx.Response:
    """Return the response to a stranger's request for the account page: the redirect, if any."""
    answers = [client.get(path) for path in PROTECTED]
    return next((each for each in answers if place_of(each)), answers[0])


def submit(client: httpx.Client, place: str, subject: Subject) -> httpx.Response:
    """Send the form at `place` for the subject's account, including its hidden fields."""
    form = sign_in_form(client.get(place))
    credentials = {"username": subject.account, "password": subject.password}
    return client.post(place, data=(form.hidden if form else {}) | credentials)


def _flags_of(answer: httpx.Response) -> str:
    """Return the cookies' flags, sorted by name: `sessionid: HttpOnly, SameSite=Lax; …`."""
    cookies: SimpleCookie = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        cookies.load(header)
    told = {
        name: [_flag(flag, cookie[flag]) for flag in _FLAGS if cookie[flag]]
        for name, cookie in sorted(cookies.items())
    }
    return "; ".join(f"{name}: {', '.join(flags) or 'no flags'}" for name, flags in told.items())


def _flag(name: str, value: str | bool) -> str:
    return _FLAGS[name] if value is True else f"{_FLAGS[name]}={value}"
