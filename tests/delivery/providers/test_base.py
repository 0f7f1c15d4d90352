"""What the engine and a provider hand each other."""

from __future__ import annotations

import pytest

from newsletter.delivery.providers.base import Answer, AnswerKind, Recipient, Recipients, to_columns

COLUMNS = (["d0", "d1", "d2"], ["a@x", "b@x", "c@x"], ["Ann", "", "Cleo"], ["t0", "t1", "t2"], ["", "", "24 Nov"])
ROWS = tuple(Recipient(*row) for row in zip(*COLUMNS, strict=True))


def test_recipients_kept_as_columns_are_read_as_rows() -> None:
    kept = Recipients(*COLUMNS)
    assert len(kept) == 3
    assert tuple(kept) == ROWS
    assert kept[-1] == ROWS[2]
    with pytest.raises(IndexError):
        kept[3]


def test_a_part_of_them_is_kept_as_columns_too() -> None:
    some = Recipients(*COLUMNS)[1:]
    assert isinstance(some, Recipients)
    assert tuple(some) == ROWS[1:]


def test_rows_and_columns_are_the_same_people() -> None:
    assert [list(column) for column in to_columns(ROWS)] == [
        list(column) for column in to_columns(Recipients(*COLUMNS))
    ]


@pytest.mark.parametrize("kind", AnswerKind)
def test_an_answer_is_accepted_or_unknown_or_neither(kind: AnswerKind) -> None:
    answer = Answer(kind)
    assert (answer.accepted, answer.unknown) == (kind == "accepted", kind == "unknown")
