"""That all stacks answer alike, before anything is measured.

Every request that the reading scenarios can draw is asked of every stack; as canonical JSON (keys
sorted) the answers must be the same. What each stack's body is to the byte is kept, so that the
load driver can check length and checksum without parsing anything.
"""

import asyncio
import hashlib
import json
import zlib

import httpx

from webtrial.errors import ContractError
from webtrial.measure.load.transport import Transport
from webtrial.measure.scenarios import Answers, Dashboard, Known, Material, Setting, targets

AT_ONCE = 8
TIMEOUT_S = 30.0

Bodies = dict[str, bytes]


def agreed_answers(
    urls: dict[str, str], scenarios: list[str], material: Material
) -> dict[str, Answers]:
    """What each stack (name → base URL) answers to the requests of `scenarios`.

    ContractError where a stack does not answer, or answers otherwise than the first one.
    """
    bodies = asyncio.run(_ask_all(urls, scenarios, material))
    first = next(iter(urls))
    for stack in urls:
        _compare(first, bodies[first], stack, bodies[stack])
    return {
        stack: {target: Known(len(body), zlib.crc32(body)) for target, body in found.items()}
        for stack, found in bodies.items()
    }


def canonical(body: bytes) -> str:
    """The hash of a JSON document in canonical form; of HTML, that it is HTML at all.

    Pages are rendered by different engines, so their bytes differ; the contract suite compares
    what they show.
    """
    try:
        document = json.loads(body)
    except ValueError:
        return "html" if b"<html" in body[:1000].lower() else hashlib.sha256(body).hexdigest()
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def _ask_all(
    urls: dict[str, str], scenarios: list[str], material: Material
) -> dict[str, Bodies]:
    asked = [target for scenario in scenarios for target in targets(scenario, material)]
    return {
        stack: await _ask_one(stack, url, asked, "dashboard" in scenarios, material)
        for stack, url in urls.items()
    }


async def _ask_one(
    stack: str, url: str, asked: list[str], dashboard: bool, material: Material
) -> Bodies:
    setting = Setting(url, 0, TIMEOUT_S, material, {})
    requests = [setting.request("GET", target) for target in asked]
    async with httpx.AsyncClient(transport=Transport(max_connections=AT_ONCE)) as client:
        try:
            if dashboard:
                requests.append(await _signed_in(client, setting))
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


async def _signed_in(client: httpx.AsyncClient, setting: Setting) -> httpx.Request:
    session = Dashboard(setting, 0)

    async def send(request: httpx.Request) -> tuple[int, bytes]:
        answer = await client.send(request)
        return answer.status_code, answer.content

    await session.sign_in(send)
    return session.next().request


def _compare(first: str, expected: Bodies, stack: str, found: Bodies) -> None:
    for target, body in found.items():
        if canonical(body) != canonical(expected[target]):
            raise ContractError(
                f"{stack} and {first} answer {target} differently, so they are not compared:\n"
                f"  {first}: {expected[target][:300]!r}\n  {stack}: {body[:300]!r}"
            )
