"""Check that all stacks give the same answers before anything is measured.

Every request that the reading scenarios can draw is sent to every stack. As canonical JSON (keys
sorted) the answers must be equal. The exact bytes of each stack's body are recorded, which lets the
load driver check length and checksum without parsing. A stack that is started again later in the
run, on the same data, is sent one in `ASKED_AGAIN` of the requests that it has answered before.
"""

import asyncio
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import cycle, starmap

import httpx

from webtrial.errors import ContractError
from webtrial.load.scenarios import (
    DASHBOARD,
    Answers,
    ExpectedBody,
    SeededData,
    Setting,
    Tokens,
    dashboard_request,
    targets,
)
from webtrial.load.transport import Transport

AT_ONCE = 8
SIGN_IN_AT_ONCE = 4  # checking a password costs the service much CPU, by design
TIMEOUT_S = 30.0

TIMES = 3
"""Attempts at agreement. A stack that calls upstreams from threads loses a source about once in ten
thousand requests: an httpcore pool may close a connection that it has just given to another thread
(httpcore issue 1110)."""

ASKED_AGAIN = 3
"""Answering every request takes the services of a launch batch 6 s on one core. A third of them, a
different one in each block, still detects services that started with wrong settings or data."""

Bodies = dict[str, bytes]

Expected = dict[str, tuple[str, bytes]]
"""Request → the stack that answered it first, and its body."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Earlier answers: the first answer to each request, and the known answers of each stack."""

    expected: Expected = field(default_factory=dict)
    known: dict[str, Answers] = field(default_factory=dict)


def sign_in(urls: dict[str, str], accounts: Sequence[str], password: str) -> Tokens:
    """Return a token for each of `accounts`, by the OAuth2 password form.

    Raises ContractError if a stack refuses. The accounts are distributed over the stacks (name →
    base URL). The stacks share a secret, so each of them accepts every token.
    """
    return asyncio.run(_sign_in(urls, accounts, password))


def agreed_answers(
    urls: dict[str, str],
    scenarios: dict[str, list[str]],
    seeded_data: SeededData,
    tokens: dict[str, Tokens],
    earlier: Earlier | None = None,
    turn: int = 0,
) -> dict[str, Answers]:
    """Return what each stack (name → base URL) answers to the requests of its own `scenarios`.

    `tokens` has at least one token for each stack whose scenarios include the dashboard. `earlier`
    holds earlier answers and is extended with the new ones. Of the requests that a stack has
    answered before it is sent one in ASKED_AGAIN, different ones with each `turn`.

    Raises ContractError if a stack does not answer, or if in each of TIMES attempts its answer
    differs from that of the first stack that was sent the same request.
    """
    earlier = Earlier() if earlier is None else earlier
    asked = {
        stack: _asked(scenarios[stack], seeded_data, earlier.known.get(stack, {}), turn)
        for stack in urls
    }
    for times_left in reversed(range(TIMES)):
        bodies = asyncio.run(_ask_all(urls, asked, seeded_data, tokens))
        try:
            earlier.expected.update(_agreed(bodies, earlier.expected))
            break
        except ContractError:
            if not times_left:
                raise
    for stack, found in bodies.items():
        known = {
            target: ExpectedBody(len(body), zlib.crc32(body)) for target, body in found.items()
        }
        earlier.known[stack] = earlier.known.get(stack, {}) | known
    return {stack: earlier.known[stack] for stack in urls}


def _asked(scenarios: list[str], seeded_data: SeededData, known: Answers, turn: int) -> list[str]:
    """Return the targets to request from a stack: all that are new to it, and some of the rest."""
    wanted = [target for scenario in scenarios for target in targets(scenario, seeded_data)]
    wanted += [DASHBOARD] if "dashboard" in scenarios else []
    new = [target for target in wanted if target not in known]
    return new + [target for target in wanted if target in known][turn % ASKED_AGAIN :: ASKED_AGAIN]


def _agreed(bodies: dict[str, Bodies], before: Expected) -> Expected:
    """Return the expected answers, including these; raise ContractError if two differ."""
    expected = dict(before)
    for stack, found in bodies.items():
        for target, body in found.items():
            _compare(target, *expected.setdefault(target, (stack, body)), stack, body)
    return expected


def canonical(body: bytes) -> str:
    """Return the content of a JSON document with sorted keys, or the table cells of an HTML page.

    Different engines render the pages, so their bytes differ in places that nobody sees.
    """
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"))
    except ValueError:
        cells = _Cells()
        cells.feed(body.decode(errors="replace"))
        return json.dumps(cells.shown or repr(body))


class _Cells(HTMLParser):
    """Parser that collects the text of every cell of a page's tables."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th"):
            self._within = True
            self.shown.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = self._within and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        if self._within:
            self.shown[-1] += data.strip()


async def _sign_in(urls: dict[str, str], accounts: Sequence[str], password: str) -> Tokens:
    async with _client(SIGN_IN_AT_ONCE) as client:

        async def one(account: str, stack: str) -> str:
            form = {"username": account, "password": password}
            answer = await client.post(f"{urls[stack]}/token", data=form)
            if answer.status_code != 200:
                raise ContractError(
                    f"{stack} did not sign {account} in: status {answer.status_code},"
                    f" {answer.text[:300]}"
                )
            return str(answer.json()["access_token"])

        given = await asyncio.gather(*map(one, accounts, cycle(urls)))
    return dict(zip(accounts, given, strict=True))


async def _ask_all(
    urls: dict[str, str],
    asked: dict[str, list[str]],
    seeded_data: SeededData,
    tokens: dict[str, Tokens],
) -> dict[str, Bodies]:
    async def one(stack: str, url: str) -> Bodies:
        setting = Setting(url, 0, TIMEOUT_S, seeded_data, {}, tokens.get(stack, {}))
        requests = [_request(setting, target) for target in asked[stack]]
        return await _ask_one(stack, url, requests)

    found = await asyncio.gather(*starmap(one, urls.items()))
    return dict(zip(urls, found, strict=True))


def _request(setting: Setting, target: str) -> httpx.Request:
    if target == DASHBOARD:
        return dashboard_request(setting, next(iter(setting.tokens.values())))
    return setting.request("GET", target)


async def _ask_one(stack: str, url: str, requests: list[httpx.Request]) -> Bodies:
    async with _client(AT_ONCE) as client:
        try:
            answers = await asyncio.gather(*map(client.send, requests))
        except httpx.TransportError as error:
            raise ContractError(f"{stack} at {url} does not answer: {error!r}") from error
    for answer in answers:
        if answer.status_code != 200:
            raise ContractError(
                f"{stack} answers {answer.request.url} with {answer.status_code} in place of 200:"
                f" {answer.text[:500]}"
            )
    return {answer.request.url.raw_path.decode(): answer.content for answer in answers}


def _client(at_once: int) -> httpx.AsyncClient:
    # No limit on waiting for a connection, however slow the answers; each answer has its limit.
    limits = httpx.Timeout(TIMEOUT_S, pool=None)
    return httpx.AsyncClient(transport=Transport(max_connections=at_once), timeout=limits)


def _compare(target: str, first: str, expected: bytes, stack: str, body: bytes) -> None:
    if canonical(body) != canonical(expected):
        raise ContractError(
            f"{stack} and {first} answer {target} differently, so they are not compared:\n"
            f"  {first}: {expected[:300]!r}\n  {stack}: {body[:300]!r}"
        )
