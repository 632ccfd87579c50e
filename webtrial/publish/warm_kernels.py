"""Kernels forked from a process that has already imported everything and read the run.

    runner ── forkserver: imports everything, reads the run ─┬─ kernel of one chapter
                                                              └─ kernel of the next

A new kernel would spend five seconds on imports, and five more on computing the same tables.
Linux only: on other systems each chapter starts a new kernel.
"""

import asyncio
import os
import signal
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver, get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from webtrial.run.store import RUNS_FOLDER, Run
from webtrial.system.environment import inherited, publishing_environment
from webtrial.system.linux import die_with_parent, is_linux

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess  # Windows has none

PRELOAD_RUN = "WEBTRIAL_PRELOAD_RUN"  # names the folder of the run to read in advance
_PRELOADED = "webtrial.publish.preloaded"
_preloaded_runs: list[Path] = []  # the run that the fork server has read


@contextmanager
def warm_kernels(run: Run) -> Iterator[None]:
    """Fork this process's kernels from one that has read `run` while the block runs.

    Only on Linux. On other systems each kernel does its own imports.
    """
    if not is_linux():
        yield
        return
    path = run.path.resolve()
    stop_fork_server()  # it may be running for another purpose
    with inherited(publishing_environment() | {RUNS_FOLDER: str(path.parent)}):
        start_fork_server(path)
    _preloaded_runs.append(path)
    try:
        yield
    finally:
        _preloaded_runs.remove(path)
        stop_fork_server()


def is_warm() -> bool:
    """Whether kernels of this process are forked."""
    return bool(_preloaded_runs)


def start_fork_server(run: Path) -> None:
    """Start the fork server, from which kernels are forked, unless it is running.

    Only the fork server gets the path of `run`: a command that this process starts later does not
    read the run in advance.
    """
    get_context("forkserver").set_forkserver_preload([_PRELOADED])
    with inherited(os.environ | {PRELOAD_RUN: str(run)}):
        forkserver.ensure_running()


def stop_fork_server() -> None:
    """Stop the fork server, if there is one, once its kernels have ended."""
    forkserver._forkserver._stop()  # type: ignore[attr-defined]


class ForkingProvisioner(LocalProvisioner):
    """Forks a kernel where jupyter_client would start a process with a command."""

    async def launch_kernel(self, cmd: list[str], **options: Any) -> Any:
        arguments = cmd[cmd.index("-f") :]
        forked = _Forked(arguments, options["env"], options.get("cwd"))
        self.process = forked  # type: ignore[assignment]  # it has the part of Popen that is used
        self.pid = forked.pid
        return self.connection_info


class _Forked:
    """A kernel's process, with the part of the Popen interface that jupyter_client uses."""

    stdin = stdout = stderr = None

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: str | None
    ) -> None:
        self._process: ForkServerProcess = get_context("forkserver").Process(
            target=_run_kernel, args=(list(arguments), dict(environment), folder), daemon=True
        )
        self._process.start()
        self.pid = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self) -> int | None:
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.pid is not None and self._process.is_alive():
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _run_kernel(arguments: list[str], environment: Mapping[str, str], folder: str | None) -> None:
    from ipykernel.kernelapp import launch_new_instance  # noqa: PLC0415 - preloaded by then

    die_with_parent()
    os.setpgid(0, 0)  # Ctrl-C reaches only the runner, which ends its kernels
    Thread(target=_exit_with_runner, daemon=True).start()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    if folder:
        os.chdir(folder)
    code = 1
    try:
        asyncio.set_event_loop(asyncio.new_event_loop())
        launch_new_instance(argv=arguments)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)  # a normal exit would wait for a reader of the kernel's streams


def _exit_with_runner() -> None:
    """Exit once the runner has ended.

    The fork server lives as long as one of its kernels, so without this both would outlive a
    runner that is killed.
    """
    runner = parent_process()
    assert runner is not None
    runner.join()
    os._exit(1)
