"""How parts of a path are read."""

from werkzeug.routing import IntegerConverter


class AsciiIntegerConverter(IntegerConverter):
    """Ids are written in ASCII digits; werkzeug's own converter takes those of every script."""

    regex = "[0-9]+"
