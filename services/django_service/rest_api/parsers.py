"""A body that is too large, or JSON that is nested too deeply, is the client's mistake as well."""

from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser


class LimitedJSONParser(JSONParser):
    """REST Framework's parser, which reads past Django's limit for bodies and lets Python's
    RecursionError through."""

    def parse(
        self,
        stream: BinaryIO,
        media_type: str | None = None,
        parser_context: dict[str, Any] | None = None,
    ) -> Any:
        """The body's JSON; ParseError, answered with 400, UnsupportedMediaType or
        RequestDataTooBig."""
        if "*" in (media_type or ""):  # a range of types names none, and REST Framework takes any
            raise UnsupportedMediaType(media_type)
        announced = parser_context["request"].META.get("CONTENT_LENGTH") if parser_context else 0
        if int(announced or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:  # no more is ever read
            raise RequestDataTooBig
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError("JSON parse error - nested too deeply") from error
