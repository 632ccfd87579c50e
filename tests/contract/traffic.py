"""Seeded requests over all routes, the same for every stack.

Each stack starts from a clone of the same database, so that ids come out equal: a user that is
created gets the next number, and a name that is refused by the database uses one up.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle, islice
from random import Random
from typing import Any

from tests.contract.stage import Seeded

STATEMENTS = {
    "ping": 0,
    "users listed": 1,
    "users listed: none": 1,
    "user read": 2,
    "user read: none": 1,
    "user read: no such id": 0,
    "user created": 1,
    "user created: taken": 0,
    "user created: invalid": 0,
    "user replaced": 2,
    "user replaced: none": 1,
    "user replaced: taken": 1,
    "user deleted": 1,
    "user deleted: none": 1,
    "search": 3,
    "search: literal": 3,
    "search: invalid": 0,
    "token": 1,
    "token: refused": 1,
    "dashboard": 3,
    "dashboard: refused": 0,
    "sources": 0,
    "sources: invalid": 0,
    "catalog": 1,
    "catalog: past the end": 1,
    "unknown place": 0,
}
"""Data statements per request of each kind, as the contract counts them. PostgreSQL counts a
statement when it ends well: the INSERT or UPDATE of a name that is taken is not in here."""

INT4_MAX = 2**31 - 1
FIRST = 3  # users are created, for the names that are then taken
LITERALS = ("100%", "_", "T_40", "S\\M", "no such thing")
INVALID = ({"username": "ab"}, {"email": "a@b", "age": 17}, {"age": "30"}, {"username": None})


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. `signed` adds the bearer token that this stack gave."""

    kind: str
    method: str
    target: str
    content: dict[str, Any] = field(default_factory=dict)
    signed: bool = False


@dataclass
class RunningServices:
    """What the shop holds while the requests are drawn, so that each kind can be aimed."""

    random: Random
    seeded: Seeded
    names: dict[int, str] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    used: int = 0  # numbers given to users since the seed

    @property
    def users(self) -> int:
        """How many users the seed has."""
        return int(self.seeded.built["rows"]["users"])

    def body(self) -> dict[str, Any]:
        """A user nobody else draws."""
        name = f"new-{self.random.getrandbits(48):012x}"
        return {
            "username": name,
            "email": f"{name}@example.org",
            "age": self.random.randint(18, 99),
        }

    def next_id(self) -> int:
        """The number that the next INSERT uses up."""
        self.used += 1
        return self.users + self.used

    def present(self) -> int:
        """A user who is there: of the seed or created, not deleted."""
        seeded = self.random.sample(range(1, self.users), 3)
        pool = [number for number in [*seeded, *self.names] if number not in self.gone]
        return self.random.choice(pool)

    def absent(self) -> int:
        """A user who was deleted, or never was though the column could hold the number."""
        gone = self.random.choice(self.gone) if self.gone else 0
        return self.random.choice([gone, 0, self.users + 5000, INT4_MAX])

    def word(self) -> str:
        """A word that finds many products, some or few."""
        words = self.seeded.built["search_words"]
        return self.random.choice(sorted(words[self.random.choice(sorted(words))]))

    def account(self) -> str:
        return self.random.choice(self.seeded.built["accounts"])


def traffic(seeded: Seeded, seed: int, count: int) -> list[Ask]:
    """`count` requests, kinds in drawn order, each kind about equally often."""
    shop = RunningServices(Random(seed), seeded)
    kinds = list(islice(cycle(KINDS), count - FIRST))
    shop.random.shuffle(kinds)
    return [ask(shop, kind) for kind in ["user created"] * FIRST + kinds]


def ask(shop: RunningServices, kind: str) -> Ask:
    """A request of that kind, as things stand in the shop."""
    method, target, content = KINDS[kind](shop)
    return Ask(kind, method, target, content, signed=kind == "dashboard")


Drawn = tuple[str, str, dict[str, Any]]


def _listed(shop: RunningServices) -> Drawn:
    after = shop.random.choice([0, shop.random.randrange(shop.users), shop.users - 3, INT4_MAX])
    return "GET", f"/users?limit={shop.random.randint(1, 100)}&after={after}", {}


