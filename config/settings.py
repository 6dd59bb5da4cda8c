"""Every setting of Relaybox, in one file. What differs between machines comes from the environment."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def flag(name: str, *, default: bool = False) -> bool:
    return os.environ.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


TESTING = bool({"pytest", "mypy"} & set(sys.modules))
DEBUG = flag("RELAYBOX_DEBUG")
SECRET_KEY = os.environ.get("RELAYBOX_SECRET_KEY", "")
if not SECRET_KEY:
    if not (TESTING or DEBUG or {"makemigrations", "compilemessages", "makemessages"} & set(sys.argv)):
        raise ImproperlyConfigured("Set RELAYBOX_SECRET_KEY to a long random text (bin/run makes one for you).")
    SECRET_KEY = "only-for-tests-and-for-commands-that-keep-nothing-secret"  # noqa: S105
SECRET_KEY_FALLBACKS = words("RELAYBOX_OLD_SECRET_KEYS")
# Keys for secrets at rest, newest first; base64 of 32 bytes each. Derived from SECRET_KEY when empty.
RELAYBOX_ENCRYPTION_KEYS = words("RELAYBOX_ENCRYPTION_KEYS")

PORT = int(os.environ.get("PORT", "8000"))
# Where people and platforms reach us: webhook URLs and links in mails are made from it, never from Host.
BASE_URL = os.environ.get("RELAYBOX_BASE_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = words("RELAYBOX_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = words("RELAYBOX_TRUSTED_ORIGINS", BASE_URL)
DATA_DIR = Path(os.environ.get("RELAYBOX_DATA", BASE_DIR / ".relaybox"))
# Who shows it may read /metrics from anywhere; without one only this machine itself may.
METRICS_TOKEN = os.environ.get("RELAYBOX_METRICS_TOKEN", "")
# Addresses that outgoing requests may reach although they are private (tests and the demo name loopback).
ALLOW_PRIVATE_HOSTS = words("RELAYBOX_ALLOW_PRIVATE")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "axes",
    "teams",
    "routing",
    "inbox",
    "insights",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "teams.middleware.CompressMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "teams.middleware.PersonMiddleware",
    "teams.middleware.PreferencesMiddleware",
    "teams.middleware.PrivateResponseMiddleware",
    "teams.attendance.SeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.bodies.TooLargeMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(os.environ.get("DATABASE_URL", "postgres://relaybox@127.0.0.1:5432/relaybox"))
}
# A thread keeps no connection between two requests: they come from a pool, which the live hub shares.
DATABASES["default"]["CONN_MAX_AGE"] = 0
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a connection that the server has ended is never handed out
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {
        "pool": {
            "min_size": 1,
            "max_size": int(os.environ.get("RELAYBOX_DB_POOL", "16")),
            "timeout": 10,
            "max_idle": 60,
        },
        "options": (
            "-c jit=off "  # our statements are short: to compile one takes longer than to run it
            "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=60000"
        ),
    }
)
# How many pages one web process answers side by side; what comes meanwhile waits its turn.
WEB_THREADS = int(os.environ.get("RELAYBOX_WEB_THREADS", "16"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
# Names of the live channels; tests that share one Redis give each its own.
LIVE_CHANNEL = os.environ.get("RELAYBOX_LIVE_CHANNEL", "relaybox:live")

# Celery is the alarm clock only: rows in PostgreSQL are the queue, so nothing here has to survive.
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 55
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "ingest"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 15,
    "retry_on_timeout": True,
    "max_retries": 1,
}
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "inbox.sweep",
        "schedule": timedelta(seconds=10),
        "options": {"queue": "sweep", "expires": 9},
    },
}

AUTH_USER_MODEL = "teams.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:  # Argon2 is slow on purpose, and each test makes a handful of people
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "inbox:home"
LOGOUT_REDIRECT_URL = "login"
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"

HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS and not flag("RELAYBOX_TLS_ENDS_AT_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("RELAYBOX_TLS_ENDS_AT_PROXY") else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
HOOK_MAX_BYTES = int(os.environ.get("RELAYBOX_HOOK_MAX_BYTES", str(4 * 1024 * 1024)))
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hant", _("Traditional Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "media"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "teams.tokens.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["teams.api_parser.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "teams.api_errors.handle",
    "COERCE_DECIMAL_TO_STRING": False,
    "UNICODE_JSON": True,
    "STRICT_JSON": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Relaybox API",
    "DESCRIPTION": "The shared social inbox: items, rules, connections, events.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ItemKind": "inbox.models.item.Kind",
        "FactsKind": "routing.engine.conditions.KINDS",
        "RuleState": "routing.engine.rules.STATES",
        "ItemState": "inbox.models.item.Item.State",
        "ReplyState": "inbox.models.outbound.Outbound.State",
        "EventState": "inbox.models.event.Event.State",
        "ConnectionState": "inbox.models.connection.Connection.State",
    },
}

# The mail server that notifications leave by; without one nobody is told by mail. Customers' mailboxes are connections.
EMAIL_HOST = os.environ.get("RELAYBOX_EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("RELAYBOX_EMAIL_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("RELAYBOX_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("RELAYBOX_EMAIL_PASSWORD", "")
EMAIL_USE_SSL = EMAIL_PORT == 465
EMAIL_USE_TLS = not EMAIL_USE_SSL and not flag("RELAYBOX_EMAIL_PLAIN")
EMAIL_TIMEOUT = 30  # seconds; shorter than a mail's lease
DEFAULT_FROM_EMAIL = os.environ.get("RELAYBOX_FROM_EMAIL") or f"relaybox@{urlsplit(BASE_URL).hostname or 'localhost'}"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("RELAYBOX_LOG_LEVEL", "INFO")},
    "loggers": {"axes": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
