"""Choose the user that runs PostgreSQL: it refuses root, and its initdb needs a user with a name.

In a container the user often has no name, and a small system may lack `nobody`. In that case
initdb, alone of PostgreSQL's programs, runs in a user namespace that maps the user to a named one.
"""

import os
import pwd
import shutil
import subprocess

from webtrial.errors import LaunchError
from webtrial.system.environment import base_environment

OVERFLOW_ID = 65534
"""Id of `nobody` nearly everywhere: the kernel shows it for users and groups it cannot map."""


def unprivileged() -> tuple[int, int]:
    """Return user and group id of `nobody`, even if the system's list of users lacks it."""
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return OVERFLOW_ID, OVERFLOW_ID
    return nobody.pw_uid, nobody.pw_gid


def server_user() -> int:
    """Return the id of the user that runs PostgreSQL."""
    return unprivileged()[0] if os.geteuid() == 0 else os.geteuid()


def has_name(uid: int) -> bool:
    """Whether the user has an entry in the system's list of users."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def naming(uid: int) -> list[str]:
    """Return the prefix for a command that needs a user with a name; [] if `uid` has one.

    LaunchError if the system cannot provide a name.
    """
    if has_name(uid):
        return []
    unshare = shutil.which("unshare")
    named = next((user.pw_uid for user in pwd.getpwall() if user.pw_uid != 0), None)
    if unshare is None or named is None:
        raise nameless(uid)
    return [unshare, "--user", f"--map-user={named}"]


def can_be_named(uid: int) -> bool:
    """Whether the prefix from `naming` works here: containers often forbid it."""
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
    """Return the error that says the user needs a name, and how to get one."""
    return LaunchError(
        f"user id {uid} has no entry in /etc/passwd, which PostgreSQL's initdb needs: add one"
        f" (`echo webtrial:x:{uid}:{uid}::/tmp:/bin/sh >> /etc/passwd` as root), run as a user that"
        " has one, or set DATABASE_URL to another PostgreSQL"
    )
