"""Text that comes from outside."""

from __future__ import annotations

# Embeddings, overrides and isolates: what follows reads in another order than it is written, up to a character that may
# never come. Names and headlines need none; the marks of direction, which turn nothing round, stay.
DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
_NO_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def remove_unstorable(text: str) -> str:
    """The text without what a database refuses: NUL (PostgreSQL), and halves of surrogate pairs (every encoding)."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def remove_overrides(text: str) -> str:
    """The text without what turns the order of its letters round: “gpj.exe” must not read as “exe.jpg”."""
    return text if text.isascii() else text.translate(_NO_DIRECTIONS)


def clean_name(text: str) -> str:
    """A name, subject or headline as it is kept: storable, on one line, in the order in which it is read."""
    return " ".join(remove_overrides(remove_unstorable(text)).split())
