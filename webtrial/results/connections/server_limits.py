"""Read each server's connection settings from the commands that a run recorded."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from webtrial.run.store import Run

_SECONDS = {
    "--keep-alive": 1.0,  # gunicorn
    "--timeout-keep-alive": 1.0,  # uvicorn
    "--http1-header-read-timeout": 0.001,  # granian
}
"""Each server's option for how long an idle connection is kept, and its unit in seconds."""

_BUDGETS = {
    "processes": "server_processes",
    "threads": "threads_per_process",
    "accepted_connections": "accepted_connections",
    "backlog": "backlog",
    "keep_alive_s": "keep_alive_s",
}
"""Placeholders in a command, and the run's budgets that replace them."""


def numeric_options(run: Run, stack: str) -> dict[str, float]:
    """Return the numeric options in the command of `stack`, by the server's option name.

    The port is omitted. Empty for a stack that the run did not launch.
    """
    return dict(_numbers(run.manifest.stacks[stack], run.manifest.budgets))


def _numbers(stack: Mapping[str, Any], budgets: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    values = {f"{{{name}}}": str(budgets.get(budget)) for name, budget in _BUDGETS.items()}
    arguments = [values.get(argument, argument) for argument in stack.get("command", ())]
    for option, value in pairwise(arguments):
        if option.startswith("--") and re.fullmatch(r"\d+", value):
            yield option, float(value)


def keep_alive_s(run: Run, stack: str) -> float | None:
    """Return how long the server of `stack` keeps an idle connection, in s; None if unknown."""
    options = numeric_options(run, stack)
    return next((options[name] * unit for name, unit in _SECONDS.items() if name in options), None)


def keep_alive_exceptions_s(run: Run) -> dict[str, float]:
    """Return the stacks whose servers keep idle connections for less time than the budget.

    The value is that time in seconds.
    """
    budget_s = run.manifest.budgets.get("keep_alive_s")
    actual_s = {stack: keep_alive_s(run, stack) for stack in run.manifest.stacks}
    return {
        stack: limit_s
        for stack, limit_s in actual_s.items()
        if budget_s is not None and limit_s is not None and limit_s < budget_s
    }
