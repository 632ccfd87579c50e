"""The WSGI application that gunicorn's worker imports."""

import os

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# The few static files (admin, documentation) come from their packages, without collectstatic.
application = StaticFilesHandler(get_wsgi_application())

# All connections are open before the first request: no request has to open one.
connection.pool.open(wait=True, timeout=10)
