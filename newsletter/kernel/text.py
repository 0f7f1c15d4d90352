"""Text that comes from outside."""

from __future__ import annotations

import unicodedata

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
    ways = {text, text.replace("'", "’"), text.replace("’", "'")}
    return sorted({spelt for way in ways for spelt in ((way,) if way.isascii() else _spell(way))})


def _spell(text: str) -> tuple[str, ...]:
    return text, text.lower(), text.upper(), text.title()


# Letters that are no base with a mark, and the apostrophes that are typed for one another.
_FOLDED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"}
    | dict.fromkeys("’‘ʼ`´", "'")
)


def fold_accents(text: str) -> str:
    """A text as it is searched for: without case and accents, so that “garcia” is in “García”, “lecki” in “Łęcki”."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    return "".join(each for each in parts if not unicodedata.combining(each))


def has_all_words(text: str, query: str) -> bool:
    """Whether every word of a query is somewhere in a text, in any order, whatever the case and the accents."""
    folded = fold_accents(text)
    return all(word in folded for word in fold_accents(query).split())
