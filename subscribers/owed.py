"""Mail we owe readers: the row is the truth, `newsletter.jobs` renders and sends it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet

from subscribers import addresses, models, policy, reads
from subscribers.values import Owed

CONFIRM_WITHIN = timedelta(days=7)
CONFIRMED_AGAIN_AFTER = timedelta(minutes=5)  # pressing the button twice does not send two mails


def owe(kind: str, subscriber_id: int, list_id: int, *, now: datetime) -> None:
    """Notes a mail to be sent; "" is none. The same mail owed a moment ago is not owed twice."""
    recent = models.OwedMail.objects.filter(
        kind=kind, subscriber_id=subscriber_id, list_id=list_id, created_at__gt=now - CONFIRMED_AGAIN_AFTER
    )
    if kind and not recent.exists():
        models.OwedMail.objects.create(
            kind=kind, subscriber_id=subscriber_id, list_id=list_id, created_at=now, due_at=now
        )


def claim_owed(now: datetime, *, limit: int, lease: timedelta) -> tuple[Owed, ...]:
    """Takes some owed mails that are due. One whose sender died in mid-send is unknown, never sent again by itself."""
    models.OwedMail.objects.filter(state="claimed", lease_until__lt=now).update(
        state="unknown", error="The process that was sending it ended before the answer came.", done_at=now
    )
    due = models.OwedMail.objects.filter(state="owed", due_at__lte=now).order_by("due_at", "id")
    due.filter(subscriber__address_key__in=_never_mailed()).update(
        state="failed", error="The address must never be mailed.", done_at=now
    )
    claimed: list[Owed] = []
    for row in due.select_related("subscriber", "list")[:limit]:
        mine = models.OwedMail.objects.filter(id=row.id, state="owed", attempts=row.attempts)
        if mine.update(state="claimed", lease_until=now + lease, attempts=F("attempts") + 1):
            claimed.append(_owed(row, now))
    return tuple(claimed)


def owed_waiting(now: datetime) -> bool:
    """Whether there is anything for `claim_owed`."""
    due = Q(state="owed", due_at__lte=now) | Q(state="claimed", lease_until__lt=now)
    return models.OwedMail.objects.filter(due).exists()


def _never_mailed() -> QuerySet[models.Suppression, str]:
    """Suppressed addresses. One whose mail came back may sign up again, so the mail that asks goes there."""
    return models.Suppression.objects.exclude(reason=policy.BOUNCED).values_list("address_key", flat=True)


def _owed(row: models.OwedMail, now: datetime) -> Owed:
    signer, base = reads.signer(), settings.CONFIG.base_url
    list_id, person = row.list_id or 0, row.subscriber
    if row.kind == "confirm":
        url = f"{base}/c/{signer.confirm(list_id, person.id, now + CONFIRM_WITHIN)}"
    elif row.kind == "goodbye":
        url = f"{base}/u/{signer.footer(list_id, person.id)}"
    else:
        url = f"{base}/p/{signer.footer(list_id, person.id)}"
    language = person.language or (row.list.language if row.list else "en")
    return Owed(
        id=row.id,
        kind=row.kind,
        address=addresses.for_sending(person.address),
        language=language,
        list_id=row.list_id,
        list_name=row.list.name if row.list else "",
        button_url=url,
        attempts=row.attempts + 1,
    )


def owed_sent(owed_id: int, now: datetime) -> None:
    """The provider has it."""
    _in_hand(owed_id).update(state="sent", done_at=now, lease_until=None, error="")


def owed_failed(owed_id: int, error: str, now: datetime, *, again_at: datetime | None = None) -> None:
    """The provider refused it: tried again at `again_at`, or given up (None)."""
    if again_at is None:
        _in_hand(owed_id).update(state="failed", done_at=now, lease_until=None, error=error)
    else:
        _in_hand(owed_id).update(state="owed", due_at=again_at, lease_until=None, error=error)


def owed_unknown(owed_id: int, error: str, now: datetime) -> None:
    """The answer was lost: never sent again by itself."""
    _in_hand(owed_id).update(state="unknown", done_at=now, lease_until=None, error=error)


def _in_hand(owed_id: int) -> QuerySet[models.OwedMail]:
    """A mail somebody is sending; an answer that comes after its lease ran out still settles it."""
    return models.OwedMail.objects.filter(id=owed_id, state__in=("claimed", "unknown"))
