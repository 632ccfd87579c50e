"""The API with flask-smorest and marshmallow, one blueprint per topic."""

from flask import Flask

from . import catalog, dashboard, measuring, ping, products, tokens, users
from .openapi import ShopApi

TOPICS = (ping, users, products, tokens, dashboard, measuring, catalog)


def init_app(app: Flask) -> None:
    """Register all routes, and the document generated from them."""
    api = ShopApi(app)
    for topic in TOPICS:
        api.register_blueprint(topic.blueprint)
