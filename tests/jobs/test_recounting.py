"""A recount corrects what is kept, says what was wrong, and is recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter
from newsletter.jobs import recounting
from newsletter.jobs.recounting import RecountReport
from newsletter.kernel.errors import NotAllowed
from subscribers.models import SubscriptionCount
from subscribers.subscription_counts import CountDifference
from tests.actors import SYSTEM, act_as
from tests.conftest import Newsroom


def test_a_recount_corrects_what_is_kept_and_is_recorded(
    readers: Callable[..., list[int]], newsroom: Newsroom, now: datetime
) -> None:
    readers(3)
    assert recounting.recount(by=SYSTEM, now=now) == RecountReport((), ())
    SubscriptionCount.objects.update(count=4)
    wrong = CountDifference(newsroom.list.id, "active", 4, 3)
    assert recounting.recount(by=SYSTEM, now=now) == RecountReport((wrong,), ())
    latest, first = audit_log.list_entries(AuditFilter(action="recounted"))
    assert (latest.detail, first.detail) == ("1 counts and 0 sums were wrong", "0 counts and 0 sums were wrong")


def test_nobody_counts_anew_without_the_right(people: dict[str, Any], now: datetime) -> None:
    with pytest.raises(NotAllowed):
        recounting.recount(by=act_as("editor@example.com"), now=now)
