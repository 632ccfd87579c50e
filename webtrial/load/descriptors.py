"""Each connection takes a file descriptor."""

import resource


def raise_descriptor_limit() -> int:
    """Raise this process's limit as far as it may; returns it. Children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
