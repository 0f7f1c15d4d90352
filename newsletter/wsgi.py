"""The WSGI application, served by `newsletter web` on waitress."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")
application = get_wsgi_application()
