"""Django's settings: those of the service on its own, but for the routes."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "deployment.urls"
