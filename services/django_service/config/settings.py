"""Settings of the Django service; everything that varies comes from the environment."""

import math

from config import environment

SECRET_KEY = environment.required("SECRET_KEY")
DEBUG = False
# Beyond the loopback only under the names and addresses that somebody opens it to.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", *environment.listed("OTHER_HOSTS")]

# The same models behind two styles of API: Django REST Framework, whose views run in threads and
# whose serializers read models, or JsonResponse and forms, which go with any of these.
API_USES_DRF = environment.one_of("SERIALISER", "drf", "none") == "drf"
if API_USES_DRF:
    API_APP = "rest_api"
    DATA_ACCESS = environment.one_of("DATA_ACCESS", "orm")
    CONCURRENCY = environment.one_of("CONCURRENCY", "threads")
else:
    API_APP = "plain_api"
    DATA_ACCESS = environment.one_of("DATA_ACCESS", "orm", "raw")
    CONCURRENCY = environment.one_of("CONCURRENCY", "threads", "async")

# How several other services are asked.
if CONCURRENCY == "async":
    SOURCES = environment.one_of("SOURCES", "gather")
else:
    SOURCES = environment.one_of("SOURCES", "in turn", "threads")

INSTALLED_APPS = [
    "config.admin.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "drf_spectacular_sidecar",
    *(["rest_framework", "drf_spectacular"] if API_USES_DRF else []),
    "shop",
    API_APP,
]

# Common: Content-Length and the check of the host. The others: what the admin and login need.
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASE_URL = environment.required("DATABASE_URL")
DATABASE_CONNECTIONS = environment.positive("DATABASE_CONNECTIONS", int)
DATABASE_POOL = {
    "min_size": DATABASE_CONNECTIONS,
    "max_size": DATABASE_CONNECTIONS,
    "max_lifetime": math.inf,  # none is replaced while it is measured
}
DATABASE = environment.database("DATABASE_URL")
DATABASE["OPTIONS"] |= {
    # psycopg prepares a statement on the server from its sixth use; Django turns that off.
    "server_side_binding": True,
    "prepare_threshold": 5,
}
# Async views with SQL of their own have the pool to themselves: plain_api.data.async_raw. Beside
# it the admin and the sessions open a connection for a request and close it, Django's default.
if (DATA_ACCESS, CONCURRENCY) != ("raw", "async"):
    DATABASE["OPTIONS"]["pool"] = DATABASE_POOL
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", **DATABASE}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

# Browsers hold the loopback for as safe as TLS. The other flags are Django's own defaults.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20  # bytes of a body

AUTH_USER_MODEL = "shop.Account"
PASSWORD_HASHERS = ["shop.passwords.SharedArgon2PasswordHasher"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "account"
TOKEN_LIFETIME_S = environment.positive("TOKEN_LIFETIME_S", int, default="3600")

INVENTORY_URL = environment.required("INVENTORY_URL")
ANALYTICS_URL = environment.required("ANALYTICS_URL")
UPSTREAM_CONNECTIONS = environment.positive("UPSTREAM_CONNECTIONS", int)
UPSTREAM_TIMEOUT_S = environment.positive("UPSTREAM_TIMEOUT_S", float, default="1.0")

USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"

# Failures of the service go to stderr; a client's mistakes are answers, not log lines.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django.security": {"level": "CRITICAL"},  # hosts, cookies and forms that are refused
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["rest_api.parsers.CarefulJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "rest_api.exceptions.answer",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Shop, served by Django REST Framework",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["rest_api.document.add_catalog"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Swagger would ask an outside service for a badge.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}
