"""The groups of routes, each of which moves as one."""

from app.routers import catalog, dashboard, ping, products, sources, tokens, users
from app.settings import SettingsError

GROUPS = {
    "ping": ping.router,
    "users": users.router,
    "products": products.router,
    "catalog": catalog.router,
    "tokens": tokens.router,
    "dashboard": dashboard.router,
    "measuring": sources.router,  # that of the pool moves last: until then there are two pools
}
"""What has a group's routes in FastAPI."""


def moved_groups(told: str) -> tuple[str, ...]:
    """The groups that FastAPI has: `none`, `all`, or their names with commas between.

    SettingsError names what is no group.
    """
    moved = {"none": (), "all": tuple(GROUPS)}.get(told, tuple(told.split(", ")))
    if unknown := [name for name in moved if name not in GROUPS]:
        raise SettingsError(
            f"correct the environment: MOVED: no group {', '.join(map(repr, unknown))};"
            f" there are {', '.join(GROUPS)}"
        )
    return moved
