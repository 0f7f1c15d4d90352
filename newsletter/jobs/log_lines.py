"""What the log says of a database that is full, locked or away: a line, not a page, as it is said again and again."""

from __future__ import annotations

import logging

from django.db import InterfaceError, OperationalError

from newsletter.kernel.errors import SurroundingsError

_OUTAGES = (OperationalError, InterfaceError, SurroundingsError)


class ShortenOutages(logging.Filter):
    """Puts the error into the line where the surroundings failed; where to in our code says nothing then."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record through."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, _OUTAGES):
            record.msg, record.args = f"{record.getMessage()}: {error}", ()
            record.exc_info = record.exc_text = None
        return True
