"""What is written to the log, without links that let somebody act for a reader."""

from __future__ import annotations

import logging
import re

# The pages behind links in mails: confirm, stay, leave, preferences, the private page. And calendars.
_LINK = re.compile(r"/(c|s|u|p|me|calendar)/{1,9}(?!…)[^\s/?#\"'<>)\]]{4,}", re.I)


def redact_links(text: str) -> str:
    """A text with the tokens of links taken out: /u/AbC… as /u/…"""
    return _LINK.sub(r"/\1/…", text)


class RedactingFormatter(logging.Formatter):
    """Takes tokens out of all that a line says: the message, and the traceback below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or lines."""
        return redact_links(super().format(record))
