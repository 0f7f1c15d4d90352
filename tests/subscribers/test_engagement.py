"""Who opened and clicked which edition of a list."""

from __future__ import annotations

from datetime import datetime

from subscribers import engagement, models
from subscribers.values import List


def test_what_is_folded_late_does_not_make_an_older_edition_the_newest(morning: List, now: datetime) -> None:
    for ordinal in (9, 5):
        engagement.record_engagement(morning.id, ordinal, opened=[], clicked=[], as_of=now)
    assert models.List.objects.get(id=morning.id).newest_edition == 9
