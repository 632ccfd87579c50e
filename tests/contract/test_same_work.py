"""The same requests to every stack: the same answers, and the same work for PostgreSQL."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import httpx
import jwt
import pytest

from tests.conftest import TESTS
from tests.contract.conftest import TABLE, of_each_level, of_one_framework
from tests.contract.counting import Work, between, counter, counting_from, side_by_side
from tests.contract.judging import canonical, heading_of, named, page_in, rows_of
from tests.contract.stage import (
    STACKS,
    Served,
    client_of,
    in_groups,
    patiently,
    seed_template,
    served,
)
from tests.contract.traffic import KINDS, STATEMENTS, Ask, traffic
from tests.waiting import LIMIT_S
from webtrial.measure.launch import launch_upstreams
from webtrial.measure.postgres import Server, can_count_statements
from webtrial.system.supervisor import supervise

SEED = 20_260_105
REQUESTS, REQUESTS_IN_FULL = 55, 200  # two of each kind, seven in full
OF_OWN_STATEMENTS = of_each_level(of_one_framework(), ("framework", "data_access", "orm"))
"""Those that say what they want of PostgreSQL in a way of their own: by SQL or by an ORM."""
EVERY = [
    pytest.param(name, marks=() if name in OF_OWN_STATEMENTS else pytest.mark.full)
    for name in STACKS
]
FIRST, *_ = STACKS
OTHERS = EVERY[1:]


@dataclass(frozen=True, slots=True)
class Told:
    """What a stack answered to one request, in a form that is equal for all, and its work."""

    status: int
    content: str
    work: Work


@pytest.fixture(scope="module")
def counting_server(postgres):
    """The tests' PostgreSQL if it counts statements, else an embedded one."""
    if can_count_statements(postgres):
        yield postgres
        return
    with supervise(
        [sys.executable, str(TESTS / "supervised_postgres.py")], stdout=subprocess.PIPE
    ) as kept:
        yield Server(**json.loads(kept.stdout.readline()))


@pytest.fixture(scope="module")
def counted(counting_server, postgres, request, logs):
    """The template database on the server that counts."""
    if counting_server is postgres:
        return request.getfixturevalue("seeded")
    return seed_template(counting_server, "contract", logs / "build-counted.log")


@pytest.fixture(scope="module")
def asked(counted, request):
    full = request.config.getoption("--full")
    return traffic(counted, SEED, REQUESTS_IN_FULL if full else REQUESTS)


@pytest.fixture(scope="module")
def told(counting_server, counted, asked, logs, request):
    """What every stack, on a fresh clone, told of the same requests in the same order."""
    found: dict[str, list[Told]] = {}
    names = tuple(STACKS) if request.config.getoption("--full") else OF_OWN_STATEMENTS
    with (
        patiently(),
        launch_upstreams(1.0, 0.0, SEED, None, logs) as upstreams,
        counting_from(counting_server) as counting_url,
    ):
        urls = upstreams.inventory_url, upstreams.analytics_url
        for group in in_groups(names):
            chosen = {name: STACKS[name] for name in group}
            # One request at a time needs one connection, from one of two pools at most.
            with served(counted, "same", urls, logs, chosen, 2, LIMIT_S) as stacks:
                found |= tell_each(stacks, asked, counted, counting_url)
    works = {stack: [one.work for one in answers] for stack, answers in found.items()}
    request.config.stash[TABLE] = side_by_side([one.kind for one in asked], works)
    return found


def tell_each(stacks: dict[str, Served], asked, counted, counting_url) -> dict[str, list[Told]]:
    with ThreadPoolExecutor(len(stacks)) as pool:
        each = pool.map(lambda stack: tell(stack, asked, counted, counting_url), stacks.values())
        found = dict(zip(stacks, each, strict=True))
    for stack in stacks.values():
        stack.expect_no_exception()
    return found


