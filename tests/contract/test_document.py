"""What a stack says of itself: its document, the page that shows it, and that both are true."""

import re

import pytest
from bs4 import BeautifulSoup
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator, validate

from tests.contract.document import CONTRACT, Document
from tests.contract.judging import is_json, shown

ABOUT = ("framework", "serialiser", "concurrency")
OF_OWN_CODE = ("framework", "serialiser")

VALIDATORS = {"3.0": OpenAPIV30SpecValidator, "3.1": OpenAPIV31SpecValidator}
REFUSALS = {400, 413, 415, 422}  # which of them is the framework's choice
DOCUMENTED = {
    operation.name: operation
    for operation in CONTRACT.operations()
    if operation.path not in ("/openapi.json", "/docs")
}
OUTSIDE = re.compile(r"^\s*(https?:)?//", re.IGNORECASE)
FETCHED = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")

USER = {"username": "contract-user", "email": "contract@example.org", "age": 40}

PROVOKED = {
    ("GET /ping", 200): {},
    ("GET /users", 200): {},
    ("GET /users", 400): {"params": {"limit": "0"}},
    ("POST /users", 201): {"json": USER},
    ("POST /users", 400): {"json": {}},
    ("POST /users", 409): {"json": USER},
    ("GET /users/{}", 200): {"id": 1},
    ("GET /users/{}", 404): {"id": 0},
    ("GET /users/{}", 400): {"id": "x"},
    ("PUT /users/{}", 200): {"id": 2, "json": USER | {"username": "contract-other"}},
    ("PUT /users/{}", 400): {"id": 2, "json": {}},
    ("PUT /users/{}", 404): {"id": 0, "json": USER},
    ("PUT /users/{}", 409): {"id": 3, "json": USER},
    ("DELETE /users/{}", 204): {"id": 4},
    ("DELETE /users/{}", 404): {"id": 0},
    ("DELETE /users/{}", 400): {"id": "x"},
    ("GET /products/search", 200): {"params": {"q": "lamp"}},
    ("GET /products/search", 400): {},
    ("POST /token", 200): {"signs_in": True},
    ("POST /token", 400): {"data": {"username": "account001"}},
    ("POST /token", 401): {"data": {"username": "account001", "password": "wrong"}},
    ("GET /dashboard/stats", 200): {"signed": True},
    ("GET /dashboard/stats", 401): {},
    ("GET /sources", 200): {},
    ("GET /sources", 400): {"params": {"count": "0"}},
    ("GET /pool", 200): {},
    ("GET /catalog", 200): {},
    ("GET /catalog", 400): {"params": {"page": "0"}},
    ("GET /catalog", 404): {"params": {"page": "99999"}},
}
"""A request for every status of the contract; 400 stands for the refusals that are a choice."""
TAKES_MANY = {("POST /token", 429)}
"""What test_tries provokes."""


def as_one(status):
    return 400 if status in REFUSALS else status


@pytest.fixture(scope="session")
def documents():
    """The documents that were read, by stack: some generate theirs anew for each request."""
    return {}


@pytest.fixture
def document(stack, client, documents):
    """The stack's own document."""
    if stack.name not in documents:
        answer = client.get("/openapi.json")
        assert answer.status_code == 200
        assert is_json(answer)
        documents[stack.name] = answer.json()
    return documents[stack.name]


def test_every_status_of_the_contract_has_a_request():
    documented = {
        (name, as_one(status)) for name, each in DOCUMENTED.items() for status in each.statuses
    }
    assert documented == set(PROVOKED) | TAKES_MANY


def test_every_status_is_answered_when_it_is_due_and_as_documented(
    client, sign_in, seeded, document
):
    """As the contract documents it, which the client sees to, and as the stack itself does."""
    form = {"username": "account001", "password": seeded.password}
    problems = []
    for (name, status), given in PROVOKED.items():
        method, _, path = name.partition(" ")
        content = {k: v for k, v in given.items() if k in ("json", "data", "params")}
        content |= {"headers": sign_in()} if "signed" in given else {}
        content |= {"data": form} if "signs_in" in given else {}
        answer = client.request(method, path.replace("{}", str(given.get("id"))), **content)
        due = {status, 404} if given.get("id") == "x" else {status}
        assert as_one(answer.status_code) in due, f"{name}: {shown(answer)}"
        problems += [f"{name}: {each}" for each in Document(document).problems(answer)]
    assert not problems, "\n".join(problems)


def test_the_contract_itself_is_valid():
    validate(CONTRACT.content)


def test_the_document_is_valid(document):
    validate(document, cls=VALIDATORS[document["openapi"][:3]])


def test_the_document_has_every_route_of_the_contract_with_its_parameters(document):
    found = {operation.name: operation for operation in Document(document).operations()}
    for name, documented in DOCUMENTED.items():
        assert name in found, sorted(found)
        assert found[name].parameters == documented.parameters, name
        assert found[name].body_types == documented.body_types, name
        late = {status for place, status in TAKES_MANY if place == name}
        assert late <= found[name].statuses, name


def test_the_document_has_no_route_that_is_not_served(document, client):
    for operation in Document(document).operations():
        answer = client.request(operation.method, operation.path.replace("{}", "0"))
        assert answer.status_code != 405, operation
        assert answer.status_code != 404 or "{}" in operation.path, operation


def fetched_by(client, target):
    """What a page and its stylesheets load, page and stylesheets included."""
    answer = client.get(target)
    assert answer.status_code == 200, f"{target}: {shown(answer)}"
    if target.endswith(".css"):
        return [found for pair in FETCHED.findall(answer.text) for found in pair if found]
    page = BeautifulSoup(answer.content, "html.parser")
    loading = page.find_all(["script", "link", "img", "iframe", "source"])
    loaded = [tag.get("src") or tag.get("href") for tag in loading]
    styles = FETCHED.findall(" ".join(tag.get_text() for tag in page.find_all("style")))
    return [*filter(None, loaded), *(found for pair in styles for found in pair if found)]


def loads_nothing_from_outside(client, target):
    loaded = fetched_by(client, target)
    for address in loaded:
        assert not OUTSIDE.match(address), f"{target} loads {address}"
        if not address.startswith("data:"):
            place = str(client.base_url.join(target).join(address).raw_path.decode())
            assert client.get(place).status_code == 200, f"{target} loads {address}"
            if place.endswith(".css"):
                loads_nothing_from_outside(client, place)
    return loaded


def test_the_page_of_the_document_loads_nothing_from_the_network(client):
    answer = client.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "openapi.json" in answer.text
    assert "swagger" in answer.text.lower()
    loads_nothing_from_outside(client, "/docs")
