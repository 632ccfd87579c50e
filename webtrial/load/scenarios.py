"""Scenarios: the requests that users send and the responses they expect.

A scenario gives each user a `Session`: an endless, seeded sequence of `RequestSpec`s, each a
request with its expected response. Every response is checked by status and length, one in
`CONTENT_EVERY` also by content. A session changes only rows that belong to it, so users never
collide.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np

from webtrial.load.requests import RequestSpec, ScenarioContext, SeededData, Session

CONTENT_EVERY = 16
AT_A_TIME = 64  # requests drawn at once; more would cost each of thousands of users kilobytes

NUMBERED = "numbered"
"""A scenario for reference servers that validate the load driver; no stack serves it."""

CRUD_MIX = {"read": 0.70, "create": 0.15, "update": 0.10, "delete": 0.05}
SEARCH_MIX = {"common": 0.5, "middling": 0.3, "rare": 0.2}
DASHBOARD = "/dashboard/stats"
DISTINCT_USERS = 200  # distinct users that user_detail requests
DISTINCT_PAGES = 20  # distinct pages that catalog requests
FAN_OUT_COUNTS = (1, 2, 4, 8)  # sources behind a request of fan_out
FAN_OUT_DELAYS_MS = (0, 10, 50, 100)  # delay of each source


def sessions(scenario: str, context: ScenarioContext) -> Iterator[Session]:
    """Yield sessions without end, each with its own seed."""
    make = _SCENARIOS[scenario](context)
    index = 0
    while True:
        yield make(index)
        index += 1


# --- reading: a fixed pool of requests, sent in random order


class ReadSession:
    """Draws requests from a pool with given weights."""

    def __init__(self, pool: list[RequestSpec], weights: np.ndarray, seed: list[int]) -> None:
        self._pool = pool
        self._weights = weights
        self._random = np.random.default_rng(seed)
        self._order: list[int] = []
        self._checked = 0

    def next(self) -> RequestSpec:
        """Return the next request of the pool; requests are drawn in batches."""
        if not self._order:
            self._order = self._drawn()
        return self._pool[self._order.pop()]

    def _drawn(self) -> list[int]:
        drawn = self._random.choice(len(self._pool), size=AT_A_TIME, p=self._weights)
        return list(drawn.tolist())

    def check_response(self, spec: RequestSpec, status: int, body: bytes) -> str:
        """Check status and length of every response, content of one in CONTENT_EVERY."""
        self._checked += 1
        return check(spec, status, body, content=self._checked % CONTENT_EVERY == 0)

    def response_lost(self, spec: RequestSpec) -> None:
        """Do nothing: reading changes no data."""


class CyclicReadSession(ReadSession):
    """Sends every request of a pool once per cycle, in a new random order each time."""

    def _drawn(self) -> list[int]:
        return list(self._random.permutation(len(self._pool)).tolist())


def check(spec: RequestSpec, status: int, body: bytes, *, content: bool) -> str:
    """Return `ok` or the kind of error of a response."""
    if status not in spec.statuses:
        return "status"
    if not body and status != 204:
        return "empty"
    if spec.known is not None:
        if len(body) != spec.known.length:
            return "wrong_length"
        if content and zlib.crc32(body) != spec.known.checksum:
            return "wrong_content"
    return "ok"


def _reads(
    context: ScenarioContext,
    kinds: dict[str, str],
    weights: np.ndarray | None = None,
    session_type: type[ReadSession] = ReadSession,
) -> Any:
    pool = [
        RequestSpec(
            context.request("GET", target), kind, (200,), context.expected_bodies.get(target)
        )
        for target, kind in kinds.items()
    ]
    equal = np.full(len(pool), 1 / len(pool))
    return lambda index: session_type(
        pool, equal if weights is None else weights, [context.seed, index]
    )


def _ping(context: ScenarioContext) -> Any:
    return _reads(context, targets("ping", context.seeded_data))


def _user_detail(context: ScenarioContext) -> Any:
    return _reads(context, targets("user_detail", context.seeded_data))


def _catalog(context: ScenarioContext) -> Any:
    return _reads(context, targets("catalog", context.seeded_data))


def _fan_out(context: ScenarioContext) -> Any:
    return _reads(context, targets("fan_out", context.seeded_data), session_type=CyclicReadSession)


def _product_search(context: ScenarioContext) -> Any:
    kinds = targets("product_search", context.seeded_data)
    found = list(kinds.values())
    weights = np.array([SEARCH_MIX[kind] / found.count(kind) for kind in found])
    return _reads(context, kinds, weights / weights.sum())


def targets(scenario: str, seeded_data: SeededData) -> dict[str, str]:
    """Return the kind of each request target of a reading scenario; {} for other scenarios."""
    if scenario == "ping":
        return {"/ping": "ping"}
    if scenario == "user_detail":
        ids = np.random.default_rng(0).choice(seeded_data.users, DISTINCT_USERS, replace=False) + 1
        return {f"/users/{number}": "user" for number in sorted(ids.tolist())}
    if scenario == "product_search":
        return {
            f"/products/search?q={word}": kind
            for kind, words in seeded_data.words.items()
            for word in words
        }
    if scenario == "catalog":
        return {f"/catalog?page={page}": "page" for page in range(1, DISTINCT_PAGES + 1)}
    if scenario == "fan_out":
        return {
            f"/sources?count={count}&delay_ms={delay_ms}": f"{count} × {delay_ms} ms"
            for count in FAN_OUT_COUNTS
            for delay_ms in FAN_OUT_DELAYS_MS
        }
    return {}


def _numbered(context: ScenarioContext) -> Callable[[int], Session]:
    """Each user requests its own number, which identifies it in a server's log."""

    def make(index: int) -> Session:
        spec = RequestSpec(
            context.request("GET", f"/{index}"), "numbered", (200,), context.expected_bodies["/"]
        )
        return ReadSession([spec], np.ones(1), [context.seed, index])

    return make


