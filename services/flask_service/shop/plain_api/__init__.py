"""The API with Flask alone, one blueprint per topic."""

from flask import Flask
from werkzeug.exceptions import HTTPException

from . import catalog, dashboard, document, measuring, ping, products, tokens, users
from .errors import as_json
from .serialising import ShopJSONProvider

TOPICS = (ping, users, products, tokens, dashboard, measuring, catalog, document)


def init_app(app: Flask) -> None:
    """Register all routes; responses, including errors, are JSON."""
    app.json = ShopJSONProvider(app)
    app.register_error_handler(HTTPException, as_json)
    for topic in TOPICS:
        app.register_blueprint(topic.blueprint)
