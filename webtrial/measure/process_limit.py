"""Compare the processes and threads that a run starts with this user's limit."""

import os
import resource
from collections.abc import Sequence
from contextlib import suppress

import psutil

from webtrial.errors import LaunchError
from webtrial.run.parameters import Parameters
from webtrial.run.stacks import Stack

_OTHER_PROCESSES = 14  # PostgreSQL's own processes, upstreams, our connections, our own threads
_MAX_BLAS_THREADS = 64


def demand_process_limit(parameters: Parameters, launched: Sequence[Stack]) -> None:
    """Raise our process limit as far as possible; raise LaunchError if it is still too low.

    The message says how many more `ulimit -u` has to allow. Without this check, each process that
    cannot be started would fail with a different message of its own.
    """
    limit = _raise_limit()
    if limit is None:
        return
    existing, needed = _existing_threads(), _threads_needed(parameters, len(launched))
    if existing + needed > limit:
        raise LaunchError(
            f"`ulimit -u` is {limit:,} processes and threads, but {existing:,} exist and this run"
            f" starts up to {needed:,} more: raise it to {existing + needed:,} or more, or measure"
            " fewer stacks"
        )


def _raise_limit() -> int | None:
    """Raise the soft limit and return the hard limit; None if there is none, as for root."""
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
    return None if hard == resource.RLIM_INFINITY or os.geteuid() == 0 else hard


def _existing_threads() -> int:
    """Return the number of threads of all processes of this user."""
    count = 0
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().real == os.getuid():
                count += process.num_threads()
    return count


def _threads_needed(parameters: Parameters, stacks: int) -> int:
    """Return the largest number of processes and threads that the run starts.

    Each database connection is a PostgreSQL process, and each process that imports numpy has a
    thread per core.
    """
    per_stack = 1 + parameters.server_processes + 2 * parameters.database_connections
    importing = 1 + parameters.workers
    cores = min(os.cpu_count() or 1, _MAX_BLAS_THREADS)
    return stacks * per_stack + importing * cores + _OTHER_PROCESSES
