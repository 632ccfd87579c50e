"""Each framework's own idiom of signing in, beside the contract."""

from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup

from tests.contract.judging import refused
from tests.contract.test_document import loads_nothing_from_outside
from tests.contract.test_tries import TRIES

ABOUT = ("framework", "serialiser", "concurrency")
OF_OWN_CODE = ("framework",)  # its pages are the same whatever its API is made with

STAFF, OTHER = "account001", "account002"


def form_of(client, target):
    """The hidden fields of a page's form."""
    answer = client.get(target)
    assert answer.status_code == 200, answer.text
    page = BeautifulSoup(answer.content, "html.parser")
    assert page.find("input", {"name": "username"})
    assert page.find("input", {"name": "password", "type": "password"})
    return {each["name"]: each.get("value", "") for each in page.find_all("input", type="hidden")}


def sent_to(answer):
    assert answer.status_code == 302, answer.text
    return urlsplit(answer.headers["location"]).path


def submit(client, target, username, password):
    form = form_of(client, target) | {"username": username, "password": password}
    return client.post(target, data=form)


@pytest.mark.framework("Django")
def test_django_sends_who_is_not_signed_in_to_the_login(client):
    assert sent_to(client.get("/account/")) == "/accounts/login/"
    assert sent_to(client.get("/admin/")) == "/admin/login/"


@pytest.mark.framework("Django")
def test_django_signs_in_by_session_and_out_again(client, seeded):
    assert sent_to(submit(client, "/accounts/login/", OTHER, seeded.password)) == "/account/"
    account = client.get("/account/")
    assert account.status_code == 200 and OTHER in account.text
    page = BeautifulSoup(account.content, "html.parser")
    key = page.find("input", {"name": "csrfmiddlewaretoken"})["value"]
    out = client.post("/accounts/logout/", data={"csrfmiddlewaretoken": key})
    assert sent_to(out) == "/accounts/login/"
    assert sent_to(client.get("/account/")) == "/accounts/login/"


@pytest.mark.framework("Django")
def test_django_shows_the_form_again_after_a_wrong_password(client):
    answer = submit(client, "/accounts/login/", OTHER, "wrong")
    assert answer.status_code == 200
    assert sent_to(client.get("/account/")) == "/accounts/login/"


@pytest.mark.framework("Django")
@pytest.mark.parametrize("place", ["/accounts/login/", "/admin/login/"])
def test_django_lets_nobody_guess_in_a_form(client, seeded, place):
    name = "account050" if place.startswith("/admin") else "account051"
    for number in range(TRIES):  # one without a password is a try like any other
        wrong = "" if number == 1 else "wrong"
        assert "Too many tries" not in submit(client, place, name, wrong).text
    assert "Too many tries" in submit(client, place, name, seeded.password).text


@pytest.mark.framework("Flask")
def test_flask_lets_nobody_guess_in_a_form(client, seeded):
    for _ in range(TRIES):
        assert submit(client, "/login", "account051", "wrong").status_code == 401
    answer = submit(client, "/login", "account051", seeded.password)
    assert answer.status_code == 429 and "Too many tries" in answer.text


@pytest.mark.framework("Django")
def test_django_refuses_a_form_without_its_token(client, seeded):
    form = {"username": OTHER, "password": seeded.password}
    assert client.post("/accounts/login/", data=form).status_code == 403


@pytest.mark.framework("Django")
def test_the_admin_is_for_staff(client, seeded):
    assert sent_to(submit(client, "/admin/login/", STAFF, seeded.password)) == "/admin/"
    index = client.get("/admin/")
    assert index.status_code == 200 and "/admin/shop/product/" in index.text
    products = client.get("/admin/shop/product/", params={"q": "lamp"})
    assert products.status_code == 200 and "lamp" in products.text
    loads_nothing_from_outside(client, "/admin/")


@pytest.mark.framework("Django")
def test_the_admin_is_for_nobody_else(client, seeded):
    answer = submit(client, "/admin/login/", OTHER, seeded.password)
    assert answer.status_code == 200
    assert sent_to(client.get("/admin/")) == "/admin/login/"


@pytest.mark.framework("Flask")
def test_flask_login_sends_who_is_not_signed_in_to_the_login(client):
    assert sent_to(client.get("/account")) == "/login"


@pytest.mark.framework("Flask")
def test_flask_login_signs_in_by_session_and_out_again(client, seeded):
    assert sent_to(submit(client, "/login", OTHER, seeded.password)) == "/account"
    account = client.get("/account")
    assert account.status_code == 200 and OTHER in account.text
    page = BeautifulSoup(account.content, "html.parser")
    key = page.find("input", {"name": "form_key"})["value"]
    assert sent_to(client.post("/logout", data={"form_key": key})) == "/login"
    assert sent_to(client.get("/account")) == "/login"


@pytest.mark.framework("Flask")
def test_flask_login_refuses_a_wrong_password_and_a_foreign_form(client, seeded):
    assert submit(client, "/login", OTHER, "wrong").status_code == 401
    form = {"username": OTHER, "password": seeded.password}
    assert refused(client.post("/login", data=form), 400)
    assert sent_to(client.get("/account")) == "/login"


@pytest.mark.framework("FastAPI")
def test_fastapi_shows_its_document_a_second_way(client):
    answer = client.get("/redoc")
    assert answer.status_code == 200
    assert "redoc" in answer.text.lower() and "openapi.json" in answer.text
    loads_nothing_from_outside(client, "/redoc")


@pytest.mark.framework("FastAPI")
def test_fastapi_documents_the_password_flow(client):
    document = client.get("/openapi.json").json()
    (scheme,) = document["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"]["tokenUrl"].lstrip("/") == "token"
    assert document["paths"]["/dashboard/stats"]["get"]["security"]
