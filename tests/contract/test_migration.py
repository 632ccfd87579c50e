"""Two frameworks at one address: what one of them knows the other knows, and each step of the way
from one to the other answers as both its ends do."""

import re
from dataclasses import replace

import pytest

from tests.contract.stage import CONNECTIONS, STACKS, client_of, served
from tests.contract.test_pages import OTHER, STAFF, form_of, sent_to, submit
from tests.contract.test_same_work import comparable
from tests.contract.test_settings import UNUSED
from tests.contract.traffic import traffic
from webtrial.errors import LaunchError
from webtrial.load.requests import seeded_data_from
from webtrial.measure.capabilities.migration import ROUTES, serves_together
from webtrial.measure.launch import launch_stack, service_environment
from webtrial.run.capabilities import YES

STATS = "/dashboard/stats"
REQUESTS, SEED = 60, 11

HYBRID = "django-with-fastapi"
START, HALF, END = (f"flask-to-fastapi-{step}" for step in ("start", "half", "end"))
GROUPS = tuple(ROUTES)
REFUSED = {
    "users": ("GET", "/users?limit=0"),
    "products": ("GET", "/products/search"),
    "catalog": ("GET", "/catalog?page=0"),
    "tokens": ("POST", "/token"),
    "dashboard": ("GET", STATS),
    "measuring": ("GET", "/sources?count=0"),
}
"""A request to each group whose refusal shows by its shape which framework wrote it."""


def on_the_way(moved):
    """The Flask service of which these groups have moved."""
    half, told = STACKS[HALF], ", ".join(moved)
    return replace(half, name=f"moved-{len(moved)}", environment=half.environment | {"MOVED": told})


STEPS = {
    START: STACKS[START],
    **{step.name: step for step in (on_the_way(GROUPS[:n]) for n in range(1, len(GROUPS)))},
    END: STACKS[END],
    "dashboard": replace(on_the_way(["dashboard"]), name="dashboard"),
}
"""Every step of moving one group after the other, and one out of turn."""

ONLY_IN_FULL = ("moved-1", "moved-2", "moved-3", "moved-4", "moved-5", "moved-6")
EACH_STEP = [
    pytest.param(step, marks=pytest.mark.full if step in ONLY_IN_FULL else ()) for step in STEPS
]


@pytest.fixture(scope="module")
def hybrid(seeded, package_upstreams, logs):
    """Django's pages and FastAPI's API at one address."""
    urls = package_upstreams.inventory.url, package_upstreams.analytics.url
    with served(seeded, "one", urls, logs, {HYBRID: STACKS[HYBRID]}) as found:
        yield found[HYBRID]
        found[HYBRID].expect_no_exception()


@pytest.fixture
def visitor(hybrid):
    """A browser of its own cookies."""
    with client_of(hybrid.url) as client:
        yield client


@pytest.fixture(scope="module")
def steps(request, seeded, package_upstreams, logs):
    """The steps of the way, each on data of its own."""
    urls = package_upstreams.inventory.url, package_upstreams.analytics.url
    full = request.config.getoption("--full")
    taken = {name: step for name, step in STEPS.items() if full or name not in ONLY_IN_FULL}
    with served(seeded, "step", urls, logs, taken, connections=2) as found:
        yield found
        for each in found.values():
            each.expect_no_exception()


def leave(client, page):
    """Sign out by the form of a page."""
    key = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    client.post("/accounts/logout/", data={"csrfmiddlewaretoken": key})


# --- Django with FastAPI


def test_who_signs_in_with_django_is_known_to_fastapi_until_they_sign_out(visitor, seeded):
    assert visitor.get(STATS).status_code == 401
    assert sent_to(submit(visitor, "/accounts/login/", OTHER, seeded.password)) == "/account/"
    assert visitor.get(STATS).status_code == 200
    leave(visitor, visitor.get("/account/"))
    assert visitor.get(STATS).status_code == 401


def test_a_session_that_nobody_has_is_refused(visitor):
    visitor.cookies.set("sessionid", "x" * 32)
    answer = visitor.get(STATS)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_session_makes_no_forged_token_good(visitor, seeded):
    submit(visitor, "/accounts/login/", OTHER, seeded.password)
    assert visitor.get(STATS, headers={"Authorization": "Bearer x.y.z"}).status_code == 401


def test_the_account_of_a_session_may_have_gone(visitor, hybrid, seeded):
    submit(visitor, "/accounts/login/", "account098", seeded.password)
    assert visitor.get(STATS).status_code == 200
    hybrid.rows("DELETE FROM accounts WHERE username = 'account098'")
    assert visitor.get(STATS).status_code == 401


def test_what_fastapi_writes_the_admin_shows(visitor, seeded, new_user):
    body = new_user()
    assert visitor.post("/users", json=body).status_code == 201
    submit(visitor, "/admin/login/", STAFF, seeded.password)
    listed = visitor.get("/admin/shop/user/", params={"q": body["username"]})
    assert listed.status_code == 200 and body["email"] in listed.text


def test_what_the_admin_writes_fastapi_shows(visitor, hybrid, seeded, new_user):
    user = visitor.post("/users", json=new_user()).json()
    submit(visitor, "/admin/login/", STAFF, seeded.password)
    place = f"/admin/shop/user/{user['id']}/change/"
    page = visitor.get(place)
    key = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    form = {"csrfmiddlewaretoken": key, "username": user["username"], "email": user["email"]}
    assert sent_to(visitor.post(place, data=form | {"age": "77"})) == "/admin/shop/user/"
    assert visitor.get(f"/users/{user['id']}").json()["age"] == 77


