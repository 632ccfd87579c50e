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
from webtrial.measure.capabilities.probes import TIMEOUT_S, Answer
from webtrial.measure.launch import (
    LaunchSpec,
    ServiceSettings,
    service_command,
    service_environment,
)
from webtrial.measure.processes import Roots, Trees
from webtrial.run.stacks import SERVICES, Stack
from webtrial.system.plain_http import plain_client
from webtrial.system.ports import free_port
from webtrial.system.process_tree import end_of, start_child, stop_child

REPEATS = 5
REQUESTS = 1000
CONNECTIONS = 16
REST_S = 0.5  # from the first response until memory is read
READY_S = 30.0
_POLL_S = 0.002


@dataclass(frozen=True, slots=True)
class Footprint:
    """One process: seconds from its start to its first response; MiB then, and after `requests`."""

    first_response_s: float
    idle_mib: float
    used_mib: float
    requests: int


def measure(
    specs: Mapping[str, LaunchSpec],
    users: int,
    cores: Collection[int] | None,
    repeats: int = REPEATS,
    requests: int = REQUESTS,
) -> dict[str, list[Footprint]]:
    """Measure fresh processes one at a time, the stacks taking turns; return them by key.

    The keys are those of `specs`. Each stack is started once beforehand, which writes its bytecode
    and brings its files into memory. Raises LaunchError if a service does not start, and
    ContractError if it responds with an error.
    """
    footprints: dict[str, list[Footprint]] = {name: [] for name in specs}
    for stack, settings, log in specs.values():
        with _started(stack, settings, log, cores):
            pass
    for _ in range(repeats):
        for name, (stack, settings, log) in specs.items():
            with _started(stack, settings, log, cores) as (url, first_response_s, read_mib):
                time.sleep(REST_S)
                idle_mib = read_mib()
                _send_requests(url, [1 + n % users for n in range(requests)])
                footprints[name].append(Footprint(first_response_s, idle_mib, read_mib(), requests))
    return footprints


def answers(footprints: list[Footprint]) -> Iterator[tuple[str, Answer]]:
    """Yield capability and answer: median, minimum and maximum of each figure.

    All processes in `footprints` must have served the same number of requests.
    """
    (requests,) = {each.requests for each in footprints}
    yield from _spread(
        "cold start",
        "first response",
        [each.first_response_s for each in footprints],
        "s",
        "from the start of the process to the first 200 response to GET /ping",
    )
    how = "private memory of the processes plus shared memory once; requests to /users/{id}"
    yield from _spread("memory", "idle", [each.idle_mib for each in footprints], "MiB", how)
    used = [each.used_mib for each in footprints]
    yield from _spread("memory", f"after {requests:,} requests", used, "MiB", how)


def _spread(
    capability: str, question: str, values: list[float], unit: str, how: str
) -> Iterator[tuple[str, Answer]]:
    figures = {"median": median(values), "minimum": min(values), "maximum": max(values)}
    for name, value in figures.items():
        yield (
            capability,
            Answer(
                f"{question}, {name}",
                f"{value:.2f}" if unit == "s" else f"{value:.0f}",
                f"{how}; {len(values)} new processes, frameworks alternating",
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
            raise LaunchError(f"{stack.name} has exited. {end_of(log)}")
        return usage.memory_mib

    try:
        _await_response(url, started_s, lambda: process.poll() is None, stack.name, log)
        yield url, time.perf_counter() - started_s, read_mib
    finally:
        stop_child(process, Signals[stack.stop_signal])


def _await_response(
    url: str, started_s: float, is_running: Callable[[], bool], name: str, log: Path
) -> None:
    with plain_client(TIMEOUT_S) as client:
        while is_running() and time.perf_counter() - started_s < READY_S:
            try:
                if client.get(f"{url}/ping").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(_POLL_S)
    raise LaunchError(
        f"{name} did not respond to GET /ping with 200 within {READY_S:g} s. {end_of(log)}"
    )


def _send_requests(url: str, users: Iterable[int]) -> None:
    """Request these users, over as many connections as the service has to the database."""
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
    with (
        httpx.Client(base_url=url, limits=limits, timeout=TIMEOUT_S, trust_env=False) as client,
        ThreadPoolExecutor(CONNECTIONS) as threads,
    ):
        for response in threads.map(lambda user: client.get(f"/users/{user}"), users):
            if response.status_code != httpx.codes.OK:
                raise ContractError(
                    f"{url} responded to {response.request.url.path} with status"
                    f" {response.status_code}, not 200. Read its log"
                )
