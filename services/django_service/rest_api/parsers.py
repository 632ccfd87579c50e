"""JSON that is nested too deeply, or named by a range of types, is the client's mistake as well."""

from typing import Any, BinaryIO

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser


class CarefulJSONParser(JSONParser):
    """REST Framework's parser takes a range of types for its own and lets Python's RecursionError
    through."""

    def parse(
        self,
        stream: BinaryIO,
        media_type: str | None = None,
        parser_context: dict[str, Any] | None = None,
    ) -> Any:
        """The body's JSON; ParseError, answered with 400, or UnsupportedMediaType."""
        if "*" in (media_type or ""):  # a range of types names none, and REST Framework takes any
            raise UnsupportedMediaType(media_type)
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
