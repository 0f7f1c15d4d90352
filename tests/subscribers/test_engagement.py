"""Who opened and clicked which edition of a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from subscribers import engagement, models
from subscribers.values import List


def test_what_is_folded_late_does_not_make_an_older_edition_the_newest(morning: List, now: datetime) -> None:
    for ordinal in (9, 5):
        engagement.record_engagement(morning.id, ordinal, opened=[], clicked=[], as_of=now)
    assert models.List.objects.get(id=morning.id).newest_edition == 9


def test_an_edition_that_was_opened_is_counted_once_however_often_it_is_folded(
    active: Callable[..., int], morning: List, now: datetime
) -> None:
    ann, ben = active("ann@example.com"), active("ben@example.com")
    later = now + timedelta(hours=1)
    assert engagement.record_engagement(morning.id, 3, opened=[ann], clicked=[ben], as_of=now) == 2
    assert engagement.record_engagement(morning.id, 3, opened=[ann], clicked=[ben], as_of=later) == 0
    seen = dict(models.Engagement.objects.values_list("subscription__subscriber", "last_opened_at"))
    assert seen == {ann: now, ben: None}
    assert models.List.objects.get(id=morning.id).engagement_as_of == later


def test_somebody_who_is_not_on_the_list_is_not_noted(morning: List, now: datetime) -> None:
    assert engagement.record_engagement(morning.id, 3, opened=[10**6], clicked=[], as_of=now) == 0
    assert not models.Engagement.objects.exists()
