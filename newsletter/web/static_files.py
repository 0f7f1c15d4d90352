"""The files of our pages under names that change with what is in them, so that a browser may keep them for good.

    wsgi.py ─▶ collect_static_files ─▶ static/app.3f2a….css, its .gz, and the list of names
    {% static "app.css" %} ─▶ /static/app.3f2a….css

Modules import each other by these names too. Where nothing was collected (tests, commands that show no page) files have
their plain names, and are served from where they are installed.
"""

from __future__ import annotations

from django.conf import settings
from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage

from newsletter.kernel.errors import SurroundingsError

_UNUSED = "ext"  # htmx's extensions: we load none, and what their comments import is not there


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Django's storage with hashed names, compressed by whitenoise."""

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        """The hashed name; the plain one where nothing was collected."""
        return str(super().stored_name(name)) if self.hashed_files else name


def collect_static_files() -> None:
    """Bring what is served up to date, before the first page is. Files of earlier versions stay: pages are open.

    Raises SurroundingsError where the folder cannot be written.
    """
    try:
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=[_UNUSED])
    except OSError as error:
        raise SurroundingsError(
            f"Cannot write the files of pages to {settings.STATIC_ROOT}: {error.strerror}. "
            "Make the data folder writable."
        ) from None
