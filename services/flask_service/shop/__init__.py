"""The Flask service: one contract, with data access by an ORM or by SQL."""

from importlib import import_module

from flask import Flask, make_response
from flask_swagger_ui import get_swaggerui_blueprint

from . import accounts, data, pages, upstreams
from .config import Settings
from .converters import AsciiIntegerConverter
from .page_headers import add_document_headers

# The same routes with a library for validation and serialisation, and without one.
APIS = {"marshmallow": "marshmallow_api", "none": "plain_api"}


def create_app(settings: Settings | None = None) -> Flask:
    """Create the application, with its database connections open.

    Raises ConfigurationError if a setting is missing or invalid.
    """
    settings = settings or Settings.from_environment()
    app = Flask(__name__)
    app.config.from_mapping(settings.for_flask())
    app.json.sort_keys = False
    app.url_map.converters["int"] = AsciiIntegerConverter
    data.init_app(app, settings)
    upstreams.init_app(app, settings)
    accounts.login_manager.init_app(app, add_context_processor=False)
    import_module(f".{APIS[settings.serialiser]}", __name__).init_app(app)
    app.register_blueprint(pages.blueprint)
    _register_documentation(app)
    return app


def _register_documentation(app: Flask) -> None:
    """Register the interactive page with the package's files: no other host is involved."""
    documentation = get_swaggerui_blueprint(
        "/docs", "/openapi.json", config={"app_name": app.config["API_TITLE"], "validatorUrl": None}
    )
    documentation.after_request(add_document_headers)
    app.register_blueprint(documentation)
    # The blueprint serves only /docs/ and would redirect /docs.
    shown = app.view_functions[f"{documentation.name}.show"]
    app.add_url_rule("/docs", "docs", lambda: add_document_headers(make_response(shown())))
