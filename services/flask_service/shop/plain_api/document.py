"""The API's document, written by hand: Flask itself generates none."""

from pathlib import Path

from flask import Blueprint, Response

DOCUMENT = Path(__file__).with_name("openapi.json").read_bytes()

blueprint = Blueprint("document", __name__)


@blueprint.get("/openapi.json")
def openapi():
    """Send the document."""
    return Response(DOCUMENT, mimetype="application/json")
