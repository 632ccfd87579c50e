"""Kernels that begin where reading a run begins, forked from a process that has come so far.

    runner ── forkserver: imports everything, reads the run ─┬─ kernel of one chapter
                                                              └─ kernel of the next

A kernel of its own would import for five seconds, and compute the same tables for as long again.
Linux only: elsewhere each chapter has a kernel of its own.
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

from webtrial.publish.kernels import CleanKernelManager
from webtrial.run.store import RUNS_FOLDER, Run
from webtrial.system.environment import inherited, publishing_environment
from webtrial.system.linux import die_with_parent, is_linux

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess  # Windows has none

READ = "WEBTRIAL_READ"  # names the folder of the run that is read beforehand
_PRELOADED = "webtrial.publish.preloaded"
_read: list[Path] = []  # what the process has read that kernels are forked from


@contextmanager
def warm(run: Run) -> Iterator[None]:
    """Within the block this process's kernels are forked from one that has read `run`; only on
    Linux, elsewhere each kernel imports for itself."""
    if not is_linux():
        yield
        return
    path = run.path.resolve()
    stop_fork_server()  # whatever else this process has forked from it
    with inherited(publishing_environment() | {RUNS_FOLDER: str(path.parent)}):
        start_fork_server(path)
    _read.append(path)
    try:
        yield
    finally:
        _read.remove(path)
        stop_fork_server()


def is_warm() -> bool:
    """Whether this process's kernels are forked."""
    return bool(_read)


def start_fork_server(run: Path) -> None:
    """Start the process that kernels are forked from, if none is there. It alone is told of `run`:
    a command that this process starts later is not warm."""
    get_context("forkserver").set_forkserver_preload([_PRELOADED])
    with inherited(os.environ | {READ: str(run)}):
        forkserver.ensure_running()


def stop_fork_server() -> None:
    """End the process that kernels are forked from, if there is one, when they have ended."""
    forkserver._forkserver._stop()  # type: ignore[attr-defined]


class ForkingProvisioner(LocalProvisioner):
    """Where jupyter_client would start a process with a command."""

    async def launch_kernel(self, cmd: list[str], **given: Any) -> Any:
        arguments = cmd[cmd.index("-f") :]
        forked = _Forked(arguments, given["env"], given.get("cwd"))
        self.process = forked  # type: ignore[assignment]  # as far as it is asked for
        self.pid = forked.pid
        return self.connection_info


class _Forked:
    """A kernel's process, with what jupyter_client asks of a Popen."""

    stdin = stdout = stderr = None

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: str | None
    ) -> None:
        self._process: ForkServerProcess = get_context("forkserver").Process(
            target=_be_kernel, args=(list(arguments), dict(environment), folder), daemon=True
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


class WarmKernelManager(CleanKernelManager):
    """Starts kernels by forking."""

    provisioner_class = ForkingProvisioner


def _be_kernel(arguments: list[str], environment: Mapping[str, str], folder: str | None) -> None:
    from ipykernel.kernelapp import launch_new_instance  # noqa: PLC0415 - preloaded by then

    die_with_parent()
    os.setpgid(0, 0)  # Ctrl-C is for the runner alone, which ends its kernels
    Thread(target=_end_with_runner, daemon=True).start()
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
        os._exit(code)  # what is left of the kernel's streams would wait for a reader


def _end_with_runner() -> None:
    """The fork server stays for as long as one of its kernels does, so that of a runner that is
    killed both would stay."""
    runner = parent_process()
    assert runner is not None
    runner.join()
    os._exit(1)
