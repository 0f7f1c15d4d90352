"""The WSGI application, served by `newsletter web` on waitress. The files of pages are collected before it starts."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
django.setup()
import_string(settings.STATIC_COLLECTOR)()  # first: the middleware that serves them looks once at what is there
application = get_wsgi_application()
