"""As whom PostgreSQL runs: it refuses root, and its initdb wants a user that has a name.

In a container the user often has none, and a small system may lack `nobody`. initdb, alone of
PostgreSQL's programs, is then run in a name space in which the user has the id of one with a name.
"""

import os
import pwd
import shutil
import subprocess

from webtrial.errors import LaunchError
from webtrial.system.environment import base_environment

OVERFLOW_ID = 65534
"""Of `nobody` nearly everywhere: the kernel shows it for users and groups that it cannot tell."""


def unprivileged() -> tuple[int, int]:
    """User and group of `nobody`, whether it has an entry in the system's list of users or not."""
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return OVERFLOW_ID, OVERFLOW_ID
    return nobody.pw_uid, nobody.pw_gid


def server_user() -> int:
    """The id of the user as whom PostgreSQL runs."""
    return unprivileged()[0] if os.geteuid() == 0 else os.geteuid()


def has_name(uid: int) -> bool:
    """Whether the user has an entry in the system's list of users."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def naming(uid: int) -> list[str]:
    """What to put before a command that wants its user to have a name: nothing where it has one.
    LaunchError where the system has no means."""
    if has_name(uid):
        return []
    unshare = shutil.which("unshare")
    named = next((user.pw_uid for user in pwd.getpwall() if user.pw_uid != 0), None)
    if unshare is None or named is None:
        raise nameless(uid)
    return [unshare, "--user", f"--map-user={named}"]


def can_be_named(uid: int) -> bool:
    """Whether what `naming` gives works here: containers often forbid it."""
    try:
        done = subprocess.run(
            [*naming(uid), "true"],
            env=base_environment(),
            user=uid if os.geteuid() == 0 else None,
            capture_output=True,
            check=False,
        )
    except (LaunchError, OSError):
        return False
    return done.returncode == 0


def nameless(uid: int) -> LaunchError:
    """That the user needs a name, and how it gets one."""
    return LaunchError(
        f"user id {uid} has no entry in /etc/passwd, which PostgreSQL's initdb needs: add one"
        f" (`echo webtrial:x:{uid}:{uid}::/tmp:/bin/sh >> /etc/passwd` as root), run as a user that"
        " has one, or name another PostgreSQL with DATABASE_URL"
    )
