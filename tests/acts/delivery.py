"""Acts of this package: see `tests.acts`."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from newsletter.curator.editions.models import Edition, Snapshot
from newsletter.delivery import isolation, models
from newsletter.delivery.events import inbox
from newsletter.delivery.ledger.format import FORMAT, Outcomes, pack_members
from newsletter.delivery.ledger.states import BatchState, MailingKind, MailingState, Outcome, RecallState
from newsletter.delivery.providers.base import CancelStatus
from newsletter.delivery.reports import proof
from newsletter.delivery.sending import mailings
from newsletter.delivery.sending.recall import complete_next_recall, recall_mailing, resume_mailing
from newsletter.delivery.sending.repair import repair_mailing, settle_unknown
from newsletter.delivery.sending.send_again import send_again
from tests.acts import Act, Prepare, World


class Recaller:
    """A provider that says yes to every recall."""

    name = "sendgrid"
    account = ""
    former_accounts: tuple[str, ...] = ()
    max_batch = 1
    can_schedule = can_cancel = True
    max_cancelled = 10

    def send_batch(self, request: Any, now: Any) -> Any: ...

    def new_cancel_id(self) -> str: ...  # type: ignore[empty-body]

    def cancelled_ids(self) -> set[str]:
        return set()

    def get_cancel_status(self, cancel_id: str) -> CancelStatus:
        return CancelStatus.NONE

    def cancel(self, cancel_id: str) -> None: ...

    def release(self, cancel_id: str) -> None: ...


def plan_mailing(world: World, state: MailingState = MailingState.SENDING, **fields: Any) -> int:
    """A mailing of the morning newsletter, with one batch of two subscribers that nobody has yet."""
    edition = Edition.objects.create(
        newsletter_id=world.morning.id, date=world.now.date(), created_at=world.now, changed_at=world.now
    )
    snapshot = Snapshot.objects.create(edition=edition, merge=[], approved_at=world.now)
    given = {"due_at": world.now, "created_at": world.now, "frozen_at": world.now, "candidates": 2, "planned": 2}
    mailing = models.Mailing.objects.create(
        key="mailing",
        kind=MailingKind.EDITION,
        state=state,
        newsletter_id=world.morning.id,
        list_id=world.morning.list_id,
        edition=edition,
        snapshot=snapshot,
        provider="sendgrid",
        **(given | fields),
    )
    models.Batch.objects.create(
        mailing=mailing,
        number=1,
        key="batch",
        format=FORMAT,
        members=pack_members([101, 102]),
        outcomes=Outcomes.all_planned(2).pack(),
        size=2,
        first_id=101,
        last_id=102,
        state=BatchState.PLANNED,
        due_at=world.now,
    )
    return mailing.id


def _create(world: World) -> Act:
    edition = Edition.objects.create(
        newsletter_id=world.morning.id, date=world.now.date(), created_at=world.now, changed_at=world.now
    )
    snapshot = Snapshot.objects.create(edition=edition, merge=[], approved_at=world.now)
    return lambda by: mailings.create_mailing(
        snapshot_id=snapshot.id,
        edition_id=edition.id,
        newsletter_id=world.morning.id,
        list_id=world.morning.list_id,
        kind=MailingKind.EDITION,
        due_at=world.now,
        provider="outbox",
        by=by,
        now=world.now,
    )


def _settle(mailing_id: int, state: BatchState, outcome: Outcome) -> None:
    models.Batch.objects.filter(mailing_id=mailing_id).update(state=state, outcomes=bytes([outcome, 0] * 2))


def _pause(world: World) -> Act:
    mailing_id = plan_mailing(world)
    return lambda by: mailings.pause(mailing_id, by=by, now=world.now)


def _resume(world: World) -> Act:
    mailing_id = plan_mailing(world, MailingState.PAUSED)
    return lambda by: mailings.resume(mailing_id, by=by, now=world.now)


def _retry_failed(world: World) -> Act:
    models.FailedItem.objects.create(step="Testing", item=1, first_at=world.now, next_at=world.now)
    return lambda by: isolation.retry_failed(by=by, now=world.now)


def _close(world: World) -> Act:
    mailing_id = plan_mailing(world)
    _settle(mailing_id, BatchState.UNKNOWN, Outcome.UNKNOWN)
    models.Mailing.objects.filter(id=mailing_id).update(kind=MailingKind.CORRECTION)  # its edition is but a draft
    return lambda by: mailings.close(mailing_id, reason="Nobody will ever know.", by=by, now=world.now)


def _cancel(world: World) -> Act:
    mailing_id = plan_mailing(world)
    return lambda by: mailings.cancel(mailing_id, by=by, now=world.now)


def _recall(world: World) -> Act:
    mailing_id = plan_mailing(
        world, recall=RecallState.OPEN, cancel_id="some id", due_at=world.now + timedelta(hours=1)
    )
    return lambda by: recall_mailing(mailing_id, by=by, now=world.now, provider=Recaller())


def _resume_in_window(world: World) -> Act:
    mailing_id = plan_mailing(world, MailingState.PAUSED, recall=RecallState.OPEN, cancel_id="some id")
    return lambda by: resume_mailing(mailing_id, by=by, now=world.now, provider=Recaller())


def _complete_recall(world: World) -> Act:
    plan_mailing(
        world,
        MailingState.RECALLING,
        recall=RecallState.OPEN,
        cancel_id="some id",
        recalling_by="somebody",
        due_at=world.now + timedelta(hours=1),
    )
    return lambda by: complete_next_recall(world.now, Recaller(), by=by)


def _repair(world: World) -> Act:
    mailing_id = plan_mailing(world)
    _settle(mailing_id, BatchState.REFUSED, Outcome.REFUSED)
    return lambda by: repair_mailing(mailing_id, by=by, now=world.now)


def _send_again(world: World) -> Act:
    mailing_id = plan_mailing(world, MailingState.FINISHED)
    _settle(mailing_id, BatchState.ACCEPTED, Outcome.BOUNCED)
    batch = models.Batch.objects.get(mailing_id=mailing_id)
    models.DeliveryException.objects.create(
        mailing_id=mailing_id, batch=batch, subscriber_id=101, address="", kind="bounced", reason="5.7.1", at=world.now
    )
    return lambda by: send_again(mailing_id, by=by, now=world.now)


def _settle_unknown(world: World) -> Act:
    mailing_id = plan_mailing(world)
    _settle(mailing_id, BatchState.UNKNOWN, Outcome.UNKNOWN)
    return lambda by: settle_unknown(mailing_id, by=by, now=world.now)


def _export_proof(world: World) -> Act:
    mailing_id = plan_mailing(world)
    return lambda by: proof.export_proof(mailing_id, io.StringIO(), by=by, now=world.now)


def _stream_proof(world: World) -> Act:
    mailing_id = plan_mailing(world)
    return lambda by: proof.stream_proof(mailing_id, by=by, now=world.now)


def _retry_quarantined(world: World) -> Act:
    models.WebhookPayload.objects.create(body=b"[]", received_at=world.now, quarantined_at=world.now)
    return lambda by: inbox.retry_quarantined(by=by, now=world.now)


ACTS: dict[str, Prepare] = {
    "newsletter.delivery.events.inbox.retry_quarantined": _retry_quarantined,
    "newsletter.delivery.isolation.retry_failed": _retry_failed,
    "newsletter.delivery.reports.proof.export_proof": _export_proof,
    "newsletter.delivery.reports.proof.stream_proof": _stream_proof,
    "newsletter.delivery.sending.mailings.cancel": _cancel,
    "newsletter.delivery.sending.mailings.close": _close,
    "newsletter.delivery.sending.mailings.create_mailing": _create,
    "newsletter.delivery.sending.mailings.pause": _pause,
    "newsletter.delivery.sending.mailings.resume": _resume,
    "newsletter.delivery.sending.recall.complete_next_recall": _complete_recall,
    "newsletter.delivery.sending.recall.recall_mailing": _recall,
    "newsletter.delivery.sending.recall.resume_mailing": _resume_in_window,
    "newsletter.delivery.sending.repair.repair_mailing": _repair,
    "newsletter.delivery.sending.repair.settle_unknown": _settle_unknown,
    "newsletter.delivery.sending.send_again.send_again": _send_again,
}
