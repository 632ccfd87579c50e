"""HTML pages: what they load, and their forms."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx
from bs4 import BeautifulSoup

_LOADING = ("script", "link", "img", "iframe", "source", "object", "embed")


@dataclass(frozen=True, slots=True)
class Form:
    """The other fields, with their values, of a form that asks for a name and a password."""

    hidden: dict[str, str]


def is_page(response: httpx.Response) -> bool:
    """Whether the response is an HTML page for people."""
    kind = response.headers.get("content-type", "")
    return response.status_code == httpx.codes.OK and kind.startswith("text/html")


def hosts_loaded(response: httpx.Response) -> set[str]:
    """Return the other hosts from which the page's tags make a browser load files."""
    own = response.request.url
    tags = BeautifulSoup(response.text, "html.parser").find_all(_LOADING)
    addresses = (tag.get(name) for tag in tags for name in ("src", "href", "data"))
    hosts = {urlsplit(urljoin(str(own), str(each))).netloc for each in addresses if each}
    return {host for host in hosts if host} - {own.netloc.decode()}


def addresses(response: httpx.Response) -> list[str]:
    """Return the targets of the page's links."""
    links = BeautifulSoup(response.text, "html.parser").find_all("a", href=True)
    return [str(link["href"]) for link in links]


def sign_in_form(response: httpx.Response) -> Form | None:
    """Return the page's form for a name and a password; None if it has none."""
    page = BeautifulSoup(response.text, "html.parser")
    for form in page.find_all("form"):
        fields = {str(each.get("name")): each for each in form.find_all("input")}
        password = fields.get("password")
        if "username" in fields and password and password.get("type") == "password":
            hidden = {n: each for n, each in fields.items() if each.get("type") == "hidden"}
            return Form({name: str(each.get("value", "")) for name, each in hidden.items()})
    return None
