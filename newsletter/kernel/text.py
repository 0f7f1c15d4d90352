"""Text that comes from outside."""

from __future__ import annotations

# Embeddings, overrides and isolates: what follows reads in another order than it is written, up to a character that may
# never come. Names and headlines need none; the marks of direction, which turn nothing round, stay.
DIRECTIONS = "\u202a-\u202e\u2066-\u2069"
_SPACES = (0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x1C, 0x1D, 0x1E, 0x1F, 0x85)  # which part words, or lines
_CONTROLS = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFFFE, 0xFFFF)
_NO_CONTROLS = dict.fromkeys(code for code in _CONTROLS if code not in _SPACES)


def remove_unstorable(text: str) -> str:
    """The text without what a database refuses: NUL (PostgreSQL), and halves of surrogate pairs (every encoding)."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def remove_controls(text: str) -> str:
    """The text without what steers how it is shown or read: no XML has it, a terminal obeys it.

    And without what turns the order of its letters round: “gpj.exe” must not read as “exe.jpg”.
    """
    return text if text.isprintable() else text.translate(_NO_CONTROLS)


def clean_name(text: str) -> str:
    """A name, subject or headline as it is kept: storable, on one line, in the order in which it is read."""
    return " ".join(remove_controls(remove_unstorable(text)).split())


def list_spellings(text: str) -> list[str]:
    """The ways a text may be written. SQLite, and PostgreSQL in its quick way, fold the case of ASCII alone."""
    return [text] if text.isascii() else sorted({text, text.lower(), text.upper(), text.title()})
