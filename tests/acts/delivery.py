"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

from newsletter.delivery import models
from newsletter.delivery.events import inbox
from tests.acts import Act, Prepare, World


def _retry_events(world: World) -> Act:
    models.WebhookPayload.objects.create(digest=b"1", body=b"[]", received_at=world.now, quarantined_at=world.now)
    return lambda by: inbox.retry_quarantined(by=by, now=world.now)


ACTS: dict[str, Prepare] = {"newsletter.delivery.events.inbox.retry_quarantined": _retry_events}
