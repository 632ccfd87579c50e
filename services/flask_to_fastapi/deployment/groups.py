"""The groups of routes; each group moves as a whole."""

from app.routers import catalog, dashboard, ping, products, sources, tokens, users
from app.settings import SettingsError

GROUPS = {
    "ping": ping.router,
    "users": users.router,
    "products": products.router,
    "catalog": catalog.router,
    "tokens": tokens.router,
    "dashboard": dashboard.router,
    "measuring": sources.router,  # the route of the pool moves last: until then there are two pools
}
"""FastAPI's router of each group."""


def moved_groups(names: str) -> tuple[str, ...]:
    """Return the groups that FastAPI serves: `none`, `all`, or comma-separated names.

    SettingsError names unknown groups.
    """
    moved = {"none": (), "all": tuple(GROUPS)}.get(names, tuple(names.split(", ")))
    if unknown := [name for name in moved if name not in GROUPS]:
        raise SettingsError(
            f"correct the environment: MOVED: unknown group {', '.join(map(repr, unknown))};"
            f" known: {', '.join(GROUPS)}"
        )
    return moved
