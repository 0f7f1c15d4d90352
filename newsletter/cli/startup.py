"""What must be in order before a process starts."""

from __future__ import annotations

import signal

from django.core import checks
from django.db import connection

from newsletter.jobs import schema, wiring
from newsletter.kernel.errors import Refused, SurroundingsError


def require_ready() -> None:
    """Refuses to start without a provider (with its key), with wrong settings or an outdated database."""
    wiring.get_provider()
    require_valid_settings()
    schema.require_known()
    if schema.list_missing_migrations():
        raise Refused("The database is not up to date. Run: newsletter setup")
    connection.close()


def require_valid_settings() -> None:
    """Raises SurroundingsError with what Django's system checks find wrong."""
    errors = [each for each in checks.run_checks() if each.is_serious()]
    if errors:
        lines = [f"{each.id}: {each.msg} {each.hint or ''}".strip() for each in errors]
        raise SurroundingsError("\n".join(["The settings do not work:", *lines]))


def read_secrets_on_hangup() -> None:
    """Lets a hangup mean that secrets in files have changed. It never ends a process."""
    signal.signal(signal.SIGHUP, lambda *_: wiring.read_secrets_again())
