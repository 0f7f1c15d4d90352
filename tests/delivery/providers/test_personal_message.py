"""A message filled in for one recipient."""

from __future__ import annotations

from newsletter.delivery.providers.personal_message import build_personal_message
from tests.delivery.providers.conftest import envelope, reader


def test_their_own_words_stand_in_every_part() -> None:
    mine = build_personal_message(envelope(subject="Hello -nl_first_name_2t-"), reader(1, first_name="Zoë & Co"))
    assert mine.subject == "Hello Zoë & Co"
    assert "Hello Zoë &amp; Co, at reader1@example.com" in mine.html
    assert "Hello Zoë & Co\nhttps://n.example.com/u/token1\n" in mine.text


def test_who_has_no_name_is_greeted_by_the_fallback() -> None:
    assert "Hello reader" in build_personal_message(envelope(), reader(1, first_name="")).text


def test_headers_of_all_come_first_and_then_their_own() -> None:
    assert [name for name, _ in build_personal_message(envelope(), reader(1)).headers] == [
        "List-Id",
        "Precedence",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
    ]
