"""Headers of error responses."""

from werkzeug.exceptions import HTTPException


def headers_of(error: HTTPException) -> list[tuple[str, str]]:
    """Return the headers of an error: Allow, WWW-Authenticate."""
    # Its own body would be HTML.
    return [(name, value) for name, value in error.get_headers() if name != "Content-Type"]
