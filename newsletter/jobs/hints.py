"""Telling workers on other machines that there is something to do, so that they need not wait for the next sweep.

On SQLite the workers see what is written: `lookout`. A hint that cannot be given is not missed: a sweep follows.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError, connection, transaction

log = logging.getLogger(__name__)


def hint_mailings() -> None:
    """A mailing was planned; sent when that is committed."""
    transaction.on_commit(lambda: _hint(mailings_due=True))


def hint_events() -> None:
    """The provider posted events."""
    _hint(events_due=True)


def hint_imports() -> None:
    """A file of subscribers is to be previewed or imported."""
    _hint(imports_due=True)


def _hint(**what: Any) -> None:
    if connection.vendor != "postgresql":
        return
    from newsletter.jobs import worker_procrastinate  # only where there is one

    try:
        worker_procrastinate.give_hints(**what)
    except DatabaseError as error:
        log.warning("A hint could not be given, the next sweep finds what is due: %s", error)
