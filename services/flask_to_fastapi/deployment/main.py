"""Application to serve: uvicorn deployment.main:app"""

import os

from .application import create_app
from .groups import moved_groups

app = create_app(moved_groups(os.environ.get("MOVED", "")))