# --- dashboard: signed in beforehand, one token per account


def dashboard_request(context: ScenarioContext, token: str) -> httpx.Request:
    """Return a request for the dashboard by the account that owns `token`."""
    return context.request("GET", DASHBOARD, headers={"Authorization": f"Bearer {token}"})


def _dashboard(context: ScenarioContext) -> Callable[[int], Session]:
    """Assign accounts to users in turn: users share accounts if there are more users."""
    known = context.expected_bodies.get(DASHBOARD)
    specs = [
        RequestSpec(dashboard_request(context, token), "dashboard", (200,), known)
        for token in context.tokens.values()
    ]
    return lambda index: ReadSession([specs[index % len(specs)]], np.ones(1), [context.seed, index])


# --- writing: on users that the session created


def new_user(random: np.random.Generator, owner: str) -> dict[str, Any]:
    """Return a valid user with a name that nobody else draws. All bodies have equal length."""
    name = f"{owner}-{random.integers(10**11):011d}"
    return {"username": name, "email": f"{name}@example.org", "age": int(random.integers(18, 100))}


class Crud:
    """70 % reads, 15 % creates, 10 % updates, 5 % deletes, on users that the session created."""

    def __init__(self, context: ScenarioContext, index: int) -> None:
        self._context = context
        self._random = np.random.default_rng([context.seed, index])
        self._owner = f"u{context.seed % 10**9:09d}-{index:05d}"
        self._own_users: dict[int, dict[str, Any]] = {}
        self._kinds: list[str] = []
        self._checked = 0

    def next(self) -> RequestSpec:
        """Return the next operation; a create if the session has no users."""
        if not self._kinds:
            drawn = self._random.choice(list(CRUD_MIX), size=AT_A_TIME, p=list(CRUD_MIX.values()))
            self._kinds = drawn.tolist()
        kind = self._kinds.pop()
        return self._operation(kind if self._own_users else "create")

    def _operation(self, kind: str) -> RequestSpec:
        request = self._context.request
        if kind == "create":
            user = new_user(self._random, self._owner)
            return RequestSpec(request("POST", "/users", json=user), kind, (201,), subject=user)
        number = list(self._own_users)[int(self._random.integers(len(self._own_users)))]
        target = f"/users/{number}"
        if kind == "read":
            return RequestSpec(request("GET", target), kind, (200,), subject=number)
        if kind == "delete":
            return RequestSpec(request("DELETE", target), kind, (204,), subject=number)
        user = new_user(self._random, self._owner)
        return RequestSpec(request("PUT", target, json=user), kind, (200,), subject=(number, user))

    def check_response(self, spec: RequestSpec, status: int, body: bytes) -> str:
        """Check status and content: every response holds a user that this session knows."""
        outcome = check(spec, status, body, content=False)
        if outcome != "ok":
            return outcome
        if spec.kind == "delete":
            del self._own_users[spec.subject]
            return "ok" if not body else "wrong_length"
        return self._check_user(spec, body)

    def response_lost(self, spec: RequestSpec) -> None:
        """Forget a user that may or may not have been changed or deleted."""
        if spec.kind == "update":
            del self._own_users[spec.subject[0]]
        elif spec.kind == "delete":
            del self._own_users[spec.subject]

    def _check_user(self, spec: RequestSpec, body: bytes) -> str:
        if spec.kind == "create":
            response = _json_object(body)
            self._own_users[response.get("id", 0)] = spec.subject
            return _compare_user(response, spec.subject)
        if spec.kind == "update":
            number, user = spec.subject
            self._own_users[number] = user
            return _compare_user(_json_object(body), user)
        known = self._own_users[spec.subject]
        if known["username"].encode() not in body:
            return "wrong_content"
        self._checked += 1
        return "ok" if self._checked % CONTENT_EVERY else _compare_user(_json_object(body), known)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _compare_user(response: dict[str, Any], user: dict[str, Any]) -> str:
    same = all(response.get(name) == value for name, value in user.items())
    return "ok" if same and isinstance(response.get("id"), int) else "wrong_content"


