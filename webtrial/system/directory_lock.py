"""A lock on a folder that the kernel forgets with who holds it, however that ends."""

import os
from pathlib import Path


def locked(folder: Path, *, may_be_link: bool = True) -> int:
    """A descriptor that holds the folder's lock until it is closed, here and in every process that
    was forked meanwhile; BlockingIOError where another holds it, OSError where it cannot be had."""
    import fcntl  # noqa: PLC0415 - Windows has none, and who only reads locks nothing

    flags = os.O_RDONLY | os.O_DIRECTORY | (0 if may_be_link else os.O_NOFOLLOW)
    descriptor = os.open(folder, flags)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
