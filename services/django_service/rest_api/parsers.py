"""JSON that is nested too deeply is the client's mistake as well."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class DepthLimitedJSONParser(JSONParser):
    """REST Framework's parser, which lets Python's RecursionError through."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """The body's JSON; ParseError, answered with 400."""
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
