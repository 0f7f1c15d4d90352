"""What was shown is stored once."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from subscribers import models
from subscribers.consent import texts


def test_a_text_is_stored_once_under_the_hash_of_its_words(db: None, now: datetime) -> None:
    first = texts.keep_text(" Send me the briefing. ", now)
    assert first == hashlib.sha256(b"Send me the briefing.").hexdigest()
    assert texts.keep_text("Send me the briefing.", now + timedelta(days=1)) == first
    assert texts.keep_text("Send me the letter.", now) != first
    assert models.ConsentText.objects.count() == 2
    assert texts.get_texts([first, ""])[first].first_used_at == now


def test_no_text_has_no_hash_and_no_row(db: None, now: datetime) -> None:
    assert texts.keep_text(" \x00\n", now) == ""
    assert models.ConsentText.objects.count() == 0
