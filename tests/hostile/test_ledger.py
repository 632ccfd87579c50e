"""Many clients at once: no answer belongs to another request, no row is lost or doubled.

Each client keeps a ledger of what it was told; in the end the database is held against it.
"""

import asyncio
import secrets
from dataclasses import dataclass, field
from random import Random

import httpx

from tests.counted import held
from tests.waiting import LIMIT_S
from webtrial.load.transport import Transport

CLIENTS = 32
KINDS = ("create", "update", "delete", "read")
WEIGHTS = (4, 3, 2, 3)
ANSWER_S = LIMIT_S


@dataclass
class Ledger:
    """One client's users, by id, as it was told last; what it took away; what went wrong."""

    name: str
    draw: Random
    mine: dict[int, dict] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def fresh(self):
        """A user that nobody else sends: what comes back in place of it is another's."""
        name = f"{self.name}-{secrets.token_hex(6)}"
        age = self.draw.randint(18, 120)
        return {"username": name, "email": f"{name}@example.org", "age": age}


async def work(ledger, client, operations):
    """So many operations, one after the other, each answer held against the ledger."""
    for _ in range(operations):
        kind = ledger.draw.choices(KINDS, WEIGHTS)[0] if ledger.mine else "create"
        await globals()[f"_{kind}"](ledger, client)


async def _create(ledger, client):
    user = ledger.fresh()
    answer = await client.post("/users", json=user)
    if _is(ledger, answer, 201, user):
        ledger.mine[answer.json()["id"]] = user


async def _update(ledger, client):
    number, user = ledger.draw.choice(list(ledger.mine)), ledger.fresh()
    answer = await client.put(f"/users/{number}", json=user)
    if _is(ledger, answer, 200, user | {"id": number}):
        ledger.mine[number] = user


async def _delete(ledger, client):
    number = ledger.draw.choice(list(ledger.mine))
    answer = await client.delete(f"/users/{number}")
    if _is(ledger, answer, 204, {}):
        del ledger.mine[number]
        ledger.gone.add(number)


async def _read(ledger, client):
    number = ledger.draw.choice(list(ledger.mine))
    answer = await client.get(f"/users/{number}")
    _is(ledger, answer, 200, ledger.mine[number] | {"id": number, "orders": []})


def _is(ledger, answer, status, expected):
    told = answer.json() if answer.content else {}
    same = all(told.get(name) == value for name, value in expected.items())
    if answer.status_code != status or not same:
        ledger.wrong.append(f"{answer.request.method} {answer.request.url}: {answer.text[:200]}")
    return answer.status_code == status


def worked(url, operations, name):
    """The ledgers of all clients after so many operations together."""
    ledgers = [Ledger(f"{name}{index:02d}", Random(index)) for index in range(CLIENTS)]

    async def all_at_once():
        transport = Transport(max_connections=CLIENTS)
        async with httpx.AsyncClient(transport=transport, base_url=url, timeout=ANSWER_S) as client:
            share = operations // CLIENTS + 1
            await asyncio.gather(*(work(ledger, client, share) for ledger in ledgers))

    asyncio.run(all_at_once())
    return ledgers


def test_no_answer_is_anothers_and_no_row_is_lost_or_doubled(stack, amounts):
    name = f"led{secrets.token_hex(3)}"
    ledgers = worked(stack.url, amounts.operations, name)
    assert [wrong for ledger in ledgers for wrong in ledger.wrong] == []
    expected = {
        (number, user["username"], user["email"], user["age"])
        for ledger in ledgers
        for number, user in ledger.mine.items()
    }
    rows = stack.rows(
        "SELECT id, username, email, age FROM users WHERE username LIKE %s", f"{name}%"
    )
    assert len(rows) == len({*rows})
    assert {*rows} == expected
    gone = {number for ledger in ledgers for number in ledger.gone}
    assert gone.isdisjoint(number for number, *_ in rows)
    assert gone
    stack.rows("DELETE FROM users WHERE username LIKE %s", f"{name}%")
    held("operations on users, correct responses and rows", stack.name, amounts.operations)
