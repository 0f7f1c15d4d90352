"""What the engine and a provider hand each other."""

from __future__ import annotations

import http.client
import socket
from itertools import pairwise

import pytest
import urllib3

from newsletter.delivery.providers.base import (
    Answer,
    AnswerKind,
    Recipient,
    Recipients,
    describe_network_error,
    to_columns,
)

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


def build_chain(*errors: BaseException) -> BaseException:
    """The first error, of which each is the context of the one before it."""
    for outer, inner in pairwise(errors):
        outer.__context__ = inner
    return errors[0]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            urllib3.exceptions.ProtocolError("Connection aborted.", http.client.RemoteDisconnected("no response")),
            "it closed the connection",
        ),
        (build_chain(urllib3.exceptions.HTTPError("a"), ConnectionRefusedError(111)), "nothing answers at its address"),
        (build_chain(urllib3.exceptions.HTTPError("a"), TimeoutError()), "it did not answer in time"),
        (build_chain(urllib3.exceptions.HTTPError("a"), socket.gaierror(-2, "b")), "its name cannot be found"),
        (OSError("something new"), "it failed"),
    ],
)
def test_an_error_of_the_network_is_said_in_words(error: BaseException, words: str) -> None:
    assert describe_network_error(error) == words
