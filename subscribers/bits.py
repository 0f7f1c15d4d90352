"""A reader's latest editions in one number: bit 0 is the newest, bit 1 the one before. Pure."""

from __future__ import annotations

KEPT = 63  # editions; what a signed column of 64 bits holds
_MASK = (1 << KEPT) - 1


def with_edition(bits: int, newest: int, ordinal: int) -> tuple[int, int]:
    """The bits, and the number of their newest edition, when edition `ordinal` is set in them as well."""
    if ordinal > newest:
        return (_shifted(bits, ordinal - newest) | 1, ordinal)
    age = newest - ordinal
    return (bits | 1 << age if age < KEPT else bits, newest)


def as_seen_from(bits: int, newest: int, ordinal: int) -> int:
    """The same bits when edition `ordinal`, not older than `newest`, is the newest there is."""
    return _shifted(bits, ordinal - newest)


def _shifted(bits: int, by: int) -> int:
    return (bits << by) & _MASK if by < KEPT else 0
