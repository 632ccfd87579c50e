"""What the services do with what they are told: settings, budgets, and where they listen."""

import json
import os
import subprocess
from dataclasses import replace
from math import inf
from urllib.parse import parse_qs, urlsplit

import httpx
import psutil
import pytest

from tests.contract.stage import CONNECTIONS, OTHER_HOSTS, STACKS, patiently, settings_of
from tests.waiting import LIMIT_S, holds_within
from webtrial.errors import LaunchError
from webtrial.measure.launch import ServiceSettings, launch_stack, service_environment
from webtrial.measure.postgres import drop_database
from webtrial.run.stacks import SERVICES

NOWHERE = "http://127.0.0.1:9"
UNUSED = ServiceSettings("postgresql://nobody@127.0.0.1:9/none", "key", NOWHERE, NOWHERE)
DEPLOYED = ("django", "flask-raw", "fastapi")  # each with a pool of its driver's

REQUIRED = ["DATABASE_URL", "SECRET_KEY", "INVENTORY_URL", "ANALYTICS_URL"]
NUMBERS = ["DATABASE_CONNECTIONS", "UPSTREAM_CONNECTIONS", "UPSTREAM_TIMEOUT_S", "TOKEN_LIFETIME_S"]
NO_NUMBERS = ["0", "-1", "many", "nan", "inf"]
WRONG = [(name, "") for name in REQUIRED]
WRONG += [(name, value) for name in NUMBERS for value in NO_NUMBERS]

# Reads the settings once for each of the wrong values, and prints what is said of it.
_READER = """
import json, os, sys
{imports}
told = []
for name, value in json.loads(sys.argv[1]):
    before, os.environ[name] = os.environ[name], value
    try:
        {read}
        told.append("")
    except Exception as error:
        told.append(str(error))
    os.environ[name] = before
print(json.dumps(told))
"""
READERS = {
    "django": _READER.format(imports="import runpy", read="runpy.run_path('config/settings.py')"),
    "flask-raw": _READER.format(
        imports="from shop.config import Settings", read="Settings.from_environment()"
    ),
    "fastapi": _READER.format(
        imports="from app.settings import Settings", read="Settings.from_environment()"
    ),
}

# Print when a pool would close a connection by itself, and what every request passes.
POOLS = {
    "django": """
import json
import config.wsgi
from django.conf import settings
from django.db import connection
classes = [path.rpartition(".")[2] for path in settings.MIDDLEWARE]
passed = [*classes, type(config.wsgi.application).__name__]
print(json.dumps([connection.pool.max_lifetime, passed]))
""",
    "django-async": """
import json
from config.asgi import data, django
from django.conf import settings
classes = [path.rpartition(".")[2] for path in settings.MIDDLEWARE]
print(json.dumps([data.pool().max_lifetime, [*classes, type(django).__name__]]))
""",
    "flask-raw": """
import json
from shop import create_app
app = create_app()
hooks = [each for found in (app.before_request_funcs, app.after_request_funcs)
         for each in found.get(None, [])]
passed = [type(hook.__self__).__name__ for hook in hooks]
print(json.dumps([app.extensions["connection_pool"].max_lifetime, passed]))
""",
    "fastapi": """
import asyncio, json
from app.main import app
async def main():
    async with app.router.lifespan_context(app) as state:
        passed = [each.cls.__name__ for each in app.user_middleware]
        print(json.dumps([state["shop"].pool._max_queries, passed]))
asyncio.run(main())
""",
}
POOLS["django-async-raw"] = POOLS["django-async"]


def printed(stack, settings, script, *arguments):
    """What a script prints as JSON that runs where the stack's service does."""
    done = subprocess.run(
        [f"{os.sys.executable}", "-c", script, *arguments],
        cwd=SERVICES / stack.folder,
        env=service_environment(stack, settings),
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_setting_that_is_missing_or_no_number_above_0_is_named(name):
    told = printed(STACKS[name], UNUSED, READERS[name], json.dumps(WRONG))
    for (setting, value), message in zip(WRONG, told, strict=True):
        assert setting in message, f"{setting}={value!r}: {message!r}"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("django", [("DATA_ACCESS", "raw"), ("CONCURRENCY", "async"), ("SOURCES", "gather")]),
        ("django-async", [("SOURCES", "threads")]),
        ("django-raw", [("SERIALISER", "marshmallow")]),
    ],
)
def test_an_axis_that_the_service_does_not_have_is_refused_by_name(name, wrong):
    told = printed(STACKS[name], UNUSED, READERS["django"], json.dumps(wrong))
    for (setting, value), message in zip(wrong, told, strict=True):
        assert setting in message and value in message, message


@pytest.mark.parametrize("name", DEPLOYED)
def test_a_service_without_its_secret_does_not_start_and_says_why(name, tmp_path):
    stack = STACKS[name]
    keyless = replace(stack, environment=stack.environment | {"SECRET_KEY": ""})
    with (
        pytest.raises(LaunchError, match=f"{name} exited(.|\n)*SECRET_KEY"),
        patiently(),
        launch_stack(keyless, UNUSED, None, tmp_path / "log"),
    ):
        pass


def test_a_service_is_opened_to_other_hosts_by_a_setting(deployed):
    hosts = ("shop.example", "10.0.0.7:8000", "localhost", "10a0.0.7", "example")
    assert OTHER_HOSTS == "shop.example, 10.0.0.7"
    for name, stack in deployed.items():
        with httpx.Client(base_url=stack.url, verify=False, timeout=LIMIT_S) as client:
            told = [client.get("/ping", headers={"Host": host}).status_code for host in hosts]
        assert told == [200, 200, 200, 400, 400], name


@pytest.mark.parametrize("name", POOLS)
def test_no_pool_replaces_connections_and_middleware_is_as_stacks_toml_says(name, seeded):
    stack, clone = STACKS[name], f"pool-{name}"
    settings = settings_of(seeded, stack, clone, (NOWHERE, NOWHERE), connections=1)
    try:
        ends_after, passed = printed(stack, settings, POOLS[name])
    finally:
        drop_database(seeded.server, clone)
    assert ends_after == inf
    assert tuple(passed) == stack.middleware


def test_every_connection_is_open_and_made_as_the_whole_url_says(stack):
    """Its query included: the name there is one that only the query gives."""
    query = """
        SELECT current_setting('application_name'), count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND application_name = current_setting('application_name')
    """
    (told,) = parse_qs(urlsplit(stack.settings.database_url).query)["application_name"]
    expected = [(told, CONNECTIONS)]
    assert holds_within(LIMIT_S, lambda: stack.rows(query) == expected), stack.rows(query)


def test_a_service_listens_on_the_loopback_alone(stack):
    held = [
        each
        for pid in stack.service.pids()
        for each in psutil.Process(pid).net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert {each.laddr.ip for each in held} == {"127.0.0.1"}


def test_a_request_leaves_no_line_in_the_log(stack, client):
    before = stack.log.stat().st_size
    for target in ("/ping", "/users/1", "/users/0", "/nowhere"):
        client.get(target)
    assert stack.log.stat().st_size == before


def test_no_server_reads_what_a_proxy_would_have_added():
    """Gunicorn reads such headers by itself, uvicorn in a middleware that each request passes."""
    by_uvicorn = {name: stack.command for name, stack in STACKS.items() if on_uvicorn(stack)}
    assert by_uvicorn
    assert all("--no-proxy-headers" in command for command in by_uvicorn.values())


def on_uvicorn(stack):
    return "uvicorn" in stack.command
