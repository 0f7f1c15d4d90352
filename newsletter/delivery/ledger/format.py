"""The packed ledger: who is in a batch and what became of each, in few bytes. Pure; nobody else touches them.

Format 1. Members: one byte w (1, 2, 4 or 8), eight bytes of the first id, then the ascending gaps to
the next ids in w bytes each, all little-endian. Outcomes: two bytes a member, state then flags.
A thousand members of a dense list take 3 kB where rows take 120.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, compress, pairwise

from newsletter.delivery.ledger.states import MemberFlag, Outcome
from newsletter.kernel.errors import SurroundingsError

FORMAT = 1
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}  # quicker than asking the enumeration, a million times
_MASKS = {outcome: bytes(code == outcome for code in range(256)) for outcome in Outcome}
_WAS_ACCEPTED = bytes(code in _OUTCOMES and _OUTCOMES[code].was_accepted for code in range(256))
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class UnknownFormat(SurroundingsError):
    """The row was packed by a newer version of this program than the one reading it."""


def pack_members(ids: Sequence[int]) -> bytes:
    """Ascending ids, each once, as bytes. Raises ValueError for what is not ascending or empty."""
    if not ids:
        raise ValueError("A batch has at least one member.")
    gaps = [after - before for before, after in pairwise(ids)]
    if gaps and min(gaps) < 1:
        raise ValueError("Members must ascend, each once.")
    widest = max(gaps, default=0)
    width = next(width for width in (1, 2, 4, 8) if widest < 1 << 8 * width)
    return bytes((width,)) + ids[0].to_bytes(8, "little") + to_little_endian(array(_CODES[width], gaps)).tobytes()


def unpack_members(data: bytes | memoryview, format: int = FORMAT) -> list[int]:
    """The ids of a batch, ascending. Raises UnknownFormat."""
    require_known_format(format)
    raw = bytes(data)
    gaps = array(_CODES[raw[0]])
    gaps.frombytes(raw[9:])
    return list(accumulate(to_little_endian(gaps), initial=int.from_bytes(raw[1:9], "little")))


def to_little_endian(values: array[int]) -> array[int]:
    """The numbers in the byte order of the format, or back."""
    if sys.byteorder == "big":
        values.byteswap()
    return values


def require_known_format(format: int) -> None:
    """Raises UnknownFormat for what a newer version packed."""
    if format != FORMAT:
        raise UnknownFormat(
            f"The ledger is in format {format}; this version reads {FORMAT}. Update this worker, then start it again."
        )


class Outcomes:
    """What became of each member of a batch, by place."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes | memoryview, format: int = FORMAT) -> None:
        require_known_format(format)
        self._data = bytearray(data)

    @classmethod
    def all_planned(cls, size: int) -> Outcomes:
        """The outcomes of a new batch."""
        return cls(bytes(2 * size))

    def __len__(self) -> int:
        return len(self._data) // 2

    def __getitem__(self, place: int) -> Outcome:
        return _OUTCOMES[self._data[2 * place]]

    def __iter__(self) -> Iterator[Outcome]:
        return map(_OUTCOMES.__getitem__, self._data[::2])

    def __contains__(self, outcome: Outcome) -> bool:
        """Whether a member has this outcome."""
        return outcome in self._data[::2]

    def list_places(self, outcome: Outcome) -> list[int]:
        """The places of the members with this outcome."""
        codes = self._data[::2]
        return list(compress(range(len(codes)), codes.translate(_MASKS[outcome]))) if outcome in codes else []

    def list_accepted(self) -> list[int]:
        """The places of the members whom the provider took, whatever became of them afterwards."""
        return list(compress(range(len(self)), self._data[::2].translate(_WAS_ACCEPTED)))

    @property
    def untouched(self) -> bool:
        """Whether every member is planned, and nothing else is known of any."""
        return not any(self._data)

    def settle(self, outcome: Outcome) -> None:
        """Moves every member that is planned on to an outcome."""
        self._data[::2] = self._data[::2].replace(b"\0", bytes((outcome,)))

    def mark(self, places: Iterable[int], outcome: Outcome) -> None:
        """Moves members on to an outcome; one that is further already stays."""
        for place in places:
            if self._data[2 * place] < outcome:
                self._data[2 * place] = outcome

    def get_flags(self, place: int) -> MemberFlag:
        """What else is known of a member."""
        return MemberFlag(self._data[2 * place + 1])

    def has_flag(self, place: int, flags: MemberFlag) -> bool:
        """Whether any of these is known of a member."""
        return bool(self._data[2 * place + 1] & flags.value)

    def set_flag(self, place: int, flags: MemberFlag) -> None:
        """Notes something of a member; nothing noted before is lost."""
        self._data[2 * place + 1] |= flags.value

    def list_flagged(self) -> Iterator[tuple[int, MemberFlag]]:
        """The places of the members of whom more is known, and what."""
        return ((place, MemberFlag(value)) for place, value in enumerate(self._data[1::2]) if value)

    def merge(self, other: Outcomes) -> None:
        """Takes over what another copy of the same batch knows: the further outcome, every flag."""
        for at in range(0, len(self._data), 2):
            self._data[at] = max(self._data[at], other._data[at])
            self._data[at + 1] |= other._data[at + 1]

    def count_outcomes(self) -> Counter[Outcome]:
        """How many members have each outcome."""
        codes = self._data[::2]
        return Counter({outcome: n for outcome in Outcome if (n := codes.count(outcome))})

    def pack(self) -> bytes:
        """The bytes to store."""
        return bytes(self._data)


def count_packed_members(
    batches: Iterable[tuple[bytes | memoryview, int]],
) -> tuple[Counter[Outcome], Counter[MemberFlag]]:
    """How many members of all these batches have each outcome, and each flag, from (outcomes, format).

    Members are alike by the thousand, so both bytes of each are counted at once. Raises UnknownFormat.
    """
    packed = []
    for data, form in batches:
        require_known_format(form)
        packed.append(bytes(data))
    outcomes: Counter[Outcome] = Counter()
    flags: Counter[MemberFlag] = Counter()
    for pair, n in Counter(to_little_endian(array("H", b"".join(packed)))).items():
        outcomes[_OUTCOMES[pair & 0xFF]] += n
        flags.update(dict.fromkeys(MemberFlag(pair >> 8), n))
    return outcomes, flags


def find_place(subscriber_id: int, ids: Sequence[int]) -> int | None:
    """The place of a person in a batch, or None."""
    place = bisect_left(ids, subscriber_id)
    return place if place < len(ids) and ids[place] == subscriber_id else None
