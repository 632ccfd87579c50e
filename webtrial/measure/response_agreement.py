"""Check that all stacks give the same responses before anything is measured.

Every request that the reading scenarios can draw is sent to every stack. As canonical JSON (keys
sorted) the responses must be equal. The exact bytes of each stack's body are recorded, which lets
the load driver check length and checksum without parsing. If a stack is started again later in the
run, on the same data, one in `RECHECK_EVERY` of the requests that it has served before is sent.
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
from webtrial.load.requests import ExpectedBodies, ExpectedBody, ScenarioContext, SeededData, Tokens
from webtrial.load.scenarios import DASHBOARD, dashboard_request, targets
from webtrial.load.transport import Transport

CONCURRENT_REQUESTS = 8
CONCURRENT_SIGN_INS = 4  # checking a password costs the service much CPU, by design
TIMEOUT_S = 30.0

ATTEMPTS = 3
"""Attempts at agreement. A stack that calls upstreams from threads loses a source about once in ten
thousand requests: an httpcore pool may close a connection that it has just given to another thread
(httpcore issue 1110)."""

RECHECK_EVERY = 3
"""Serving every request takes the services of a launch batch 6 s on one core. A third of them, a
different one in each block, still detects services that started with wrong settings or data."""

Bodies = dict[str, bytes]

Expected = dict[str, tuple[str, bytes]]
"""Request target → the stack that served it first, and its body."""


@dataclass(frozen=True, slots=True)
class KnownResponses:
    """KnownResponses responses: the first one to each request, and the known ones of each stack."""

    expected: Expected = field(default_factory=dict)
    by_stack: dict[str, ExpectedBodies] = field(default_factory=dict)


def sign_in(urls: dict[str, str], accounts: Sequence[str], password: str) -> Tokens:
    """Return a token for each of `accounts`, by the OAuth2 password form.

    Raises ContractError if a stack refuses. The accounts are distributed over the stacks (name →
    base URL). The stacks share a secret, so each of them accepts every token.
    """
    return asyncio.run(_sign_in(urls, accounts, password))


def agreed_responses(
    urls: dict[str, str],
    scenarios: dict[str, list[str]],
    seeded_data: SeededData,
    tokens: dict[str, Tokens],
    known: KnownResponses | None = None,
    turn: int = 0,
) -> dict[str, ExpectedBodies]:
    """Return the responses of each stack (name → base URL) to the requests of its `scenarios`.

    `tokens` has at least one token for each stack whose scenarios include the dashboard. `known`
    holds earlier responses and is extended with the new ones. Of the requests that a stack has
    served before, one in RECHECK_EVERY is sent again, different ones with each `turn`.

    Raises ContractError if a stack does not respond, or if in each of ATTEMPTS its response differs
    from that of the first stack that was sent the same request.
    """
    known = KnownResponses() if known is None else known
    requested = {
        stack: _targets_of(scenarios[stack], seeded_data, known.by_stack.get(stack, {}), turn)
        for stack in urls
    }
    for attempts_left in reversed(range(ATTEMPTS)):
        bodies = asyncio.run(_request_all(urls, requested, seeded_data, tokens))
        try:
            known.expected.update(_agreed(bodies, known.expected))
            break
        except ContractError:
            if not attempts_left:
                raise
    for stack, received in bodies.items():
        new = {
            target: ExpectedBody(len(body), zlib.crc32(body)) for target, body in received.items()
        }
        known.by_stack[stack] = known.by_stack.get(stack, {}) | new
    return {stack: known.by_stack[stack] for stack in urls}


def _targets_of(
    scenarios: list[str], seeded_data: SeededData, known: ExpectedBodies, turn: int
) -> list[str]:
    """Return the targets to request from a stack: all that are new to it, and some of the rest."""
    every = [target for scenario in scenarios for target in targets(scenario, seeded_data)]
    every += [DASHBOARD] if "dashboard" in scenarios else []
    new = [target for target in every if target not in known]
    rechecked = [target for target in every if target in known]
    return new + rechecked[turn % RECHECK_EVERY :: RECHECK_EVERY]


def _agreed(bodies: dict[str, Bodies], before: Expected) -> Expected:
    """Return the expected responses, including these; raise ContractError if two differ."""
    expected = dict(before)
    for stack, received in bodies.items():
        for target, body in received.items():
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
    async with _client(CONCURRENT_SIGN_INS) as client:

        async def one(account: str, stack: str) -> str:
            form = {"username": account, "password": password}
            response = await client.post(f"{urls[stack]}/token", data=form)
            if response.status_code != 200:
                raise ContractError(
                    f"{stack} refused to sign in {account}: status {response.status_code},"
                    f" {response.text[:300]}. Fill its database with this run's seed and"
                    " ACCOUNT_PASSWORD"
                )
            return str(response.json()["access_token"])

        issued = await asyncio.gather(*map(one, accounts, cycle(urls)))
    return dict(zip(accounts, issued, strict=True))


async def _request_all(
    urls: dict[str, str],
    requested: dict[str, list[str]],
    seeded_data: SeededData,
    tokens: dict[str, Tokens],
) -> dict[str, Bodies]:
    async def one(stack: str, url: str) -> Bodies:
        context = ScenarioContext(url, 0, TIMEOUT_S, seeded_data, {}, tokens.get(stack, {}))
        requests = [_request(context, target) for target in requested[stack]]
        return await _request_one(stack, url, requests)

    bodies = await asyncio.gather(*starmap(one, urls.items()))
    return dict(zip(urls, bodies, strict=True))


def _request(context: ScenarioContext, target: str) -> httpx.Request:
    if target == DASHBOARD:
        return dashboard_request(context, next(iter(context.tokens.values())))
    return context.request("GET", target)


async def _request_one(stack: str, url: str, requests: list[httpx.Request]) -> Bodies:
    async with _client(CONCURRENT_REQUESTS) as client:
        try:
            responses = await asyncio.gather(*map(client.send, requests))
        except httpx.TransportError as error:
            raise ContractError(
                f"{stack} at {url} does not respond: {error!r}. Check that it is running"
            ) from error
    for response in responses:
        if response.status_code != 200:
            raise ContractError(
                f"{stack} responded to {response.request.url} with status {response.status_code},"
                f" not 200: {response.text[:500]}. Read its log"
            )
    return {response.request.url.raw_path.decode(): response.content for response in responses}


def _client(max_connections: int) -> httpx.AsyncClient:
    # Waiting for a connection has no limit, however slow the responses; each response has its own.
    limits = httpx.Timeout(TIMEOUT_S, pool=None)
    return httpx.AsyncClient(transport=Transport(max_connections=max_connections), timeout=limits)


def _compare(target: str, first: str, expected: bytes, stack: str, body: bytes) -> None:
    if canonical(body) != canonical(expected):
        raise ContractError(
            f"{stack} and {first} responded differently to {target}:\n"
            f"  {first}: {expected[:300]!r}\n  {stack}: {body[:300]!r}\n"
            "Stacks are compared only if they do the same work: correct the wrong one"
        )
