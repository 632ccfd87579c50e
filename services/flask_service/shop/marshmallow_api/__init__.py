"""The API by flask-smorest and marshmallow, a blueprint for each topic."""

from flask import Flask

from . import catalog, dashboard, measuring, ping, products, tokens, users
from .openapi import ShopApi

TOPICS = (ping, users, products, tokens, dashboard, measuring, catalog)


def init_app(app: Flask) -> None:
    """Register every route, and the document that is made from them."""
    api = ShopApi(app)
    for topic in TOPICS:
        api.register_blueprint(topic.blueprint)
