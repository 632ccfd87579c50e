"""Application to serve: uvicorn app.main:app"""

from .application import create_app
from .settings import Settings

app = create_app(Settings.from_environment())
