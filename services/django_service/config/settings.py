"""Settings of the Django service; everything variable comes from the environment."""

import math

from config import environment

SECRET_KEY = environment.required("SECRET_KEY")
DEBUG = False
# Besides the loopback, only the names and addresses in OTHER_HOSTS.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", *environment.listed("OTHER_HOSTS")]

# The same models with two styles of API: Django REST Framework, whose views run in threads and
# whose serializers read models, or JsonResponse and forms, which support all combinations.
API_USES_DRF = environment.one_of("SERIALISER", "drf", "none") == "drf"
if API_USES_DRF:
    API_APP = "rest_api"
    DATA_ACCESS = environment.one_of("DATA_ACCESS", "orm")
    CONCURRENCY = environment.one_of("CONCURRENCY", "threads")
else:
    API_APP = "plain_api"
    DATA_ACCESS = environment.one_of("DATA_ACCESS", "orm", "raw")
    CONCURRENCY = environment.one_of("CONCURRENCY", "threads", "async")

# How requests to several other services are sent.
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

# Common: Content-Length and the host check. The others are needed by the admin and login.
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
    "max_lifetime": math.inf,  # no connection is replaced during a measurement
}
DATABASE = environment.database("DATABASE_URL")
DATABASE["OPTIONS"] |= {
    # psycopg's default, which Django turns off: prepare a statement on its sixth use.
    "server_side_binding": True,
    "prepare_threshold": 5,
}
# Async views with raw SQL have their own pool: plain_api.data.async_raw. The admin and sessions
# then open a connection per request and close it, which is Django's default.
if (DATA_ACCESS, CONCURRENCY) != ("raw", "async"):
    DATABASE["OPTIONS"]["pool"] = DATABASE_POOL
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", **DATABASE}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

# Browsers treat the loopback as secure, like TLS. The other flags are Django's own defaults.
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

# Failures of the service are logged to stderr; errors of a client are not logged.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django.security": {"level": "CRITICAL"},  # rejected hosts, cookies and forms
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
    # Swagger would load a badge from another host.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
}
