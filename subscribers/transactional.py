"""Transactional mail: the row is the truth, `newsletter.jobs` renders and sends it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.models import F, Q, QuerySet

from newsletter.kernel.clock import compute_latest_end
from newsletter.kernel.text import remove_unstorable
from subscribers import addresses, models, policy, subscriber_lookup, tokens
from subscribers.consent import texts
from subscribers.states import SuppressionReason, TransactionalKind, TransactionalState
from subscribers.values import TransactionalMail

log = logging.getLogger(__name__)

CONFIRM_WITHIN = timedelta(days=7)
LINK_WITHIN = timedelta(minutes=30)  # for what must not be done by a forwarded mail
NEW_ADDRESS_WITHIN = timedelta(hours=24)
STAY_WITHIN = timedelta(days=60)
TAKE_BACK_WITHIN = timedelta(days=30)  # long enough for a mailbox that is looked into now and then
MAX_TAKEN = 8  # so often a mail is taken up whose sender dies before it leaves
LONGEST_QUEUE = timedelta(hours=6)  # for mails of sign-ups above a limit
REPEAT_AFTER = timedelta(minutes=5)  # pressing the button twice does not send two mails


def queue_mail(
    kind: TransactionalKind,
    subscriber_id: int,
    list_id: int | None,
    *,
    now: datetime,
    to_address: str = "",
    about: int = 0,
    due_at: datetime | None = None,
) -> None:
    """Queues a mail, due now or at `due_at`. The same mail queued a moment ago is not queued twice.

    `to_address` is where it goes if not to the person's own; `about` the id of what its link is about, if of anything
    (of “moved”: the former address, negative when it was put back).
    """
    recent = models.TransactionalMail.objects.filter(
        kind=kind,
        subscriber_id=subscriber_id,
        list=list_id,
        to_address=to_address,
        created_at__gt=now - REPEAT_AFTER,
    )
    if about or not recent.exists():
        models.TransactionalMail.objects.create(
            kind=kind,
            subscriber_id=subscriber_id,
            list_id=list_id,
            created_at=now,
            due_at=due_at or now,
            to_address=to_address,
            about=about,
        )


def find_queue_place(now: datetime) -> datetime | None:
    """When a mail may leave that waits behind the others of the queue; None where it is too long already."""
    waiting = models.TransactionalMail.objects.filter(
        state=TransactionalState.QUEUED, attempts=0, due_at__gt=now, due_at__lt=now + LONGEST_QUEUE
    )
    last = waiting.order_by("-due_at").values_list("due_at", flat=True).first() or now
    place = last + timedelta(minutes=1) / settings.CONFIG.queued_confirmations_per_minute
    return place if place < now + LONGEST_QUEUE else None


def claim_mails(now: datetime, *, limit: int, lease: timedelta) -> tuple[TransactionalMail, ...]:
    """Takes some queued mails that are due; `begin_mail` comes before each leaves.

    One whose sender died while it may have been leaving is unknown, never retried; before, it is queued again.
    """
    # Cut, not ended: whoever has one may be at it.
    in_hands = models.TransactionalMail.objects.filter(state__in=(TransactionalState.CLAIMED, TransactionalState.TAKEN))
    impossible = in_hands.filter(lease_until__gt=compute_latest_end(now, lease))
    if impossible.exists():
        impossible.update(lease_until=now + lease)
    expired = models.TransactionalMail.objects.filter(lease_until__lt=now)
    expired.filter(state=TransactionalState.CLAIMED).update(
        state=TransactionalState.UNKNOWN,
        error="The process that was sending it ended before the answer came.",
        done_at=now,
    )
    taken = expired.filter(state=TransactionalState.TAKEN)
    taken.filter(attempts__gte=MAX_TAKEN).update(
        state=TransactionalState.FAILED, error="Every process that was to send it ended before it left.", done_at=now
    )
    taken.update(state=TransactionalState.QUEUED)
    due = models.TransactionalMail.objects.filter(state=TransactionalState.QUEUED, due_at__lte=now).order_by(
        "due_at", "id"
    )
    # A notice of a changed address goes to the former one, whatever became of the new one.
    to_person = due.exclude(kind=TransactionalKind.ADDRESS_CHANGED)
    to_person.filter(subscriber__address_key__in=_select_suppressed_keys()).update(
        state=TransactionalState.FAILED, error="The address must never be mailed.", done_at=now
    )
    claimed: list[TransactionalMail] = []
    for row in due.select_related("subscriber", "list")[:limit]:
        try:
            if row.subscriber is None and not _resolve_subscriber(row):
                continue
            mail = _to_mail(row, now)
        except (OperationalError, InterfaceError):
            raise  # the database is away: nothing is wrong with the mail
        except Exception as error:  # the others must not wait for one that can never be sent
            log.exception("Transactional mail %s cannot be prepared", row.id)
            what = remove_unstorable(f"It cannot be prepared ({type(error).__name__}: {error}).")
            mine = models.TransactionalMail.objects.filter(id=row.id, state=TransactionalState.QUEUED)
            mine.update(state=TransactionalState.FAILED, error=what, done_at=now)
            continue
        mine = models.TransactionalMail.objects.filter(
            id=row.id, state=TransactionalState.QUEUED, attempts=row.attempts
        )
        if mine.update(state=TransactionalState.TAKEN, lease_until=now + lease, attempts=F("attempts") + 1):
            claimed.append(mail)
    return tuple(claimed)


def begin_mail(mail: TransactionalMail, now: datetime, *, lease: timedelta, text: str = "") -> bool:
    """Stores that a mail begins to leave; False when it is in somebody else's hands by now.

    `text` is what one that asks for consent says, without anything of the person: it is kept as part of the proof.
    """
    mine = models.TransactionalMail.objects.filter(
        id=mail.id, state=TransactionalState.TAKEN, attempts=mail.attempts, lease_until__gte=now
    )
    text_hash = texts.keep_text(text, now)
    return bool(mine.update(state=TransactionalState.CLAIMED, lease_until=now + lease, text_hash=text_hash))


def find_text_hash(kind: TransactionalKind, subscriber_id: int, list_id: int, link_made_at: datetime) -> str:
    """The hash of the text of the mail whose link was made at an instant; "" when it is not known."""
    rows = models.TransactionalMail.objects.filter(
        kind=kind, subscriber_id=subscriber_id, list_id=list_id, created_at__lt=link_made_at + timedelta(seconds=1)
    )
    return rows.exclude(text_hash="").order_by("-id").values_list("text_hash", flat=True).first() or ""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Mails to single people of which nobody knows whether they arrived, and those that were given up."""

    unknown: int
    failed: int


