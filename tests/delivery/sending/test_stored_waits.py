"""What waits for its next try does not wait an hour longer for a clock that was put back by one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from newsletter.delivery import models
from newsletter.delivery.sending import stored_waits
from tests.delivery.conftest import hand_over_all
from tests.fakes.provider import ScriptedProvider, refuses_for_now

HOUR = timedelta(hours=1)


def test_what_was_refused_is_tried_at_once_and_what_is_planned_is_not(
    join: Any, frozen: Callable[..., Any], now: datetime
) -> None:
    join(60)
    frozen()
    provider = ScriptedProvider()
    provider.script = [refuses_for_now]
    hand_over_all(provider, now)
    refused = models.Batch.objects.exclude(error="").get()
    assert refused.due_at > now
    models.Batch.objects.filter(error="").update(state="planned", due_at=now + HOUR)

    assert stored_waits.end_waits(now - HOUR) == 1

    assert models.Batch.objects.get(id=refused.id).due_at == now - HOUR
    assert models.Batch.objects.exclude(id=refused.id).get().due_at == now + HOUR
