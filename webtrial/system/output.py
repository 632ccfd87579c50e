"""Print the output of commands: in UTF-8 in any locale, even if the reader exits early."""

import io
import locale
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

BROKEN_PIPE = 128 + signal.SIGPIPE if hasattr(signal, "SIGPIPE") else 1


class OutputLostError(Exception):
    """A command's result cannot be written: its reader has ended, or the disk is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output cannot be written: {error.strerror}")
        self.is_reader_gone = isinstance(error, BrokenPipeError)


def show(text: object) -> None:
    """Print a command's result. OutputLostError if it cannot be written."""
    with detecting_loss():
        print(text, flush=True)


def say(text: object) -> None:
    """Print a command's progress. The command continues if the output cannot be written."""
    with suppress(OutputLostError):
        show(text)


def complain(text: str) -> None:
    """Print an error message to standard error; do nothing if that is closed."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def flush() -> None:
    """Flush standard output. OutputLostError if it cannot be written."""
    if sys.stdout is not None:  # it is None if the command was started without standard output
        with detecting_loss():
            sys.stdout.flush()


@contextmanager
def detecting_loss() -> Iterator[None]:
    """Raise OutputLostError if standard output cannot be written within the block."""
    try:
        yield
    except OSError as error:
        discard(sys.stdout)
        raise OutputLostError(error) from None


def discard(stream: TextIO) -> None:
    """Redirect `stream` to the null device, including output that is still buffered.

    Otherwise the interpreter would try to write it again at exit, and print a traceback.
    """
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def restart_in_utf8_mode() -> None:
    """Restart this process in Python's UTF-8 mode if the locale is not UTF-8.

    File names, arguments and files that libraries open are then decoded the same way everywhere.
    """
    encodings = {locale.getencoding().lower(), sys.getfilesystemencoding().lower()}
    if sys.platform == "win32" or encodings == {"utf-8"} or os.environ.get("PYTHONUTF8") == "1":
        return
    command = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, command, os.environ | {"PYTHONUTF8": "1"})  # noqa: S606


def write_as_terminals_read() -> None:
    """Use the terminal's own encoding if it is not UTF-8, with ? for characters that it lacks.

    ASCII is treated as UTF-8: Python reports ASCII if no locale is set.
    """
    encoding = locale.getencoding().lower()
    if encoding in ("utf-8", "ascii", "us-ascii", "ansi_x3.4-1968"):
        return
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.isatty():
            stream.reconfigure(encoding=encoding, errors="replace")
