"""Django's settings, all derived from `newsletter.config`."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from newsletter import config
from newsletter.kernel.errors import SurroundingsError
from newsletter.kernel.resources import get_templates_dir

os.umask(0o077)  # whatever a process of ours writes is its owner's alone, before it writes the first file
CONFIG = config.load()

SECRET_KEY = CONFIG.secret_key
SECRET_KEY_FALLBACKS = list(CONFIG.secret_key_fallbacks)
DEBUG = CONFIG.debug
ALLOWED_HOSTS = [CONFIG.host, "127.0.0.1", "localhost", "[::1]", *CONFIG.allowed_hosts]
CSRF_TRUSTED_ORIGINS = [CONFIG.base_url]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "newsletter.accounts",
    "subscribers",
    "newsletter.catalog",
    "newsletter.curator",
    "newsletter.scheduling",
    "newsletter.delivery",
    "newsletter.jobs",
    "newsletter.web",
]

if not CONFIG.database_url.startswith("sqlite"):
    if find_spec("procrastinate") is None:
        raise SurroundingsError(
            "PostgreSQL needs packages that are not installed. Run: pip install 'newsletter-desk[postgres]'"
        )
    INSTALLED_APPS.insert(INSTALLED_APPS.index("newsletter.jobs"), "procrastinate.contrib.django")
PROCRASTINATE_IMPORT_PATHS = ["newsletter.jobs.worker_procrastinate"]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""

MIDDLEWARE = [
    "newsletter.web.middleware.MonitoredHosts",
    "newsletter.web.middleware.PublicResponses",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsletter.web.middleware.PublicCaching",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "newsletter.web.middleware.StorableText",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "newsletter.web.middleware.DeskLanguage",
    "newsletter.web.uploads.UploadPermits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "newsletter.web.middleware.ErrorPages",
    "newsletter.web.sessions.SessionLimits",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "newsletter.urls"
WSGI_APPLICATION = "newsletter.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [get_templates_dir() / "web"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "newsletter.web.context.add_desk_context",
                "newsletter.web.context.add_enums",
            ],
            "builtins": ["newsletter.web.templatetags.desk"],
        },
    }
]

_SQLITE_OPTIONS: dict[str, Any] = {
    # Measured: with Django's defaults web and worker lock each other out; WAL with IMMEDIATE and short
    # transactions gives no lock errors. FULL is for the processes that write "about to send".
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=33554432; PRAGMA temp_store=MEMORY; "
        "PRAGMA secure_delete=ON;"  # what is deleted is overwritten: somebody asked for it
    ),
}


def _database() -> dict[str, Any]:
    database: dict[str, Any] = dict(dj_database_url.parse(CONFIG.database_url))
    if database["ENGINE"].endswith("sqlite3"):
        database["OPTIONS"] = _SQLITE_OPTIONS
    else:
        database["CONN_MAX_AGE"] = 60
        database["CONN_HEALTH_CHECKS"] = True
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "newsletter.accounts.user_backend.UserBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "newsletter.accounts.password_rules.GuessingValidator",
        "OPTIONS": {"find_names": "newsletter.catalog.newsletters.list_known_names"},
    },
]
LOGIN_URL = "desk:login"
LOGIN_REDIRECT_URL = "desk:today"
AXES_HANDLER = "newsletter.accounts.sign_in_limits.SignInLimits"
AXES_FAILURE_LIMIT = 5  # of a name from a network; the handler has the other limits
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # else a stranger prolongs it for ever
AXES_USERNAME_CALLABLE = "newsletter.accounts.sign_in_limits.find_counted_name"  # what no user is called is not kept
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "email"]
AXES_DISABLE_ACCESS_LOG = True  # the audit log has it
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "newsletter.web.views.login.show_lockout"
AXES_CLIENT_IP_CALLABLE = "newsletter.web.network.get_limited_address"
# Whether keys of authenticators and spare codes are sealed when they are written. Both forms are read. The next version
# turns it on: then no process is left that reads the plain form alone.
SEAL_SECOND_FACTOR = False
OTP_TOTP_THROTTLE_FACTOR = 1  # seconds of waiting, doubled with every wrong code
OTP_STATIC_THROTTLE_FACTOR = 1

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # of the desk, the readers' pages and mails
FORMAT_MODULE_PATH = ["newsletter.web.formats"]
LOCALE_PATHS = [get_templates_dir() / "web" / "locale"]

SUBSCRIBERS_HOOKS = {
    "on_its_way": "newsletter.delivery.events.unsubscribed_after_send.find_arrival",
    "known_elsewhere": "newsletter.jobs.erasure.collect_known_data",
    "alert": "newsletter.delivery.alarms.raise_account_alarm",
    "find_caller": "newsletter.api.access.find_sign_up_caller",
    "asks_for_tracking": "newsletter.catalog.newsletters.is_tracking_asked",
    "reached": "newsletter.delivery.reports.history.find_reached",
    **(
        {"captcha": "newsletter.web.captcha.verify_answer", "captcha_widget": "newsletter.web.captcha.build_widget"}
        if CONFIG.captcha
        else {}
    ),
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [get_templates_dir() / "web" / "static"]
STATIC_ROOT = CONFIG.data_dir / "static"  # filled by wsgi.py
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "newsletter.web.static_files.HashedStaticFiles"},
}
WHITENOISE_USE_FINDERS = True  # plain names too: pages of other sites have them, and tests collect nothing
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

SESSION_COOKIE_SECURE = CONFIG.https
CSRF_COOKIE_SECURE = CONFIG.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = CONFIG.session_hours * 3600  # newsletter.web.sessions counts from the sign-in
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if CONFIG.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CONFIG.trusted_proxies else None
X_FRAME_OPTIONS = "SAMEORIGIN"  # the preview is framed by the desk itself

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
    }
}

STATIC_COLLECTOR = "newsletter.web.static_files.collect_static_files"  # called by wsgi.py
REQUEST_PARSER = "newsletter.web.uploads.BoundedParser"  # of `newsletter web`: what a request may bring
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "newsletter.kernel.log_lines.RedactingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {"outages": {"()": "newsletter.jobs.log_lines.ShortenOutages"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["outages"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "newsletter": {"level": "INFO"},
        "procrastinate": {"level": "ERROR"},  # what matters of it, worker_procrastinate logs
        "subscribers": {"level": "INFO"},
        # At DEBUG this one writes the API key (SendGrid fact 52).
        "python_http_client": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "waitress.queue": {"level": "ERROR"},  # a line for every request that waits: thousands when many come at once
    },
}
