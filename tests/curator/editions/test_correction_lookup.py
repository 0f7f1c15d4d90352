"""Which corrections there are, and which edition is to carry them."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.curator.editions import approval, correction_lookup, corrections, editions
from newsletter.curator.editions.values import Edition
from tests.actors import SYSTEM
from tests.approving import approve


def correct(edition: Edition, text: str, now: datetime, key: str = "") -> None:
    corrections.add_correction(edition.id, text, key=key, content_hash=None, by=SYSTEM, now=now)


def test_corrections_are_listed_oldest_first_and_carried_by_the_next_edition(filled: Edition, now: datetime) -> None:
    approve(filled.id, now=now)
    approval.mark_sending(filled.id, now=now)
    correct(filled, "It is in Upland.", now, key=filled.picks[0].key)
    correct(filled, "It opened in 1961.", now + timedelta(minutes=1))
    found = correction_lookup.list_corrections(filled.id)
    assert [(each.text, each.headline, each.by, each.carried_on) for each in found] == [
        ("It is in Upland.", filled.picks[0].headline, SYSTEM.name, None),
        ("It opened in 1961.", "", SYSTEM.name, None),
    ]
    following = editions.create_edition(filled.newsletter_id, filled.date + timedelta(days=1), by=SYSTEM, now=now)
    pending = correction_lookup.list_pending_corrections(following)
    assert [row.text for row in pending] == ["It is in Upland.", "It opened in 1961."]
    assert correction_lookup.list_pending_corrections(filled) == []
    assert correction_lookup.format_lines(pending, "en")[0].endswith(": It is in Upland.")
