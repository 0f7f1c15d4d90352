"""A subscriber's latest editions in one number: bit 0 is the newest, bit 1 the one before. Pure."""

from __future__ import annotations

WINDOW_SIZE = 63  # editions; what a signed column of 64 bits holds
_MASK = (1 << WINDOW_SIZE) - 1


def add_edition(bits: int, newest: int, ordinal: int) -> tuple[int, int]:
    """The bits, and the number of their newest edition, when edition `ordinal` is set in them as well."""
    if ordinal > newest:
        return (_shift(bits, ordinal - newest) | 1, ordinal)
    age = newest - ordinal
    return (bits | 1 << age if age < WINDOW_SIZE else bits, newest)


def shift_to(bits: int, newest: int, ordinal: int) -> int:
    """The same bits when edition `ordinal`, not older than `newest`, is the newest there is."""
    return _shift(bits, ordinal - newest)


def _shift(bits: int, by: int) -> int:
    return (bits << by) & _MASK if by < WINDOW_SIZE else 0
