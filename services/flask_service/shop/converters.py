"""Converters of path parameters."""

from werkzeug.routing import IntegerConverter


class AsciiIntegerConverter(IntegerConverter):
    """Ids in ASCII digits; werkzeug's own converter accepts digits of any script."""

    regex = "[0-9]+"
