"""Django's settings: those of the service on its own, except for the routes."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "deployment.urls"
