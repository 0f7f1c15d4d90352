"""Text that comes from outside."""

from __future__ import annotations


def remove_unstorable(text: str) -> str:
    """The text without what a database refuses: NUL (PostgreSQL), and halves of surrogate pairs (every encoding)."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