def tell(stack: Served, asked: list[Ask], counted, counting_url: str) -> list[Told]:
    database_url = stack.settings.database_url
    with client_of(stack.url) as client, counter(counting_url, database_url) as count:
        bearer = sign_in(client, counted)
        answers, counts = [], [count.now()]
        for one in asked:
            headers = {"headers": bearer} if one.signed else {}
            answer = client.request(one.method, one.target, **one.content, **headers)
            answers.append(comparable(answer))
            counts.append(count.now())
        queries = count.data_queries()
    works = [between(before, after, queries) for before, after in pairwise(counts)]
    return [Told(*answer, work) for answer, work in zip(answers, works, strict=True)]


def sign_in(client: httpx.Client, counted) -> dict[str, str]:
    form = {"username": "account001", "password": counted.password}
    return {"Authorization": f"Bearer {client.post('/token', data=form).json()['access_token']}"}


def comparable(answer: httpx.Response) -> tuple[int, str]:
    """Status and content as all stacks must agree on them.

    An answer is its canonical JSON, a page what it shows, a token who it is for; of a refusal,
    whose shape is the framework's, the fields that it names.
    """
    if answer.status_code >= 400:
        fields = named(answer) & {"username", "email", "age", "q", "count", "delay_ms"}
        return {422: 400}.get(answer.status_code, answer.status_code), str(sorted(fields))
    if answer.status_code == 204:
        return 204, answer.text
    if answer.headers.get("content-type", "").startswith("text/html"):
        page = page_in(answer)
        return answer.status_code, str([heading_of(page), *rows_of(page)])
    content = canonical(answer.content)
    if "access_token" in content:
        token = answer.json()["access_token"]
        claims = jwt.decode(token, options={"verify_signature": False})
        content = content.replace(token, claims["sub"])
    return answer.status_code, content


def differing(asked, told, stack, part):
    """The requests of which `stack` tells something else than the first stack does."""
    return [
        f"{one.method} {one.target} {one.content}: {FIRST} {part(first)}, {stack} {part(other)}"
        for one, first, other in zip(asked, told[FIRST], told[stack], strict=True)
        if part(first) != part(other)
    ]


def test_the_requests_are_of_every_kind_and_often_enough(asked):
    kinds = [one.kind for one in asked]
    assert set(kinds) == set(KINDS) == set(STATEMENTS)
    assert min(kinds.count(kind) for kind in KINDS) >= REQUESTS // 30


def test_the_requests_get_the_answers_they_are_aimed_at(asked, told):
    expected = {
        "user created": {201},
        "user deleted": {204},
        "unknown place": {404},
        "none": {404},
        "users listed: none": {200},
        "no such id": {404},
        "past the end": {404},
        "taken": {409},
        "invalid": {400},
        "refused": {401},
    }
    for one, answer in zip(asked, told[FIRST], strict=True):
        outcome = one.kind.rpartition(": ")[2]
        due = expected.get(one.kind, expected.get(outcome, {200}))
        assert answer.status in due, (one, answer)


@pytest.mark.parametrize("stack", OTHERS)
def test_every_stack_answers_the_same(asked, told, stack):
    def said(one):
        return one.status, one.content

    different = differing(asked, told, stack, said)
    assert not different, "\n".join(different[:5])


@pytest.mark.parametrize("stack", OTHERS)
def test_every_stack_sends_the_same_data_statements_for_the_same_rows(asked, told, stack):
    def done(one):
        return one.work.data, one.work.rows

    different = differing(asked, told, stack, done)
    assert not different, "\n".join(different[:5])


@pytest.mark.parametrize("stack", EVERY)
def test_the_statements_are_those_that_the_contract_counts(asked, told, stack):
    counts = {(one.kind, answer.work.data) for one, answer in zip(asked, told[stack], strict=True)}
    assert counts == set(STATEMENTS.items())


def test_a_request_that_needs_no_data_touches_no_database(asked, told):
    for stack, answers in told.items():
        for one, answer in zip(asked, answers, strict=True):
            if STATEMENTS[one.kind] == 0 and "taken" not in one.kind:
                assert answer.work == Work(0, 0, 0), (stack, one, answer)
