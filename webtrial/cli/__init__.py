"""Command line: one file per command, its arguments beside its action.

Commands parse their arguments, call one function of the package and print its result. Everything
that they need is imported inside them, so that help and completion answer at once.
"""

from webtrial.cli.application import main

__all__ = ["main"]
