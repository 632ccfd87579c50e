"""Targets: services that already run elsewhere and are measured without being launched.

Their database is assumed to be filled by `services/database/build.py` with the run's seed; the
comparison of responses shows whether it is. Their cost cannot be observed from here.
"""

import os
import secrets
from dataclasses import dataclass

from webtrial.errors import LaunchError
from webtrial.run.parameters import Parameters
from webtrial.run.stacks import Stack

# The same name as in the environment of build.py.
ACCOUNT_PASSWORD = "ACCOUNT_PASSWORD"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Target:
    """A stack that runs elsewhere at `url`; it has no process that we could monitor."""

    stack: Stack
    url: str
    pid: None = None


def targets_of(parameters: Parameters, stacks: list[Stack]) -> dict[str, Target]:
    """Return the stacks that are not launched, by name."""
    urls = parameters.targets or {}
    return {stack.name: Target(stack, urls[stack.name]) for stack in stacks if stack.name in urls}


def account_password(parameters: Parameters) -> str:
    """Return the password of the seeded accounts, from the environment or drawn at random.

    Raises LaunchError if targets need theirs and it is not set.
    """
    if given := os.environ.get(ACCOUNT_PASSWORD):
        return given
    if parameters.targets and "dashboard" in parameters.all_scenarios:
        raise LaunchError(
            "the scenario dashboard signs in to the targets, but ACCOUNT_PASSWORD is not set: set"
            " it in the environment to the password with which build.py filled their database, or"
            " remove the scenario"
        )
    return secrets.token_urlsafe(16)
