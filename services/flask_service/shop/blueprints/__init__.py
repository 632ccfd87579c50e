"""The routes, a blueprint for each topic."""

from . import catalog, dashboard, pages, ping, products, tokens, users

api_blueprints = [
    ping.blueprint,
    users.blueprint,
    products.blueprint,
    tokens.blueprint,
    dashboard.blueprint,
    catalog.blueprint,
]
page_blueprints = [pages.blueprint]
