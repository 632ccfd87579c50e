"""The application: its commands, what their errors print, and the exit status.

| status | meaning |
|---|---|
| 0 | done |
| 1 | a check, a comparison or the doctor found something |
| 2 | an error, printed as one message; or wrong arguments |
| 128 + n | ended by signal n: 130 after Ctrl-C, 129 after the terminal closed |
"""

import os
import signal
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

import typer

from webtrial.cli import (
    bench,
    capabilities,
    check,
    compare,
    doctor,
    lab,
    publish,
    report,
    run,
    sample,
    serve,
    verify,
)
from webtrial.cli.arguments import FAILED, joined_pairs
from webtrial.errors import WebtrialError
from webtrial.system import output
from webtrial.system.interruption import hang_up_raised, signal_of
from webtrial.system.linux import die_with_parent
from webtrial.system.output import complain
from webtrial.system.places import use_short_temporary_folder
from webtrial.system.supervisor import SCRATCH

SIGNAL_BASE = 128  # plus the number of the signal

COMMANDS = (
    *(run, report, publish, verify, compare, doctor, lab, serve, sample, capabilities),
    *(check, bench),
)
"""Modules with one command each, in the order in which help lists them."""

Action = Callable[..., int | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    if arguments is None:
        output.restart_in_utf8_mode()
        output.write_as_terminals_read()
    try:
        status = _status_of(partial(application(), joined_pairs(arguments), prog_name="webtrial"))
        output.flush()
    except output.OutputLostError as error:
        if error.is_reader_gone:
            return output.BROKEN_PIPE
        complain(f"webtrial: {error}")
        return FAILED
    return status


def application() -> typer.Typer:
    """Return the application with all commands."""
    app = typer.Typer(
        help="A reproducible benchmark report on Django, Flask and FastAPI.",
        no_args_is_help=True,
        rich_markup_mode=None,  # rich takes 0.2 s to load for it
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        app.command(name)(_reporting_errors(getattr(module, name)))
    return app


def _status_of(run_application: Callable[[], Any]) -> int:
    try:
        with output.detecting_loss():
            run_application()
    except _Finished as command:
        return command.status
    except SystemExit as end:  # after help, or wrong arguments
        # Typer ends with 1 if the reader of help has gone, with 2 if arguments are wrong.
        return output.BROKEN_PIPE if end.code == 1 else int(end.code or 0)
    return 0


class _Finished(BaseException):
    """A command has ended; it passes through Typer, which would exit."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _reporting_errors(action: Action) -> Callable[..., None]:
    """Return `action` with its errors printed as messages and its result as the exit status."""

    @wraps(action)
    def reporting(*arguments: Any, **options: Any) -> None:
        raise _Finished(_obey(partial(action, *arguments, **options)))

    return reporting


def _obey(action: Action) -> int:
    # make does not pass a signal on to its recipes when it is killed. A supervised process is ended
    # by its supervisor, and one started in a shell is left to the shell.
    if "MAKELEVEL" in os.environ and SCRATCH not in os.environ:
        die_with_parent()
    try:
        use_short_temporary_folder()
        with hang_up_raised():
            return action() or 0
    except KeyboardInterrupt as interruption:
        # Everything has ended by now: another Ctrl-C could only cut off this message.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        complain("".join(["interrupted", *map(str, interruption.args)]))
        return SIGNAL_BASE + signal_of(interruption)
    except WebtrialError as error:
        complain(f"webtrial: {error}")
        return FAILED
