"""Run the services on their own database, for a person to try, until interrupted.

Runs under a supervisor, which leaves no process behind when it ends.
"""

import signal
from collections.abc import Callable

from webtrial.measure.running_services import RunningServices, running_services

SHOWN = ("django", "flask", "fastapi")

Say = Callable[[str], None]

_MORE_PATHS = {
    "Django": {"admin": "/admin/", "sign in": "/accounts/login/"},
    "Flask": {"sign in": "/login"},
    "FastAPI": {"sign in": "/docs", "more": "/redoc"},
}


def serve(database_url: str | None, say: Say, names: tuple[str, ...] = SHOWN) -> None:
    """Start the stacks `names`, print their addresses and wait for SIGINT. Raises LaunchError."""
    say("Starting PostgreSQL, filling the database, starting the services …")
    with running_services(names, database_url) as running:
        say(addresses(running))
        signal.pause()


def addresses(running: RunningServices) -> str:
    """Return a text that says where each service is and how to sign in."""
    lines = []
    for service in running.services.values():
        paths = {"service": "/users/1", "documentation": "/docs"}
        paths |= _MORE_PATHS.get(service.stack.framework, {})
        lines += [service.stack.title]
        lines += [f"  {label:<14} {service.url}{path}" for label, path in paths.items()]
    account, password = running.seeded_data.accounts[0], running.seeded_data.password
    return "\n".join(
        [*lines, "", f"Sign in as {account} with password {password}. Ctrl-C stops all services."]
    )
