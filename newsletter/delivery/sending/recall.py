"""Recalling what was submitted in an open recall window. Every case: docs/recall.md.

That somebody recalls a mailing is stored before the provider is asked: it is *recalling* then, and submits nothing. It
stays so while nobody knows what became of the cancellation; a sweep asks the provider until that is known. What the
provider says of its id counts, whatever our rows say.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum

from newsletter.curator.editions import approval
from newsletter.delivery import alarms, isolation, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingKind, MailingState, Outcome, RecallState
from newsletter.delivery.providers import accounts
from newsletter.delivery.providers.base import Canceller, CancelStatus, Provider, ProviderError
from newsletter.delivery.sending import backlog, mailings, recall_window
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import NewsletterError, Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RecallResult:
    """Subscribers whom a recall spared: `caught` at the provider, `withdrawn` before they were submitted.

    Those `in_flight` were being submitted: when the answers come, or do not, they are settled as spared as well.
    """

    caught: int
    withdrawn: int
    in_flight: int = 0


def recall_mailing(
    mailing_id: int, *, by: Actor, now: datetime, provider: Provider, accept_account: bool = False
) -> RecallResult:
    """Stops a mailing before its instant: all that was submitted is cancelled at the provider, the rest withdrawn.

    Unknown recipients are spared too: the provider cancels whatever it has under our id. The edition can be edited
    and sent again. Raises Refused when there is nothing to recall or no time left, ProviderError when the provider does
    not confirm: then it is recalling, submits nothing, and the provider is asked again every minute. Another account
    of the provider than it was submitted by is asked only with `accept_account`: it may be the same one with a new key.
    Raises NotFound, NotAllowed.
    """
    require_right(by, Verb.SEND, newsletter_id=mailings.get_row(mailing_id).newsletter_id)
    found = _get_recallable(mailing_id, now)
    _require_canceller(found, provider, accept_account=accept_account)
    row = _begin(found, by, now, provider)
    canceller = _require_canceller(row, provider)
    try:
        canceller.cancel(row.cancel_id)
    except ProviderError as error:
        _note_failure(row, error)
        raise ProviderError(
            f"{error} Nothing more of mailing {mailing_id} is submitted, and the provider is asked again every minute.",
            command_hint=f"See what became of it: newsletter mailings show {mailing_id}",
        ) from error
    return _finish(row.id, by, now)


def _begin(row: models.Mailing, by: Actor, now: datetime, provider: Provider) -> models.Mailing:
    """Stores that somebody recalls a mailing, before anything is asked of the provider: nothing is submitted then."""
    if row.account not in ("", provider.account):  # whoever recalls it accepts that
        with transaction.atomic():
            models.Mailing.objects.filter(id=row.id).update(account=provider.account)
            detail = f"with the account {provider.account} in place of {row.account}"
            by.record(ActionRecord("accepted account", f"mailing {row.id}", now, row.newsletter_id, detail))
    # Where it is recalling already, nothing changes: the provider is asked once more, now.
    mine = models.Mailing.objects.filter(id=row.id, recall=RecallState.OPEN, state__in=states.RECALLABLE_MAILING_STATES)
    with transaction.atomic():
        if mine.update(
            state=MailingState.RECALLING,
            reason=f"being recalled by {by.name}"[:300],
            recalling_since=now,
            recalling_by=by.name[:254],
            ask_provider_at=now + recall_window.RETRY_AFTER,
        ):
            before, after = {"state": row.state}, {"state": MailingState.RECALLING.value}
            target = f"mailing {row.id}"
            by.record(ActionRecord("asked to recall", target, now, row.newsletter_id, before=before, after=after))
    return _get_recallable(row.id, now)


def _require_canceller(row: models.Mailing, provider: Provider, *, accept_account: bool = False) -> Canceller:
    """The provider that has the mailing, which alone can say what becomes of it. Raises Refused for another.

    And for another account with it, unless that is accepted: an id of ours means nothing there.
    """
    if row.provider != provider.name or not isinstance(provider, Canceller):
        raise Refused(
            f"{row.provider} has mailing {row.id}, and the provider is now {provider.name}. Set "
            f"NEWSLETTER_PROVIDER={row.provider}, restart, and try again."
        )
    if not accept_account and row.account not in ("", provider.account):
        raise Refused(
            f"Mailing {row.id} was {accounts.describe_difference(row.account, provider.account)}, which knows nothing "
            "of it. Set that again and try again, or accept it when it is the same account with a new key.",
            command_hint="To accept it, add --accept-account.",
        )
    return provider


def _note_failure(row: models.Mailing, error: NewsletterError) -> None:
    reason = f"being recalled by {row.recalling_by}; not confirmed yet: {error}"[:300]
    if row.reason != reason:
        models.Mailing.objects.filter(id=row.id, state=MailingState.RECALLING).update(reason=reason)
        log.warning("The recall of mailing %s is not confirmed: %s", row.id, error)


def _finish(mailing_id: int, by: Actor, now: datetime) -> RecallResult:
    """Writes down that the provider has cancelled a mailing, whatever our row says by now. Raises Refused where it is
    over.
    """
    mine = models.Mailing.objects.filter(id=mailing_id, recall=RecallState.OPEN, recalled_at=None)
    mine = mine.exclude(state__in=(MailingState.CANCELLED, MailingState.FINISHED))
    with transaction.atomic():
        row = mine.select_for_update().first()
        if row is None:
            found = mailings.get_row(mailing_id)
            why = f": {found.reason}" if found.reason else ""
            raise Refused(f"Mailing {mailing_id} is {found.state} already{why}.")
        asked_by = row.recalling_by or by.name
        mine.update(state=MailingState.CANCELLED, reason=f"recalled by {asked_by}"[:300], recalled_at=now)
        withdrawn = mailings.withdraw_planned(row.id)
        caught = settle_recalled(row.id)
        open_ones = models.Batch.objects.filter(mailing_id=row.id, state__in=states.OPEN_BATCH_STATES)
        in_flight = open_ones.aggregate(n=Sum("size"))["n"] or 0
        if row.kind == MailingKind.EDITION:
            approval.mark_recalled(row.edition_id, now=now)
        detail = f"{caught + withdrawn + in_flight} subscribers"
        detail += "" if asked_by == by.name else f", as asked by {asked_by}"
        before, after = {"state": row.state}, {"state": MailingState.CANCELLED.value}
        target = f"mailing {mailing_id}"
        by.record(ActionRecord("recalled", target, now, row.newsletter_id, detail, before=before, after=after))
    return RecallResult(caught, withdrawn, in_flight)


def resume_mailing(
    mailing_id: int,
    *,
    by: Actor,
    now: datetime,
    provider: Provider,
    accept_account: bool = False,
    late: bool = False,
) -> None:
    """Lets a paused mailing go on from where it stands, or one that is being recalled: then the recall is given up.

    With a recall window the provider is asked first, and only what it has not cancelled goes on: otherwise it would be
    accepted by our rows and mailed to nobody. `accept_account`, `late`: see `mailings.resume`. Raises NotFound,
    NotAllowed, Refused, and ProviderError when it does not answer.
    """
    row = mailings.get_row(mailing_id)
    require_right(by, Verb.SEND, newsletter_id=row.newsletter_id)
    resumable = row.state in (MailingState.PAUSED, MailingState.RECALLING)
    if resumable and row.recall == RecallState.OPEN:
        status = _require_canceller(row, provider, accept_account=accept_account).get_cancel_status(row.cancel_id)
        if status is CancelStatus.CANCELLED:
            _finish(row.id, by, now)
            raise Refused(
                f"{row.provider} has cancelled mailing {mailing_id}, so it is not resumed: nobody gets it. It is "
                "recalled, and its edition is a draft again: edit, approve and send it."
            )
        if status is CancelStatus.PAUSED:
            raise Refused(
                f"Somebody has paused mailing {mailing_id} at {row.provider} itself (batch id {row.cancel_id}). Take "
                "that back there, then resume."
            )
    mailings.resume(
        mailing_id,
        by=by,
        now=now,
        not_cancelled=True,
        account=provider.account if row.provider == provider.name else "",
        accept_account=accept_account,
        late=late,
    )


def complete_next_recall(now: datetime, provider: Provider, *, by: Actor) -> bool:
    """Asks the provider what became of a recall of which nobody knows, and goes on as it says.

    What is not cancelled is cancelled again as long as there is time. Also looks once, when nothing can be cancelled
    any more, whether a mailing that is about to leave was cancelled after all. Returns whether there was one to ask
    about; each is asked about once a minute.
    """
    if not isinstance(provider, Canceller):
        return False
    of_provider = backlog.select_unsure_recalls(now).filter(provider=provider.name)
    to_ask = of_provider.filter(account__in=("", provider.account))
    row = to_ask.order_by("due_at", "id").first()
    if row is None:
        for other in of_provider.filter(state=MailingState.RECALLING):
            _note_other_account(other, provider)
        return False
    require_right(by, Verb.SEND, newsletter_id=row.newsletter_id)
    if not to_ask.filter(id=row.id).update(ask_provider_at=now + recall_window.RETRY_AFTER):
        return True  # another worker asks

    def complete(_: int) -> None:
        try:
            _complete(row, provider, now, by)
        except NewsletterError as error:
            _note_failure(row, error)

    isolation.run_each("Completing the recall of mailing", [row.id], complete, now)
    return True


def _note_other_account(row: models.Mailing, provider: Provider) -> None:
    """Says why a recall is not completed by this process; another that has the right account may do it."""
    try:
        _require_canceller(row, provider)
    except Refused as error:
        _note_failure(row, error)


def _complete(row: models.Mailing, provider: Canceller, now: datetime, by: Actor) -> None:
    status = provider.get_cancel_status(row.cancel_id)
    recalling = row.state == MailingState.RECALLING
    stoppable = status is CancelStatus.PAUSED or recall_window.can_be_recalled(row.due_at, now)
    if status is not CancelStatus.CANCELLED and recalling and stoppable:
        provider.cancel(row.cancel_id)
        status = CancelStatus.CANCELLED
    if status is CancelStatus.CANCELLED:
        if not row.recalling_by:
            alarms.raise_alarm(row.id, f"{row.provider} reports it as cancelled, and nobody recalled it here.", now)
        _finish(row.id, by, now)
    elif status is CancelStatus.PAUSED:
        message = f"Somebody has paused it at {row.provider} itself (batch id {row.cancel_id}): it does not leave."
        alarms.raise_alarm(row.id, message, now)
    elif now > row.due_at - recall_window.PROVIDER_LIMIT:  # until then a cancellation may still be under way
        if recalling:
            _give_up(row, now, by)
        # What somebody wanted to recall is looked up once more at its time: what the provider says may lag behind.
        again = row.recalling_since is not None and now < row.due_at
        models.Mailing.objects.filter(id=row.id).update(
            window_checked_at=None if again else now, ask_provider_at=row.due_at
        )


def _give_up(row: models.Mailing, now: datetime, by: Actor) -> None:
    """Lets a mailing go on that the provider has not cancelled in time: it sends what it has."""
    waiting = models.Batch.objects.filter(mailing_id=row.id, state__in=(BatchState.PLANNED, BatchState.CLAIMED))
    to = MailingState.SENDING if row.started_at and not waiting.exists() else MailingState.PAUSED
    rest = " What is not submitted yet waits: resume it, or cancel it." if to is MailingState.PAUSED else ""
    why = f"The recall by {row.recalling_by} failed: {row.provider} has not cancelled it, and sends what it has.{rest}"
    with transaction.atomic():
        mine = models.Mailing.objects.filter(id=row.id, state=MailingState.RECALLING)
        if not mine.update(state=to, reason=why[:300] if to is MailingState.PAUSED else ""):
            return
        if to is not MailingState.PAUSED:  # what is paused says why by itself
            alarms.raise_alarm(row.id, why, now)
        before, after = {"state": row.state}, {"state": to.value}
        target = f"mailing {row.id}"
        by.record(ActionRecord("failed to recall", target, now, row.newsletter_id, before=before, after=after))


def _get_recallable(mailing_id: int, now: datetime) -> models.Mailing:
    row = mailings.get_row(mailing_id)
    if row.state == MailingState.SCHEDULED:
        raise Refused(
            f"Nothing of mailing {mailing_id} was submitted yet. Cancel it instead.",
            command_hint=f"Use: newsletter mailings cancel {mailing_id}",
        )
    if row.state == MailingState.CANCELLED:
        raise Refused(f"Mailing {mailing_id} is cancelled already{f': {row.reason}' if row.reason else ''}.")
    if row.state == MailingState.RECALLING:
        return row
    if row.recall != RecallState.OPEN or row.state not in states.RECALLABLE_MAILING_STATES:
        raise Refused(
            f"Mailing {mailing_id} is {row.state} and has no recall window, so what the provider has cannot be "
            "called back. Pause it to stop the rest.",
            command_hint=f"Use: newsletter mailings pause {mailing_id}",
        )
    if not recall_window.can_be_recalled(row.due_at, now):
        raise Refused(
            f"It is too late: mailing {mailing_id} leaves in less than {recall_window.LAST_CALL.seconds // 60} "
            "minutes or has left. Cancel it to stop what was not submitted yet.",
            command_hint=f"Use: newsletter mailings cancel {mailing_id}",
        )
    return row


def settle_recalled(mailing_id: int) -> int:
    """Notes in the ledger of a recalled mailing who was spared: everybody the provider has or may have. How many."""
    caught = 0
    mine = models.Batch.objects.filter(mailing_id=mailing_id, state__in=(BatchState.ACCEPTED, BatchState.UNKNOWN))
    for batch in mine.iterator(chunk_size=50):
        while (marked := _mark_recalled(batch)) is None:
            batch.refresh_from_db()  # an event changed it meanwhile: once more, on what it says now
        caught += marked
    return caught


def _mark_recalled(batch: models.Batch) -> int | None:
    """Marks everybody in a batch whom the provider has or may have. How many; None when the row changed."""
    outcomes = Outcomes(batch.outcomes, batch.format)
    places = outcomes.list_places(Outcome.ACCEPTED) + outcomes.list_places(Outcome.UNKNOWN)
    if not places:
        return 0
    outcomes.mark(places, Outcome.RECALLED)
    updated = models.Batch.objects.filter(id=batch.id, version=batch.version).update(
        state=states.derive_batch_state(outcomes.count_outcomes()),
        outcomes=outcomes.pack(),
        version=F("version") + 1,
    )
    return len(places) if updated else None


def settle_late_batches(now: datetime) -> int:
    """Does so for batches that were in flight when their mailing was recalled: the provider dropped them too.

    As long as the provider keeps the cancellation: see `recall_slots.free_slots`.
    """
    late = models.Batch.objects.filter(
        mailing__recalled_at__isnull=False,
        mailing__recall=RecallState.OPEN,
        state__in=(BatchState.ACCEPTED, BatchState.UNKNOWN),
    )
    found = sorted(set(late.values_list("mailing_id", flat=True)))
    return isolation.run_each("Settling recalled mailing", found, settle_recalled, now)
