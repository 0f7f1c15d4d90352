"""Who is at the board: seen by others, and gone after a few seconds without a word."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from newsletter.curator.editions import models, presence
from newsletter.curator.editions.presence import Presence


def note(edition: Any, part: str, now: datetime, who: str = "theo@example.com") -> None:
    presence.note_presence(edition.id, part, who=who, name=who.partition("@")[0], now=now)


def test_others_are_seen_and_oneself_is_not(morning_edition: Any, now: datetime) -> None:
    note(morning_edition, "story:ab", now)
    note(morning_edition, "", now, "ines@example.com")
    found = presence.list_present(morning_edition.id, besides="ines@example.com", now=now)
    assert found == (Presence("theo@example.com", "theo", "story:ab"),)
    presence.end_presence(morning_edition.id, who="theo@example.com")
    assert presence.list_present(morning_edition.id, besides="ines@example.com", now=now) == ()


def test_who_says_nothing_is_gone_and_at_last_forgotten(morning_edition: Any, now: datetime) -> None:
    note(morning_edition, "", now)
    for seconds, expected in ((20, 1), (21, 0)):
        found = presence.list_present(morning_edition.id, besides="", now=now + timedelta(seconds=seconds))
        assert len(found) == expected
    note(morning_edition, "", now + timedelta(hours=2), "ines@example.com")
    assert list(models.EditionPresence.objects.values_list("who", flat=True)) == ["ines@example.com"]
