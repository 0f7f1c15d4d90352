"""What the program imports of others, but for what needs its settings: the same in every environment.

Interpreters of tests are forked from a process that has imported these: see tests/forking.py.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module

NAMES = (
    "altcha",
    "apscheduler.executors.pool",
    "apscheduler.schedulers.background",
    "asyncio",
    "babel.dates",
    "cryptography.fernet",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.x509",
    "dateparser.search",
    "dateutil.rrule",
    "django.contrib.auth.hashers",
    "django.contrib.sessions.backends.db",
    "django.core.cache.backends.locmem",
    "django.core.handlers.wsgi",
    "django.core.paginator",
    "django.core.servers.basehttp",
    "django.db.backends.postgresql.psycopg_any",
    "django.db.migrations.executor",
    "django.db.models",
    "django.forms",
    "django.shortcuts",
    "django.template.backends.django",
    "django.template.loader_tags",
    "django.test",
    "django.urls",
    "django.utils.feedgenerator",
    "django.views.decorators.cache",
    "django.views.generic",
    "email_validator",
    "feedparser",
    "holidays",
    "jinja2.sandbox",
    "lxml.html",
    "markdown_it",
    "mjml",
    "multiprocessing.forkserver",
    "nh3",
    "PIL.Image",
    "premailer",
    "psycopg",
    "pydantic",
    "python_calamine",
    "regex",
    "rich.live",
    "rich.markdown",
    "rich.progress",
    "rich.table",
    "sendgrid",
    "sqlparse",
    "trafilatura",
    "typer._adapters",
    "typer.rich_utils",
    "urllib.request",
    "waitress",
    "whitenoise.middleware",
)

for name in NAMES:
    with suppress(ImportError):  # what is imported later takes its time then
        import_module(name)
