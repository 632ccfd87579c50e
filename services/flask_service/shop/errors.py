"""What an error says beside its own text."""

from werkzeug.exceptions import HTTPException


def headers_of(error: HTTPException) -> list[tuple[str, str]]:
    """The headers that go with the status: Allow, WWW-Authenticate."""
    # Its body would have been HTML.
    return [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
