"""The audience index: for each candidate of a mailing, ascending, where to find them. Pure.

An entry is a candidate's id with a number of two bytes: the stratum of their batch, or the reason of their exclusion.
Packed as the members of a batch are, followed by the numbers, deflated.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence

from newsletter.delivery.ledger.format import (
    FORMAT,
    find_place,
    pack_members,
    require_known_format,
    to_little_endian,
    unpack_members,
)
from newsletter.delivery.ledger.states import ExclusionReason

_REASONS = tuple(ExclusionReason)
_FIRST_EXCLUSION_ENTRY = 65_000  # numbers from here on are exclusions, those below are strata


def pack_index_entries(entries: Sequence[tuple[int, int]]) -> bytes:
    """(id, number up to 65535) ascending by id, as bytes: where each candidate of a mailing is to be found."""
    numbers = array("H", [number for _, number in entries])
    return zlib.compress(pack_members([person for person, _ in entries]) + to_little_endian(numbers).tobytes(), 1)


def unpack_index_entries(data: bytes | memoryview, format: int = FORMAT) -> list[tuple[int, int]]:
    """What `pack_index_entries` packed. Raises UnknownFormat."""
    require_known_format(format)
    raw = zlib.decompress(data)
    width = raw[0]
    count = (len(raw) - 9 + width) // (width + 2)
    end = 9 + (count - 1) * width
    numbers = array("H")
    numbers.frombytes(raw[end:])
    return list(zip(unpack_members(raw[:end]), to_little_endian(numbers), strict=True))


def find_index_entry(data: bytes | memoryview, subscriber_id: int, format: int = FORMAT) -> int | None:
    """The number that `pack_index_entries` packed for a person, or None. Raises UnknownFormat."""
    require_known_format(format)
    raw = zlib.decompress(data)
    width = raw[0]
    count = (len(raw) - 9 + width) // (width + 2)
    end = 9 + (count - 1) * width
    place = find_place(subscriber_id, unpack_members(raw[:end]))
    return None if place is None else int.from_bytes(raw[end + 2 * place : end + 2 * place + 2], "little")


def encode_exclusion(reason: str) -> int:
    """The entry of candidates excluded for this reason."""
    return _FIRST_EXCLUSION_ENTRY + _REASONS.index(reason)


def decode_exclusion(entry: int) -> str:
    """The reason that an entry stands for; "" for a stratum."""
    return _REASONS[entry - _FIRST_EXCLUSION_ENTRY] if entry >= _FIRST_EXCLUSION_ENTRY else ""
