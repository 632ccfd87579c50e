"""Services that run already, elsewhere, and are measured without being launched.

Their database is taken to be filled by `services/database/build.py` with the run's seed; that their
answers agree shows whether it is so. What they cost cannot be observed from here.
"""

import os
import secrets
from dataclasses import dataclass

from webtrial.errors import LaunchError
from webtrial.run.parameters import Parameters
from webtrial.run.stacks import Stack

# In our environment, as in build.py's.
ACCOUNT_PASSWORD = "ACCOUNT_PASSWORD"  # noqa: S105 - a name


@dataclass(frozen=True, slots=True)
class Target:
    """A stack that somebody else serves at `url`; it has no process that we could watch."""

    stack: Stack
    url: str
    pid: None = None


def targets_of(parameters: Parameters, stacks: list[Stack]) -> dict[str, Target]:
    """The stacks that are not launched, by name."""
    urls = parameters.targets or {}
    return {stack.name: Target(stack, urls[stack.name]) for stack in stacks if stack.name in urls}


def account_password(parameters: Parameters) -> str:
    """The password of the seeded accounts: drawn, but that of the targets where they need it."""
    if given := os.environ.get(ACCOUNT_PASSWORD):
        return given
    if parameters.targets and "dashboard" in parameters.all_scenarios:
        raise LaunchError(
            "the dashboard of targets is asked for by signed-in accounts: set ACCOUNT_PASSWORD in"
            " the environment to the password with which build.py filled their database, or leave"
            " the scenario dashboard out"
        )
    return secrets.token_urlsafe(16)