FAULTS: tuple[dict[str, Any], ...] = (
    {"username": "ab"},
    {"username": "x" * 51},
    {"email": "not-an-address"},
    {"email": "a@b"},
    {"age": 17},
    {"age": 121},
    {"age": "thirty"},
    {"username": "", "email": "", "age": 0},
)
"""Invalid values, by field, that replace valid ones; the response must name each field."""


class Validation:
    """Creates users. On average every other body is invalid, with one of FAULTS."""

    def __init__(self, context: ScenarioContext, index: int) -> None:
        self._context = context
        self._random = np.random.default_rng([context.seed, index])
        self._owner = f"v{context.seed % 10**9:09d}-{index:05d}"

    def next(self) -> RequestSpec:
        """Return a create request with a valid or an invalid body."""
        user = new_user(self._random, self._owner)
        if self._random.random() < 0.5:
            return RequestSpec(
                self._context.request("POST", "/users", json=user), "valid", (201,), None, user
            )
        fault = FAULTS[int(self._random.integers(len(FAULTS)))]
        request = self._context.request("POST", "/users", json=user | fault)
        return RequestSpec(request, "invalid", (400, 422), None, fault)

    def check_response(self, spec: RequestSpec, status: int, body: bytes) -> str:
        """Check that the response holds the user as sent, or names every wrong field."""
        outcome = check(spec, status, body, content=False)
        if outcome != "ok":
            return outcome
        if spec.kind == "valid":
            return _compare_user(_json_object(body), spec.subject)
        named = all(field.encode() in body for field in spec.subject)
        return "ok" if named else "wrong_content"

    def response_lost(self, spec: RequestSpec) -> None:
        """Do nothing: these users are never requested again."""


_SCENARIOS: dict[str, Callable[[ScenarioContext], Callable[[int], Session]]] = {
    NUMBERED: _numbered,
    "ping": _ping,
    "user_detail": _user_detail,
    "product_search": _product_search,
    "catalog": _catalog,
    "fan_out": _fan_out,
    "dashboard": _dashboard,
    "crud": lambda context: lambda index: Crud(context, index),
    "validation": lambda context: lambda index: Validation(context, index),
}
