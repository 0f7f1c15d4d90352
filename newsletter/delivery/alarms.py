"""What an operator must know: raised once per mailing, and counted."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db.models import F

from newsletter.delivery import models

log = logging.getLogger(__name__)


def raise_alarm(mailing_id: int | None, message: str, now: datetime, *, count: int = 1) -> None:
    """Notes an alarm of a mailing or (None) of our account with the provider; the same words are one alarm."""
    row, made = models.Alarm.objects.get_or_create(
        mailing=models.Mailing(id=mailing_id) if mailing_id else None,
        message=message[:300],
        defaults={"first_at": now, "last_at": now, "count": count},
    )
    if made:
        log.error("Alarm%s: %s", f" of mailing {mailing_id}" if mailing_id else "", message)
    else:
        models.Alarm.objects.filter(id=row.id).update(count=F("count") + count, last_at=now)


def raise_account_alarm(message: str, now: datetime) -> None:
    """Notes an alarm that is about no mailing."""
    raise_alarm(None, message, now)
