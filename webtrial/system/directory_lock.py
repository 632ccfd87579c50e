"""Directory lock, released by the kernel when its owner exits for any reason."""

import os
from pathlib import Path


def locked(folder: Path, *, may_be_link: bool = True) -> int:
    """Lock `folder` and return a descriptor that holds the lock.

    The lock lasts until the descriptor is closed, here and in every process forked meanwhile.
    BlockingIOError if another process holds the lock, OSError if the folder cannot be locked.
    """
    import fcntl  # noqa: PLC0415 - Windows has none, and readers lock nothing

    flags = os.O_RDONLY | os.O_DIRECTORY | (0 if may_be_link else os.O_NOFOLLOW)
    descriptor = os.open(folder, flags)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
