"""How many processes and threads a run starts, against what this user may have."""

import os
import resource
from collections.abc import Sequence
from contextlib import suppress

import psutil

from webtrial.errors import LaunchError
from webtrial.run.parameters import Parameters
from webtrial.run.stacks import Stack

_BESIDE_STACKS = 14  # PostgreSQL's own processes, upstreams, our connections, our own threads
_MOST_BLAS_THREADS = 64


def demand_process_limit(parameters: Parameters, launched: Sequence[Stack]) -> None:
    """Raise our limit as far as it may be raised. LaunchError that says how many more `ulimit -u`
    has to allow, where that is too few: what cannot be started would fail with a message of its
    own, each another one."""
    limit = _raised_limit()
    if limit is None:
        return
    existing, needed = _existing(), _needed(parameters, len(launched))
    if existing + needed > limit:
        raise LaunchError(
            f"`ulimit -u` allows this user {limit:,} processes and threads, of which {existing:,}"
            f" exist, and this run starts up to {needed:,}: raise it to {existing + needed:,} or"
            " more, or measure fewer stacks at a time"
        )


def _raised_limit() -> int | None:
    """The hard limit; None where there is none, as for root."""
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
    return None if hard == resource.RLIM_INFINITY or os.geteuid() == 0 else hard


def _existing() -> int:
    """Threads of all processes of this user."""
    count = 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real == os.getuid():
                count += process.num_threads()
    return count


def _needed(parameters: Parameters, stacks: int) -> int:
    """At most: each connection to the database is a process of PostgreSQL's, and who imports numpy
    has a thread for each core."""
    per_stack = 1 + parameters.server_processes + 2 * parameters.database_connections
    importing = 1 + parameters.workers
    cores = min(os.cpu_count() or 1, _MOST_BLAS_THREADS)
    return stacks * per_stack + importing * cores + _BESIDE_STACKS
