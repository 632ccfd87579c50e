"""The routes, by subject."""

from . import catalog, dashboard, ping, pool, products, sources, tokens, users

ROUTERS = [
    module.router for module in (ping, users, products, tokens, dashboard, sources, pool, catalog)
]
