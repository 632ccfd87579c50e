"""Interactive documentation: whether it is served, what it loads, and how much code it needs."""

from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.pages import hosts_loaded, is_page
from webtrial.measure.capabilities.probes import (
    Answer,
    Subject,
    exchanges,
    http_client,
    probe,
    yes_or_no,
)

NOTHING_LOADED = "–"


@probe("documentation")
def is_served(subject: Subject) -> Iterator[Answer]:
    """Whether the OpenAPI document and its pages are served."""
    with http_client(subject.url) as client:
        document, docs, redoc = map(client.get, ("/openapi.json", "/docs", "/redoc"))
    how = "GET; an HTML page that names the document, or a document with paths"
    yield Answer("OpenAPI document", yes_or_no(_is_document(document)), how, exchanges(document))
    yield Answer("interactive page at /docs", yes_or_no(_shows(docs)), how, exchanges(docs))
    yield Answer("second page at /redoc", yes_or_no(_shows(redoc)), how, exchanges(redoc))
    yield _loads("other hosts that /docs loads from", docs)


@probe("documentation")
def is_served_alone(subject: Subject) -> Iterator[Answer]:
    """Whether a service of the framework alone serves /docs, and what the page loads."""
    with http_client(subject.alone_url) as client:
        docs = client.get("/docs")
    how = "minimal service (framework only) without code for documentation"
    is_shown = yes_or_no(_shows(docs))
    yield Answer("page at /docs without configuration", is_shown, how, exchanges(docs))
    yield _loads("other hosts that /docs loads from without configuration", docs)


@probe("documentation")
def counts_lines(subject: Subject) -> Iterator[Answer]:
    """How many lines of code serve the documentation."""
    yield Answer(
        "lines of code",
        str(subject.sources.lines_with(subject.anatomy.documentation, "documentation")),
        "lines of code that serve the documentation or use a name that only it needs",
        "services/capabilities.toml",
        unit="lines",
    )


def _loads(question: str, page: httpx.Response) -> Answer:
    hosts = hosts_loaded(page)
    return Answer(
        question,
        str(len(hosts)) if _shows(page) else NOTHING_LOADED,
        "src and href of all elements that a browser loads automatically",
        ", ".join([exchanges(page), *sorted(hosts)]),
        unit="hosts",
    )


def _is_document(response: httpx.Response) -> bool:
    if response.status_code != httpx.codes.OK:
        return False
    try:
        document = response.json()
    except ValueError:
        return False
    return isinstance(document, dict) and {"openapi", "paths"} <= document.keys()


def _shows(response: httpx.Response) -> bool:
    return is_page(response) and "openapi.json" in response.text
