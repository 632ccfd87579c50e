"""The WSGI application that gunicorn's worker imports."""

import os

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# The service's few static files (admin, documentation) come from their packages, no collectstatic.
application = StaticFilesHandler(get_wsgi_application())

# Every connection stands before the first request, so that none pays for opening it.
connection.pool.open(wait=True, timeout=10)