def _listed_none(shop: RunningServices) -> Drawn:
    return "GET", f"/users?after={shop.random.choice([INT4_MAX + 1, 10**12, 10**30])}", {}


def _created(shop: RunningServices) -> Drawn:
    body = shop.body()
    shop.names[shop.next_id()] = body["username"]
    return "POST", "/users", {"json": body | {"ignored": 1}}


def _created_taken(shop: RunningServices) -> Drawn:
    shop.next_id()
    name = shop.random.choice(sorted(shop.names.values()))
    return "POST", "/users", {"json": shop.body() | {"username": name}}


def _created_invalid(shop: RunningServices) -> Drawn:
    return "POST", "/users", {"json": shop.body() | shop.random.choice(INVALID)}


def _replaced(shop: RunningServices) -> Drawn:
    number, body = shop.present(), shop.body()
    shop.names[number] = body["username"]
    return "PUT", f"/users/{number}", {"json": body}


def _replaced_taken(shop: RunningServices) -> Drawn:
    name = shop.random.choice(sorted(shop.names.values()))
    free = [n for n in shop.random.sample(range(1, shop.users), 5) if n not in shop.names]
    number = next(n for n in free if n not in shop.gone)
    return "PUT", f"/users/{number}", {"json": shop.body() | {"username": name}}


def _deleted(shop: RunningServices) -> Drawn:
    number = shop.present()
    shop.gone.append(number)
    shop.names.pop(number, None)
    return "DELETE", f"/users/{number}", {}


def _token(shop: RunningServices, password: str) -> Drawn:
    form = {"username": shop.account(), "password": password, "grant_type": "password"}
    return "POST", "/token", {"data": form}


def _search(text: str) -> Drawn:
    return "GET", "/products/search", {"params": {"q": text}}


def _sources(shop: RunningServices) -> Drawn:
    return "GET", f"/sources?count={shop.random.randint(1, 8)}&delay_ms=0", {}


def _sources_invalid(shop: RunningServices) -> Drawn:
    wrong = shop.random.choice([{"count": "0"}, {"count": "9", "delay_ms": "-1"}, {"count": "x"}])
    return "GET", "/sources", {"params": wrong}


KINDS: dict[str, Callable[[RunningServices], Drawn]] = {
    "ping": lambda _: ("GET", "/ping", {}),
    "users listed: none": _listed_none,
    "users listed": _listed,
    "user read": lambda shop: ("GET", f"/users/{shop.present()}", {}),
    "user read: none": lambda shop: ("GET", f"/users/{shop.absent()}", {}),
    "user read: no such id": lambda _: ("GET", f"/users/{INT4_MAX + 1}", {}),
    "user created": _created,
    "user created: taken": _created_taken,
    "user created: invalid": _created_invalid,
    "user replaced": _replaced,
    "user replaced: none": lambda shop: (
        "PUT",
        f"/users/{shop.absent()}",
        {"json": shop.body()},
    ),
    "user replaced: taken": _replaced_taken,
    "user deleted": _deleted,
    "user deleted: none": lambda shop: ("DELETE", f"/users/{shop.absent()}", {}),
    "search": lambda shop: _search(shop.word()),
    "search: literal": lambda shop: _search(shop.random.choice(LITERALS)),
    "search: invalid": lambda shop: _search(shop.random.choice(["", "x" * 101, "a\x00"])),
    "token": lambda shop: _token(shop, shop.seeded.password),
    "token: refused": lambda shop: _token(shop, "wrong"),
    "dashboard": lambda _: ("GET", "/dashboard/stats", {}),
    "dashboard: refused": lambda _: (
        "GET",
        "/dashboard/stats",
        {"headers": {"Authorization": "x"}},
    ),
    "sources": _sources,
    "sources: invalid": _sources_invalid,
    "catalog": lambda shop: ("GET", f"/catalog?page={shop.random.randint(1, 2500)}", {}),
    "catalog: past the end": lambda shop: ("GET", "/catalog?page=2501", {}),
    "unknown place": lambda _: ("GET", "/nowhere", {}),
}
