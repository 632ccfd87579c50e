"""Raise the limit of file descriptors: each connection takes one."""

import resource


def raise_descriptor_limit() -> int:
    """Raise this process's limit to the hard limit and return it. Children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
