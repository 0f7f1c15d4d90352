"""Text that comes from outside."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s<>@\"'(),;:]+@[^\s<>@\"'(),;:]+")


def remove_unstorable(text: str) -> str:
    """The text without what a database refuses: NUL (PostgreSQL), and halves of surrogate pairs (every encoding)."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def mask_addresses(text: str) -> str:
    """The text without e-mail addresses: for what is shown to those who may not see subscribers."""
    return _ADDRESS.sub("…", text)
