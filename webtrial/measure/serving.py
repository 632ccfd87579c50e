"""Run the services on their own database, for a person to try, until interrupted.

Runs under a supervisor, which leaves no process behind when it ends.
"""

import signal
from collections.abc import Callable

from webtrial.measure.running_services import RunningServices, running_services

SHOWN = ("django", "flask", "fastapi")

Say = Callable[[str], None]

_BESIDE = {
    "Django": {"admin": "/admin/", "sign in": "/accounts/login/"},
    "Flask": {"sign in": "/login"},
    "FastAPI": {"sign in": "/docs", "more": "/redoc"},
}


def serve(database_url: str | None, say: Say, names: tuple[str, ...] = SHOWN) -> None:
    """Start the stacks `names`, print their addresses and wait for SIGINT. Raises LaunchError."""
    say("starting PostgreSQL, filling the database, starting the services …")
    with running_services(names, database_url) as services_up:
        say(addresses(services_up))
        signal.pause()


def addresses(services_up: RunningServices) -> str:
    """Return a text that says where each service is and how to sign in."""
    lines = []
    for service in services_up.services.values():
        places = {"service": "/users/1", "documentation": "/docs"}
        places |= _BESIDE.get(service.stack.framework, {})
        lines += [service.stack.title]
        lines += [f"  {label:<14} {service.url}{path}" for label, path in places.items()]
    account, password = services_up.seeded_data.accounts[0], services_up.seeded_data.password
    return "\n".join([*lines, "", f"Sign in as {account} with {password}. Ctrl-C stops all."])
