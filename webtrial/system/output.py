"""What commands print: in UTF-8 whatever the locale, to a reader who may leave before the end."""

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
    """A command's result reaches nobody: its reader has ended, or the disk is full."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"standard output cannot be written: {error.strerror}")
        self.is_reader_gone = isinstance(error, BrokenPipeError)


def show(text: object) -> None:
    """Print a command's result. Raises OutputLostError."""
    with _standard_output():
        print(text, flush=True)


def say(text: object) -> None:
    """Print what a command is doing, which goes on where nobody can read it."""
    with suppress(OutputLostError):
        show(text)


def complain(text: str) -> None:
    """Print an error's text; where standard error is gone, there is nobody to tell."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        discard(sys.stderr)


def flush() -> None:
    """Write what was printed. Raises OutputLostError."""
    if sys.stdout is not None:  # it is None where a command is started without
        with _standard_output():
            sys.stdout.flush()


@contextmanager
def _standard_output() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        discard(sys.stdout)
        raise OutputLostError(error) from None


def discard(stream: TextIO) -> None:
    """Let what is left in `stream`, and what is still to come, go nowhere: at its end the
    interpreter would try once more to write it, and show a trace."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def restart_in_utf8_mode() -> None:
    """In a locale other than UTF-8, replace this process by itself in Python's UTF-8 mode: names
    of files, arguments and what libraries open are then read alike everywhere."""
    encodings = {locale.getencoding().lower(), sys.getfilesystemencoding().lower()}
    if sys.platform == "win32" or encodings == {"utf-8"} or os.environ.get("PYTHONUTF8") == "1":
        return
    command = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, command, os.environ | {"PYTHONUTF8": "1"})  # noqa: S606


def write_as_terminals_read() -> None:
    """A terminal of another encoding than UTF-8 gets its own, with ? for what that lacks. Python
    takes ASCII for a locale that nobody has set: it gets UTF-8."""
    encoding = locale.getencoding().lower()
    if encoding in ("utf-8", "ascii", "us-ascii", "ansi_x3.4-1968"):
        return
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.isatty():
            stream.reconfigure(encoding=encoding, errors="replace")
