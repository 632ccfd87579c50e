"""Time from the start of a service to its first response, and its memory."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from statistics import median

import httpx

from webtrial.errors import ContractError, LaunchError
from webtrial.measure.capabilities.asking import ANSWER_S, Answer
from webtrial.measure.launch import ServiceSettings, service_command, service_environment
from webtrial.measure.processes import Roots, Trees
from webtrial.run.stacks import SERVICES, Stack
from webtrial.system.plain_http import plain_client
from webtrial.system.ports import free_port
from webtrial.system.process_tree import last_lines, start_child, stop_child

REPEATS = 5
REQUESTS = 1000
CONNECTIONS = 16
REST_S = 0.5  # from the first response until memory is read
READY_S = 30.0
_POLL_S = 0.002

Wanted = Mapping[str, tuple[Stack, ServiceSettings, Path]]


@dataclass(frozen=True, slots=True)
class Footprint:
    """One process: seconds from its start to its first response; MiB then, and after `requests`."""

    first_answer_s: float
    idle_mib: float
    used_mib: float
    requests: int


def measure(
    wanted: Wanted,
    users: int,
    cores: Collection[int] | None,
    repeats: int = REPEATS,
    requests: int = REQUESTS,
) -> dict[str, list[Footprint]]:
    """Measure fresh processes one at a time, the stacks taking turns; return them by key.

    The keys are those of `wanted`. Each stack is started once beforehand, which writes its bytecode
    and brings its files into memory. Raises LaunchError if a service does not start, and
    ContractError if it answers with an error.
    """
    found: dict[str, list[Footprint]] = {name: [] for name in wanted}
    for stack, settings, log in wanted.values():
        with _started(stack, settings, log, cores):
            pass
    for _ in range(repeats):
        for name, (stack, settings, log) in wanted.items():
            with _started(stack, settings, log, cores) as (url, first_answer_s, read_mib):
                time.sleep(REST_S)
                idle_mib = read_mib()
                _ask(url, [1 + n % users for n in range(requests)])
                found[name].append(Footprint(first_answer_s, idle_mib, read_mib(), requests))
    return found


def answers(found: list[Footprint]) -> Iterator[tuple[str, Answer]]:
    """Yield capability and answer: median, minimum and maximum of each figure.

    All processes in `found` must have answered the same number of requests.
    """
    (requests,) = {each.requests for each in found}
    yield from _spread(
        "cold start",
        "first answer",
        [each.first_answer_s for each in found],
        "s",
        "from the start of the process to the first 200 of GET /ping",
    )
    how = "what the service's processes hold alone, and what they share once; /users/{id} was asked"
    yield from _spread("memory", "idle", [each.idle_mib for each in found], "MiB", how)
    used = [each.used_mib for each in found]
    yield from _spread("memory", f"after {requests:,} requests", used, "MiB", how)


def _spread(
    capability: str, question: str, values: list[float], unit: str, how: str
) -> Iterator[tuple[str, Answer]]:
    figures = {"median": median(values), "least": min(values), "most": max(values)}
    for name, value in figures.items():
        yield (
            capability,
            Answer(
                f"{question}, {name}",
                f"{value:.2f}" if unit == "s" else f"{value:.0f}",
                f"{how}; {len(values)} fresh processes, the frameworks taking turns",
                "/ping" if unit == "s" else "/users/{id}",
                unit,
                absolute=True,
            ),
        )


@contextmanager
def _started(
    stack: Stack, settings: ServiceSettings, log: Path, cores: Collection[int] | None
) -> Iterator[tuple[str, float, Callable[[], float]]]:
    """Start a service; yield its URL, its start-up time in seconds and a memory reader in MiB."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    started_s = time.perf_counter()
    process = start_child(
        service_command(stack, settings, port),
        cwd=SERVICES / stack.folder,
        env=service_environment(stack, settings),
        log=log,
        cores=cores,
    )

    def read_mib() -> float:
        usage = Trees(Roots(service=process.pid)).read().service
        if usage is None:
            raise LaunchError(f"{stack.name} has ended. The end of its log:\n{last_lines(log)}")
        return usage.memory_mib

    try:
        _await_answer(url, started_s, lambda: process.poll() is None, stack.name, log)
        yield url, time.perf_counter() - started_s, read_mib
    finally:
        stop_child(process, Signals[stack.stop_signal])


def _await_answer(
    url: str, started_s: float, lives: Callable[[], bool], name: str, log: Path
) -> None:
    with plain_client(ANSWER_S) as client:
        while lives() and time.perf_counter() - started_s < READY_S:
            try:
                if client.get(f"{url}/ping").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(_POLL_S)
    raise LaunchError(f"{name} did not answer. The end of its log:\n{last_lines(log)}")


def _ask(url: str, users: Iterable[int]) -> None:
    """Request these users, over as many connections as the service has to the database."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    with (
        httpx.Client(base_url=url, limits=limits, timeout=ANSWER_S, trust_env=False) as client,
        ThreadPoolExecutor(CONNECTIONS) as threads,
    ):
        for answer in threads.map(lambda user: client.get(f"/users/{user}"), users):
            if answer.status_code != httpx.codes.OK:
                raise ContractError(f"{answer.request.url.path}: {answer.status_code}, not 200")
