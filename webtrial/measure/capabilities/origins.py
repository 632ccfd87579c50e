"""Origin of a capability: the framework's own packages, or others that the service uses."""

import json
import sys
from collections.abc import Iterator
from functools import cache

from webtrial.errors import CapabilityError
from webtrial.measure.capabilities.packages import owners
from webtrial.measure.capabilities.probes import Answer, Subject, probe, yes_or_no
from webtrial.measure.capabilities.source import Mention
from webtrial.system.environment import completed

PROVIDERS = {
    "validation": ("django.forms", "pydantic", "rest_framework.serializers", "marshmallow"),
    "documentation": (
        *("fastapi.openapi.docs", "fastapi_standalone_docs", "drf_spectacular"),
        *("flask_smorest", "flask_swagger_ui"),
    ),
    "session login": ("django.contrib.auth.decorators", "django.contrib.auth.views", "flask_login"),
    "bearer token": ("fastapi.security", "rest_framework.authentication", "jwt"),
    "admin": ("django.contrib.admin", "flask_admin", "sqladmin"),
    "migrations": ("django.db.migrations", "flask_migrate", "alembic"),
    "ORM": ("django.db.models", "flask_sqlalchemy", "sqlalchemy.orm", "tortoise.models"),
    "async database": (
        *("django.db.models.query.QuerySet.aget", "asyncpg", "sqlalchemy.ext.asyncio"),
        "tortoise.models",
    ),
    "WebSocket": ("fastapi.WebSocket", "channels", "flask_sock"),
    "background work": ("fastapi.BackgroundTasks", "django.tasks", "celery", "rq"),
}
"""Names of modules, or of their members, that provide a capability; more may be added."""

NONE = "none"

_PRESENT = """
import json, pkgutil, sys
from importlib.util import find_spec

def is_module(name):
    # Not imported: some of Django's modules cannot be without settings.
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False

def is_within_one(name):
    try:
        return pkgutil.resolve_name(name) is not None
    except (ImportError, AttributeError):
        return False

names = json.loads(sys.argv[1])
print(json.dumps([name for name in names if is_module(name) or is_within_one(name)]))
"""


def _comes_from(capability: str) -> None:
    @probe(capability)
    def comes_from(subject: Subject) -> Iterator[Answer]:
        yield _own_provider(subject, PROVIDERS[capability])
        yield _other_packages(subject, PROVIDERS[capability])


for _capability in PROVIDERS:
    _comes_from(_capability)


def _own_provider(subject: Subject, providers: tuple[str, ...]) -> Answer:
    own_packages = subject.own_packages()
    found = [name for name in providers if owners(name) & own_packages and name in _present()]
    return Answer(
        "comes with the framework",
        yes_or_no(bool(found)),
        f"searched for in the framework and the packages that it requires: {', '.join(providers)}",
        ", ".join(found) or NONE,
    )


def _other_packages(subject: Subject, providers: tuple[str, ...]) -> Answer:
    mentions = list(subject.sources.mentions_of(providers))
    extra = sorted(_owners_of(mentions) - subject.own_packages(), key=str.casefold)
    return Answer(
        "other packages used for it",
        ", ".join(extra) or NONE,
        f"searched for in imports and strings of the loaded sources: {', '.join(providers)}",
        ", ".join(_first_mentions(mentions)) or NONE,
    )


def _owners_of(mentions: list[Mention]) -> set[str]:
    return {owner for each in mentions for owner in owners(each.name)}


def _first_mentions(mentions: list[Mention]) -> list[str]:
    """Return where the service first mentions each of the packages."""
    first: dict[str, str] = {}
    for each in mentions:
        first.setdefault(each.name.partition(".")[0], each.place)
    return list(first.values())


@cache
def _present() -> frozenset[str]:
    """Return the names in GIVERS that can be imported here, tested in a separate process."""
    names = sorted({name for providers in PROVIDERS.values() for name in providers})
    command = [sys.executable, "-c", _PRESENT, json.dumps(names)]
    done = completed(command, timeout_s=60)
    if done.returncode:
        raise CapabilityError(
            "installed packages cannot be examined: install requirements.txt. Error output:\n"
            f"{done.stderr[-2000:]}"
        )
    return frozenset(json.loads(done.stdout))