def count_undelivered(since: datetime) -> Undelivered:
    """How many there were since an instant."""
    done = models.TransactionalMail.objects.filter(done_at__gte=since)
    return Undelivered(
        unknown=done.filter(state=TransactionalState.UNKNOWN).count(),
        failed=done.filter(state=TransactionalState.FAILED).count(),
    )


def queue_address_reminder(address: str, *, now: datetime) -> None:
    """Queues a reminder for the owner of an address, if it has one: that is looked up later, against enumeration."""
    models.TransactionalMail.objects.create(
        kind=TransactionalKind.WHICH_ADDRESS, to_address=address, created_at=now, due_at=now
    )


def _resolve_subscriber(row: models.TransactionalMail) -> bool:
    """Finds whom an answer is for. With nobody there the row goes: strangers' addresses are not kept."""
    found = subscriber_lookup.find_subscriber_by_address(row.to_address)
    if found is None or not found.subscriptions or found.suppressed not in ("", SuppressionReason.BOUNCED):
        row.delete()
        return False
    row.subscriber = models.Subscriber.objects.get(id=found.id)
    row.list = models.List.objects.get(id=found.subscriptions[0].list_id)
    row.to_address = ""
    row.save(update_fields=["subscriber", "list", "to_address"])
    return True


def has_due_mails(now: datetime) -> bool:
    """Whether there is anything for `claim_mails`."""
    in_hands = (TransactionalState.CLAIMED, TransactionalState.TAKEN)
    due = Q(state=TransactionalState.QUEUED, due_at__lte=now) | Q(state__in=in_hands, lease_until__lt=now)
    return models.TransactionalMail.objects.filter(due).exists()


def find_next_due_mail(now: datetime) -> datetime | None:
    """When a queued mail is due next, after `now`."""
    waiting = models.TransactionalMail.objects.filter(state=TransactionalState.QUEUED, due_at__gt=now)
    return waiting.order_by("due_at").values_list("due_at", flat=True).first()


def hasten_tried(now: datetime) -> int:
    """Lets mails that were tried already be tried again now. Returns how many."""
    waiting = models.TransactionalMail.objects.filter(state=TransactionalState.QUEUED, attempts__gt=0, due_at__gt=now)
    return waiting.update(due_at=now)


def _select_suppressed_keys() -> QuerySet[models.Suppression, str]:
    """Suppressed addresses. One whose mail came back may sign up again, so the mail that asks goes there."""
    return models.Suppression.objects.exclude(reason__in=policy.LIFTED_BY_SIGN_UP).values_list("address_key", flat=True)


