"""Stacks, a group at a time; a test gets them one after another as `stack` and `client`.

ABOUT in a module names the axes on which its tests depend: stacks that are equal in them share the
code that is tested. --full asks one stack for each combination of levels of these axes;
--every-stack all. `make test` asks, of each framework, one stack for each level of each axis in
OF_OWN_CODE, which names those of ABOUT where each level has code of its own for what the module
tests; and none with two frameworks, which test_migration has.
"""

import secrets
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.contract.moody import moody_upstreams
from tests.contract.stage import AXES, STACKS, client_of, in_groups, pages_of, served
from tests.waiting import LIMIT_S

TABLE = pytest.StashKey[list[str]]()
"""What test_same_work found, side by side, shown at the end of a session without workers."""


def pytest_generate_tests(metafunc):
    """A test that asks for a stack runs for each that it is about, group by group."""
    if "stack_name" not in metafunc.fixturenames:
        return
    there = stacks_asked(metafunc.config)
    frameworks = [mark.args[0] for mark in metafunc.definition.iter_markers("framework")]
    axes = axes_of(metafunc.module, metafunc.config)
    names = about(chosen(metafunc.config, there, axes), frameworks)
    places = [(group, name) for group in in_groups(there) for name in group if name in names]
    metafunc.parametrize(("group", "stack_name"), places, indirect=True, ids=[p[1] for p in places])


def axes_of(module, config):
    """The axes by which the stacks are chosen that a module asks."""
    about = getattr(module, "ABOUT", AXES)
    if config.getoption("--full") or config.getoption("--every-stack"):
        return about
    return getattr(module, "OF_OWN_CODE", about)


def stacks_asked(config):
    """The names of the stacks that are up at some time."""
    if config.getoption("--full") or config.getoption("--every-stack"):
        return tuple(STACKS)
    return of_each_level(of_one_framework(), AXES)


def of_one_framework():
    """The names of the stacks whose code is that of one framework."""
    return tuple(name for name, stack in STACKS.items() if " and " not in stack.framework)


def chosen(config, names, axes):
    """Those of `names` that stand for the others in tests which depend on `axes`."""
    if config.getoption("--every-stack"):
        return names
    choose = of_each_combination if config.getoption("--full") else of_each_level
    return choose(names, axes)


def of_each_combination(names, axes):
    """The first stack of every combination of levels of these axes."""
    found = {}
    for name in names:
        found.setdefault(tuple(getattr(STACKS[name], axis) for axis in axes), name)
    return tuple(found.values())


def of_each_level(names, axes):
    """A few stacks in which each framework has every level of every axis that it has anywhere."""
    levels = {
        name: {(STACKS[name].framework, axis, getattr(STACKS[name], axis)) for axis in axes}
        for name in names
    }
    missing, found = set().union(*levels.values()), []
    while missing:
        found.append(max(names, key=lambda name: len(levels[name] & missing)))
        missing -= levels[found[-1]]
    return tuple(name for name in names if name in found)


def about(names, frameworks):
    """Those with the pages of a framework, where a test says which."""
    return [name for name in names if not frameworks or pages_of(STACKS[name]) & set(frameworks)]


def pytest_terminal_summary(terminalreporter, config):
    """Show what each stack asked of PostgreSQL, whether the tests passed or not."""
    if lines := config.stash.get(TABLE, None):
        terminalreporter.section("the same requests to every stack")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(scope="package")
def logs(tmp_path_factory):
    """Where the services say what went wrong."""
    return tmp_path_factory.mktemp("contract")


@pytest.fixture(scope="package")
def package_upstreams():
    """The upstreams that every stack asks."""
    with moody_upstreams() as upstreams:
        yield upstreams


@pytest.fixture
def upstreams(package_upstreams):
    """The upstreams, sound at first and sound again after the test."""
    yield package_upstreams
    package_upstreams.watch()
    package_upstreams.turn(inventory="sound", analytics="sound")


@pytest.fixture(scope="package")
def group(request):
    """The names of the stacks that are up together."""
    return request.param


@pytest.fixture(scope="package")
def stack_name(request):
    """The stack whose turn it is."""
    return request.param


@pytest.fixture(scope="package")
def stacks(group, seeded, package_upstreams, logs):
    """The stacks of a group, by name."""
    urls = package_upstreams.inventory.url, package_upstreams.analytics.url
    with served(seeded, "any", urls, logs, {name: STACKS[name] for name in group}) as found:
        yield found


@pytest.fixture(scope="package")
def resting(stacks):
    """A connection to each stack that was used once, and when that was: it rests while others are
    asked, so that nobody has to wait for it."""
    with ExitStack() as ends:
        held = {}
        for name, each in stacks.items():
            address = urlsplit(each.url)
            connection = HTTPConnection(address.hostname, address.port, timeout=LIMIT_S)
            ends.callback(connection.close)
            pinged(connection)
            held[name] = connection, time.monotonic()
        yield held


def pinged(connection):
    """The status of GET /ping on a connection that stays."""
    connection.request("GET", "/ping")
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.fixture
def stack(stack_name, stacks, resting):
    """One stack after another; during a test none may log an exception that nobody caught."""
    found = stacks[stack_name]
    said = found.log.stat().st_size
    yield found
    found.expect_no_exception(since=said)


@pytest.fixture(scope="package")
def clients(stacks):
    """A client for each stack; it follows no redirects and knows no proxies."""
    with ExitStack() as ends:
        yield {name: ends.enter_context(client_of(each.url)) for name, each in stacks.items()}


@pytest.fixture
def client(stack, clients):
    """The stack's client, without the cookies of other tests."""
    clients[stack.name].cookies.clear()
    return clients[stack.name]


@pytest.fixture
def new_user():
    """Makes valid bodies whose names nobody has; `changes` replace what they say."""

    def make(**changes):
        name = f"user-{secrets.token_hex(6)}"
        return {"username": name, "email": f"{name}@example.org", "age": 30} | changes

    return make


@pytest.fixture(scope="module")
def signed_in():
    """Tokens by stack and account: signing in costs the hash of a password."""
    return {}


@pytest.fixture
def sign_in(client, stack, seeded, signed_in):
    """Signs in as an account, by default the second, once; the answer's token as a header."""

    def token(username):
        form = {"username": username, "password": seeded.password}
        answer = client.post("/token", data=form)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def headers(username="account002"):
        key = stack.name, username
        if key not in signed_in:
            signed_in[key] = token(username)
        return {"Authorization": f"Bearer {signed_in[key]}"}

    return headers
