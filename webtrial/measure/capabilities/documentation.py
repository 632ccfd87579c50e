"""Interactive documentation: whether it is served, what it loads, and how much code it needs."""

from collections.abc import Iterator

import httpx

from webtrial.measure.capabilities.asking import Answer, Subject, probe, seen, visitor, yes_or_no
from webtrial.measure.capabilities.pages import hosts_loaded, is_page

NOTHING_LOADED = "–"


@probe("documentation")
def is_served(subject: Subject) -> Iterator[Answer]:
    """Whether the OpenAPI document and its pages are served."""
    with visitor(subject.url) as client:
        document, docs, redoc = map(client.get, ("/openapi.json", "/docs", "/redoc"))
    how = "asked for; a page of HTML that names the document, or a document with paths"
    yield Answer("OpenAPI document", yes_or_no(_is_document(document)), how, seen(document))
    yield Answer("interactive page at /docs", yes_or_no(_shows(docs)), how, seen(docs))
    yield Answer("second page at /redoc", yes_or_no(_shows(redoc)), how, seen(redoc))
    yield _loads("other hosts that /docs loads from", docs)


@probe("documentation")
def is_served_alone(subject: Subject) -> Iterator[Answer]:
    """Whether a service of the framework alone serves /docs, and what the page loads."""
    with visitor(subject.alone_url) as client:
        docs = client.get("/docs")
    how = "a service of the framework and nothing else, without a line about documentation"
    yield Answer("page at /docs without any set-up", yes_or_no(_shows(docs)), how, seen(docs))
    yield _loads("other hosts that /docs loads from without any set-up", docs)


@probe("documentation")
def takes_lines(subject: Subject) -> Iterator[Answer]:
    """How many lines of code serve the documentation."""
    yield Answer(
        "lines of code",
        str(subject.sources.lines_with(subject.anatomy.documentation, "documentation")),
        "lines of code that serve the documentation or hold a name that only it needs",
        "services/capabilities.toml",
        unit="lines",
    )


def _loads(question: str, page: httpx.Response) -> Answer:
    hosts = hosts_loaded(page)
    return Answer(
        question,
        str(len(hosts)) if _shows(page) else NOTHING_LOADED,
        "src and href of everything on the page that a browser loads by itself",
        ", ".join([seen(page), *sorted(hosts)]),
        unit="hosts",
    )


def _is_document(answer: httpx.Response) -> bool:
    if answer.status_code != httpx.codes.OK:
        return False
    try:
        document = answer.json()
    except ValueError:
        return False
    return isinstance(document, dict) and {"openapi", "paths"} <= document.keys()


def _shows(answer: httpx.Response) -> bool:
    return is_page(answer) and "openapi.json" in answer.text