def _to_mail(row: models.TransactionalMail, now: datetime) -> TransactionalMail:
    person = row.subscriber
    assert person is not None
    language = person.language or (row.list.language if row.list else "en")
    return TransactionalMail(
        id=row.id,
        kind=_get_text_kind(row),
        address=addresses.to_sendable(row.to_address or person.address),
        language=language,
        list_id=row.list_id,
        list_name=row.list.name if row.list else "",
        button_url=f"{settings.CONFIG.base_url}{_build_link(row, now)}",
        attempts=row.attempts + 1,
    )


def _get_text_kind(row: models.TransactionalMail) -> str:
    """Which words a mail has. Of “moved” there are three: the subscriber, the newsroom, or an undo changed the address.

    They are one kind in the table, so that a process of a version before still sends a notice.
    """
    if row.kind == TransactionalKind.ADDRESS_CHANGED and row.about:
        return TransactionalKind.ADDRESS_CHANGED_BY_DESK if row.about > 0 else TransactionalKind.ADDRESS_RESTORED
    return row.kind


def _build_link(row: models.TransactionalMail, now: datetime) -> str:
    """Where the button of a mail leads. The link is made when it is sent, so that its time begins then."""
    signer, list_id, person = subscriber_lookup.get_signer(), row.list_id or 0, row.subscriber_id or 0
    if row.kind == TransactionalKind.CONFIRM:
        return f"/c/{signer.sign_confirmation(list_id, person, now + CONFIRM_WITHIN)}"
    if row.kind == TransactionalKind.STAY:
        return f"/s/{signer.sign_expiring(tokens.STAY, list_id, person, now + STAY_WITHIN)}"
    if row.kind == TransactionalKind.NEW_ADDRESS:
        return f"/me/{signer.sign_expiring(tokens.NEW_ADDRESS, row.about, person, now + NEW_ADDRESS_WITHIN)}"
    if row.kind == TransactionalKind.ADDRESS_CHANGED and row.about > 0:
        return f"/me/{signer.sign_expiring(tokens.TAKE_BACK, row.about, person, now + TAKE_BACK_WITHIN)}"
    if (
        row.kind == TransactionalKind.ADDRESS_CHANGED and row.about < 0
    ):  # no link to anything of the person: one of the two is not theirs
        return "/join/"
    if row.kind in tokens.BY_MAIL:
        return f"/me/{signer.sign_expiring(tokens.BY_MAIL[row.kind], 0, person, now + LINK_WITHIN)}"
    return f"/{'u' if row.kind == TransactionalKind.GOODBYE else 'p'}/{signer.sign_footer(list_id, person)}"


def mark_mail_sent(mail_id: int, now: datetime) -> None:
    """The provider has it."""
    _filter_unsettled(mail_id).update(state=TransactionalState.SENT, done_at=now, lease_until=None, error="")


def mark_mail_failed(mail_id: int, error: str, now: datetime, *, retry_at: datetime | None = None) -> None:
    """The provider refused it: tried again at `retry_at`, or given up (None)."""
    if retry_at is None:
        _filter_unsettled(mail_id).update(state=TransactionalState.FAILED, done_at=now, lease_until=None, error=error)
    else:
        _filter_unsettled(mail_id).update(
            state=TransactionalState.QUEUED, due_at=retry_at, lease_until=None, error=error
        )


def mark_mail_unknown(mail_id: int, error: str, now: datetime) -> None:
    """The answer was lost: never retried."""
    _filter_unsettled(mail_id).update(state=TransactionalState.UNKNOWN, done_at=now, lease_until=None, error=error)


def give_up_queued(error: str, now: datetime, *, created_before: datetime) -> int:
    """Counts what is queued or in somebody's hands since before an instant as unknown. Returns how many mails."""
    waiting = (TransactionalState.QUEUED, TransactionalState.TAKEN, TransactionalState.CLAIMED)
    mine = models.TransactionalMail.objects.filter(state__in=waiting, created_at__lte=created_before)
    return mine.update(state=TransactionalState.UNKNOWN, done_at=now, lease_until=None, error=error)


def _filter_unsettled(mail_id: int) -> QuerySet[models.TransactionalMail]:
    """A mail somebody is sending; an answer that comes after its lease ran out still settles it."""
    return models.TransactionalMail.objects.filter(
        id=mail_id,
        state__in=(TransactionalState.TAKEN, TransactionalState.CLAIMED, TransactionalState.UNKNOWN),
    )
