"""Facts: plain values, and what of a server's words may be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.jobs.notifications.facts import hide_addresses, is_reminder_due

SEVEN = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("550 <ann@example.com>: mailbox full", "550 <…>: mailbox full"),
        ("“bo.b+tag@mail.example.org” is no sender", "“…” is no sender"),
        ("12 of 500 bounced", "12 of 500 bounced"),
        ("at 07:00 @ noon", "at 07:00 @ noon"),
    ],
)
def test_addresses_in_the_words_of_a_server_are_hidden(said: str, shown: str) -> None:
    assert hide_addresses(said) == shown


@pytest.mark.parametrize(
    ("minutes_left", "is_ready", "due"),
    [(31, False, False), (30, False, True), (1, False, True), (0, False, False), (-5, False, False), (10, True, False)],
)
def test_a_reminder_is_due_while_so_many_minutes_are_left(minutes_left: int, is_ready: bool, due: bool) -> None:
    now = SEVEN - timedelta(minutes=minutes_left)
    assert is_reminder_due(SEVEN, now, minutes=30, is_ready=is_ready) is due
    assert is_reminder_due(SEVEN, now, minutes=0, is_ready=is_ready) is False