def test_django_has_the_accounts_of_everyone_and_no_users_of_its_own(hybrid):
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    names = {name for (name,) in hybrid.rows(tables)}
    assert "accounts" in names
    assert "auth_user" not in names


def test_what_is_asked_of_frameworks_finds_that_both_go_together(hybrid, seeded):
    found = serves_together(hybrid.url, seeded_data_from(seeded.built, seeded.password))
    assert found.value == YES, found.evidence


def test_sessions_leave_no_connection_taken(visitor, hybrid, seeded):
    submit(visitor, "/accounts/login/", OTHER, seeded.password)
    for _ in range(3 * CONNECTIONS):
        assert visitor.get(STATS).status_code == 200
    assert form_of(visitor, "/accounts/login/")


# --- Flask to FastAPI


def test_the_groups_are_those_that_the_service_knows(tmp_path):
    unknown = on_the_way(["sales"])
    with (
        pytest.raises(LaunchError, match=f"unknown group 'sales'; known: {', '.join(GROUPS)}"),
        launch_stack(unknown, UNUSED, None, tmp_path / "log"),
    ):
        pass


@pytest.fixture(scope="module")
def told(steps, seeded):
    """What each step says to the same requests."""
    asked = traffic(seeded, SEED, REQUESTS)
    return {name: say(step, asked, seeded) for name, step in steps.items()}


def say(step, asked, seeded):
    with client_of(step.url) as client:
        bearer = {"headers": token(client, seeded)}
        return [
            comparable(
                client.request(
                    one.method, one.target, **one.content, **(bearer if one.signed else {})
                )
            )
            for one in asked
        ]


def token(client, seeded):
    form = {"username": "account001", "password": seeded.password}
    return {"Authorization": f"Bearer {client.post('/token', data=form).json()['access_token']}"}


@pytest.mark.parametrize("step", EACH_STEP[1:])
def test_every_step_answers_as_the_service_did_at_the_start(told, step):
    assert told[step] == told[START]


def moved_at(step):
    moved = STEPS[step].environment["MOVED"]
    return {"none": (), "all": GROUPS}.get(moved, moved.split(", "))


@pytest.mark.parametrize("step", EACH_STEP)
def test_at_every_step_fastapi_has_what_has_moved_and_flask_the_rest(steps, step):
    with client_of(steps[step].url) as client:
        refusals = {name: client.request(*asked) for name, asked in REFUSED.items()}
    by_fastapi = {name for name, answer in refusals.items() if "detail" in answer.json()}
    assert by_fastapi == set(moved_at(step)) - {"ping"}


@pytest.mark.parametrize("step", EACH_STEP)
def test_at_every_step_one_document_tells_who_has_what(steps, step):
    with client_of(steps[step].url) as client:
        document = client.get("/openapi.json").json()
    schemas = {
        path: re.findall(r"schemas/(\w+)", str(item)) for path, item in document["paths"].items()
    }
    assert {"/ping", "/users", "/products/search", "/token", STATS, "/sources"} <= schemas.keys()
    if step in (START, END):
        return
    of_flask = {path for path, names in schemas.items() if any("Flask" in name for name in names)}
    assert ("/users" in of_flask) == ("users" not in moved_at(step))
    assert ("/ping" in of_flask) == ("ping" not in moved_at(step))
    assert "/pool" not in of_flask


@pytest.mark.parametrize("step", EACH_STEP)
def test_the_session_login_stays_until_flask_goes(steps, step):
    with client_of(steps[step].url) as client:
        assert client.get("/login").status_code == (404 if step == END else 200)


@pytest.mark.parametrize(
    ("signs_in", "asked"),
    [pytest.param("moved-5", "Flask", marks=pytest.mark.full), ("dashboard", "FastAPI")],
)
def test_a_token_of_one_is_good_for_the_other(steps, seeded, signs_in, asked):
    moved = moved_at(signs_in)
    assert ("dashboard" in moved) == (asked == "FastAPI") != ("tokens" in moved)
    with client_of(steps[signs_in].url) as client:
        assert client.get(STATS, headers=token(client, seeded)).status_code == 200


# --- their connections


@pytest.mark.parametrize("name", [HYBRID, HALF])
def test_two_pools_share_the_budget_of_one(name):
    for budget in (2, 3, 6, 16, 17):
        told = service_environment(STACKS[name], replace(UNUSED, connections=budget))
        shares = [int(told[variable]) for variable in STACKS[name].connections]
        assert sum(shares) == budget
        assert min(shares) >= 1


def test_of_sixteen_connections_django_has_four_and_half_way_each_has_eight():
    shares = {
        name: [int(service_environment(STACKS[name], UNUSED)[v]) for v in STACKS[name].connections]
        for name in (HYBRID, START, HALF, END)
    }
    assert shares == {HYBRID: [4, 12], START: [16], HALF: [8, 8], END: [16]}


def test_a_budget_that_is_too_small_for_two_pools_is_refused():
    with pytest.raises(LaunchError, match=f"{HYBRID}: 1 cannot be divided among 2"):
        service_environment(STACKS[HYBRID], replace(UNUSED, connections=1))
