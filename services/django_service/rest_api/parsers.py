"""JSON parser that also rejects deep nesting and ranges of media types as client errors."""

from typing import Any, BinaryIO

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser


class CarefulJSONParser(JSONParser):
    """REST Framework's parser accepts a range of media types and raises Python's RecursionError."""

    def parse(
        self,
        stream: BinaryIO,
        media_type: str | None = None,
        parser_context: dict[str, Any] | None = None,
    ) -> Any:
        """Return the body's JSON; ParseError, which gives 400, or UnsupportedMediaType."""
        if "*" in (media_type or ""):  # REST Framework would accept a range of types
            raise UnsupportedMediaType(media_type)
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
