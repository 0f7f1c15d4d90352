"""Making mailings, finishing them, and the decisions of operators. Freezing the audience: `freezing`.

create ─▶ scheduled ─freeze─▶ freezing ─(counts reconcile)─▶ sending ─(all settled)─▶ finished
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from newsletter.accounts.user_names import get_user_name
from newsletter.catalog import newsletters
from newsletter.curator.editions import approval, edition_lookup
from newsletter.delivery import alarms, isolation, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import FORMAT, Outcomes
from newsletter.delivery.ledger.states import BatchState, MailingKind, MailingState, Outcome, RecallState
from newsletter.delivery.providers import accounts, registry
from newsletter.delivery.sending import envelopes, late_mailings, probing, recall_window, unsettled
from newsletter.kernel import ids
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused

log = logging.getLogger(__name__)

NEWER_FORMAT_ALARM = (
    "Batches of it were written by a newer version and wait for a worker of that version. Update the workers."
)


def create_mailing(
    *,
    snapshot_id: int,
    edition_id: int,
    newsletter_id: int,
    list_id: int,
    kind: MailingKind,
    due_at: datetime,
    provider: str,
    by: Actor,
    now: datetime,
    occurrence_id: int | None = None,
    recall_minutes: int = 0,
) -> int:
    """Plans the sending of a snapshot at `due_at`: the id of the mailing. An edition has one: a second is Refused.

    One that is held because the edition was edited takes the new snapshot and the new time. With `recall_minutes` it
    is submitted that long before, where the provider can be stopped until then. Raises NotAllowed, and BadInput for a
    provider there is not.
    """
    require_right(by, Verb.SEND, newsletter_id=newsletter_id)
    registry.get_max_batch(provider)  # an unknown provider fails now, not at seven in the morning
    window = _plan_recall_window(provider, due_at, recall_minutes, now)
    of_edition = models.Mailing.objects.filter(edition_id=edition_id, kind=kind).exclude(state=MailingState.CANCELLED)
    if kind == MailingKind.CORRECTION:  # of those an edition may have several, each of its own words
        of_edition = of_edition.filter(snapshot_id=snapshot_id)
    existing = of_edition.first()
    if existing is not None:
        return _reschedule(existing, snapshot_id, due_at, window, occurrence_id, by=by, now=now)
    try:
        with transaction.atomic():
            row = models.Mailing.objects.create(
                key=_derive_key(edition_id, snapshot_id, kind),
                kind=kind,
                newsletter_id=newsletter_id,
                edition_id=edition_id,
                snapshot_id=snapshot_id,
                occurrence_id=occurrence_id,
                list_id=list_id,
                provider=provider,
                state=MailingState.SCHEDULED,
                due_at=due_at,
                created_at=now,
                created_by=by.name[:254],
                **window,
            )
            _record_plan(by, row, snapshot_id, due_at, now)
    except IntegrityError:
        raise Conflict(
            f"Somebody else has just sent edition {edition_id}.", command_hint="See: newsletter mailings list"
        ) from None
    return row.id


def _derive_key(edition_id: int, snapshot_id: int, kind: MailingKind) -> str:
    """The key of the next mailing of an edition: after a restore it is that of the mailing that was lost."""
    before = models.Mailing.objects.filter(edition_id=edition_id).count()
    (key,) = _derive_keys(edition_id, snapshot_id, kind, [before])
    return ids.generate_id() if models.Mailing.objects.filter(key=key).exists() else key


def _derive_keys(edition_id: int, snapshot_id: int, kind: str, before: Iterable[int]) -> tuple[str, ...]:
    """The keys of mailings of these words, by how many mailings the edition had before."""
    edition = edition_lookup.get_edition(edition_id)
    sha256 = edition_lookup.get_snapshot(snapshot_id).sha256
    about = (edition.newsletter_id, edition.date.isoformat(), str(kind), sha256)
    return tuple(ids.derive_id(settings.SECRET_KEY, "mailing", *about, each) for each in before)


def list_possible_keys(row: models.Mailing) -> frozenset[str]:
    """The keys that mailings of the same words to the same list may have had in a database that was lost since."""
    count = models.Mailing.objects.filter(edition_id=row.edition_id).count()
    return frozenset({row.key, *_derive_keys(row.edition_id, row.snapshot_id, row.kind, range(count + 5))})


def _plan_recall_window(provider: str, due_at: datetime, minutes: int, now: datetime) -> dict[str, Any]:
    """The recall window of a new mailing: none, or one that is to be opened."""
    begins_at = recall_window.compute_begins_at(due_at, minutes, now) if registry.can_cancel(provider) else None
    return {"recall": RecallState.WANTED if begins_at else RecallState.NONE, "begins_at": begins_at}


def _reschedule(
    row: models.Mailing,
    snapshot_id: int,
    due_at: datetime,
    window: dict[str, Any],
    occurrence_id: int | None,
    *,
    by: Actor,
    now: datetime,
) -> int:
    # A mailing that froze its audience may have reached people: it is never armed again.
    rows = models.Mailing.objects.filter(
        id=row.id, state__in=(MailingState.HELD, MailingState.SCHEDULED), frozen_at=None
    )
    fresh = {"occurrence_id": occurrence_id} if occurrence_id and row.occurrence_id is None else {}
    changed = row.state == MailingState.HELD or row.snapshot_id != snapshot_id
    with transaction.atomic():
        if planned := changed and rows.update(
            state=MailingState.SCHEDULED,
            reason="",
            snapshot_id=snapshot_id,
            due_at=due_at,
            created_by=by.name[:254],
            **window,
            **fresh,
        ):
            before = {"state": row.state, "snapshot": row.snapshot_id, "due_at": row.due_at}
            _record_plan(by, row, snapshot_id, due_at, now, before)
    if not planned:
        raise Refused(
            f"Edition {row.edition_id} has the mailing {row.id} already, which is {row.state}.",
            command_hint=f"See: newsletter mailings show {row.id}",
        )
    return row.id


def _record_plan(
    by: Actor,
    row: models.Mailing,
    snapshot_id: int,
    due_at: datetime,
    now: datetime,
    before: dict[str, object] | None = None,
) -> None:
    after = {"state": MailingState.SCHEDULED.value, "snapshot": snapshot_id, "due_at": due_at}
    detail = f"edition {row.edition_id}"
    action = "planned again" if before else "planned"
    by.record(ActionRecord(action, f"mailing {row.id}", now, row.newsletter_id, detail, before or {}, after))


def finish_settled(now: datetime) -> int:
    """Closes mailings whose batches are all settled, but for those with too many unknown. Returns how many."""
    _withdraw_returned_batches(now)
    still_open = _select_open_batches(OuterRef("id"))
    # What can still be recalled is not over, though all of it is submitted; nor what somebody wanted to recall, until
    # the provider said that it is not cancelled.
    unsure = Q(recalling_since__isnull=False, window_checked_at=None)
    recallable = Q(Q(due_at__gt=now) | unsure, recall=RecallState.OPEN)
    rows = models.Mailing.objects.filter(~Exists(still_open), ~recallable, state=MailingState.SENDING)
    ids = list(rows.values_list("id", flat=True))
    return isolation.run_each("Finishing mailing", ids, lambda each: _finish_unless_unknown(get_row(each), now), now)


def _select_open_batches(mailing_id: int | OuterRef) -> QuerySet[models.Batch]:
    return models.Batch.objects.filter(mailing_id=mailing_id, state__in=states.OPEN_BATCH_STATES)


def _finish_unless_unknown(row: models.Mailing, now: datetime) -> bool:
    """Finishes a mailing; one with too many unknown stays as it is, and an alarm says so once."""
    said = _select_unknown_alarms(row.id)
    if unsettled.has_too_many_unknown(row):
        if not said.exists():
            alarms.raise_alarm(row.id, unsettled.ALARM, now)
        return False
    said.delete()
    return _finish(row, now, row.reason)  # which one that was closed, and then repaired, has still


def _select_unknown_alarms(mailing_id: int) -> QuerySet[models.Alarm]:
    """The alarm that a mailing is not over, which it is when somebody closed or cancelled it."""
    return models.Alarm.objects.filter(mailing_id=mailing_id, message=unsettled.ALARM)


def _finish(row: models.Mailing, now: datetime, reason: str, **values: Any) -> bool:
    with transaction.atomic():  # together: a kill in between would leave the edition unsent for ever
        mine = models.Mailing.objects.filter(id=row.id, state=MailingState.SENDING)
        # Between our look and this a repair may have planned batches: whoever plans some locks the row as well.
        if mine.select_for_update().first() is None or _select_open_batches(row.id).exists():
            return False
        if not mine.update(state=MailingState.FINISHED, finished_at=now, reason=reason[:300], **values):
            return False
        if row.kind == MailingKind.EDITION:
            approval.mark_sent(row.edition_id, now=now)
    return True


def _withdraw_returned_batches(now: datetime) -> None:
    """Batches that were in a worker's hands when their mailing was cancelled, and came back: unsent, or too late."""
    back = models.Batch.objects.filter(state=BatchState.PLANNED, mailing__state=MailingState.CANCELLED)
    ids = sorted(set(back.values_list("mailing_id", flat=True)))
    isolation.run_each("Withdrawing batches of mailing", ids, lambda each: withdraw_planned(each) * 0, now)


def pause_on_error(mailing_id: int, reason: str) -> None:
    """Pauses a mailing that cannot continue without an operator. Harmless if it has stopped already."""
    rows = models.Mailing.objects.filter(id=mailing_id, state=MailingState.SENDING)
    if rows.update(state=MailingState.PAUSED, reason=reason[:300]):
        log.error("Mailing %s stops: %s", mailing_id, reason)


def pause_lost_probes(now: datetime) -> int:
    """Pauses mailings whose first requests all lost their answer with the process that made them. Returns how many."""
    mine = models.Batch.objects.filter(mailing_id=OuterRef("id"))
    waiting = models.Mailing.objects.filter(
        Exists(mine.filter(state=BatchState.PLANNED, due_at__lte=now)),
        Exists(mine.filter(state=BatchState.UNKNOWN)),
        ~Exists(mine.filter(state__in=(BatchState.CLAIMED, BatchState.SENDING))),
        state=MailingState.SENDING,
        proven_at=None,
    )
    paused = 0
    for row in waiting:
        if not probing.may_claim(row, now):
            lost = probing.count_allowed(row)
            requests = f"The first {lost} requests" if lost > 1 else "A request"
            pause_on_error(row.id, f"{requests} ended without an answer. Look at the provider, then resume.")
            paused += 1
    return paused


def report_newer_batches(now: datetime) -> int:
    """Raises an alarm, once, of each mailing with batches that this version cannot read: they wait for one that can."""
    newer = models.Batch.objects.filter(state=BatchState.PLANNED, format__gt=FORMAT, due_at__lte=now)
    found = set(newer.filter(mailing__state=MailingState.SENDING).values_list("mailing_id", flat=True))
    told = models.Alarm.objects.filter(mailing_id__in=found, message=NEWER_FORMAT_ALARM)
    for mailing_id in found.difference(told.values_list("mailing_id", flat=True)):
        alarms.raise_alarm(mailing_id, NEWER_FORMAT_ALARM, now)
    return 0


def pause_other_providers(
    provider: str, now: datetime, *, account: str = "", has_new_key: Callable[[str], bool] = lambda account: False
) -> int:
    """Pauses mailings planned for another provider, or account with it, than this process has.

    They would wait in silence. Returns how many. None, where `has_new_key` says that there is another key by now than
    that of our account: with that the next look judges.
    """
    due = models.Batch.objects.filter(mailing_id=OuterRef("id"), state=BatchState.PLANNED, due_at__lte=now)
    rows = models.Mailing.objects.filter(Exists(due), state=MailingState.SENDING)
    found = list(rows.exclude(provider=provider, account__in=("", account)).values_list("id", "provider", "account"))
    if found and has_new_key(account):
        return 0
    for mailing_id, planned_for, planned_account in found:
        if planned_for == provider:
            pause_on_error(mailing_id, _describe_other_account(planned_account, account))
            continue
        pause_on_error(
            mailing_id,
            f"It was planned for {planned_for}, but the provider is now {provider}. Set "
            f"NEWSLETTER_PROVIDER={planned_for} "
            "and restart, then resume; or cancel it and send the edition again.",
        )
    return len(found)


def rename_account(former: Collection[str], account: str) -> int:
    """Gives mailings of our account its fingerprint where they have that of a former version. Returns how many."""
    return models.Mailing.objects.filter(account__in=former).update(account=account) if former else 0


def _describe_other_account(planned_for: str, account: str) -> str:
    return (
        f"It was {accounts.describe_difference(planned_for, account)}. Set that again and restart the workers, then "
        "resume; or let the rest leave by the provider account of now."
    )


def pause(mailing_id: int, *, by: Actor, now: datetime) -> None:
    """Stops sending; requests in flight are finished. Resuming continues where the ledger says.

    Raises NotFound, NotAllowed, Refused.
    """
    found = _get_row_to_change(mailing_id, by)
    _refuse_while_recalling(found)
    with transaction.atomic():
        _change_state(found, MailingState.PAUSED, f"paused by {by.name}")
        _record_change(by, "paused", found, MailingState.PAUSED, now)


def resume(
    mailing_id: int,
    *,
    by: Actor,
    now: datetime,
    not_cancelled: bool = False,
    account: str = "",
    accept_account: bool = False,
    late: bool = False,
) -> None:
    """Lets a paused mailing go on from where it stands. Raises NotFound, NotAllowed, Refused.

    With a recall window the provider must have said before that it has `not_cancelled` it: `recall.resume_mailing`.
    Where nobody was mailed yet, sender, reply address and tracking are those of now, and it leaves by `account`, that
    of the caller with the provider ("": not known). Where somebody was, they stay, and another account is taken only
    with `accept_account`: it may be the same one with a new key. When the rest is late by now, it goes on only with
    `late`.
    """
    found = _get_row_to_change(mailing_id, by)
    if found.state not in (MailingState.PAUSED, MailingState.RECALLING):
        raise Refused(f"Mailing {mailing_id} is {found.state}, so there is nothing to resume.")
    if found.recall == RecallState.OPEN and not not_cancelled:
        raise Refused(f"The provider may have cancelled mailing {mailing_id}: it must be asked before it is resumed.")
    if not late and (why := late_mailings.describe_if_late(found, now)):
        raise Refused(why, command_hint=f"To send it late: newsletter mailings resume {mailing_id} --late")
    to = MailingState.SCHEDULED if found.frozen_at is None else MailingState.FREEZING
    with transaction.atomic():
        detail = _renew_envelope(found, account, accept_account)
        models.Batch.objects.filter(mailing_id=mailing_id, state=BatchState.PLANNED).update(
            due_at=now, attempt=0, failing_since=None
        )
        # Freezing moves on to sending once every candidate is accounted for.
        stopped = models.Mailing.objects.filter(id=mailing_id, state=found.state)
        # With the version, what workers know of it is read again; and the provider is to prove itself again.
        fresh: dict[str, Any] = {"resumed_at": now, "underway_at": now, "proven_at": None, "version": F("version") + 1}
        if stopped.update(state=to, reason="", **fresh):
            models.Alarm.objects.filter(mailing_id=mailing_id, message=found.reason).delete()  # it was about the pause
            _record_change(by, "resumed", found, to, now, detail)


def _renew_envelope(row: models.Mailing, account: str, accept_account: bool) -> str:
    """Takes account and settings of now for a mailing that goes on, where that may be. Returns what to record of it."""
    mine = models.Mailing.objects.filter(id=row.id)
    untouched = row.envelope_settings is not None and not may_have_reached_somebody(row.id)
    if untouched:
        newsletter = newsletters.get_newsletter(row.newsletter_id)
        before = envelopes.parse_envelope_settings(row.envelope_settings or {})
        common = envelopes.renew_envelope_settings(before, newsletter, base_url=settings.CONFIG.base_url)
        mine.update(envelope_settings=common.to_json())
    if not account or account == row.account or not row.account:
        return ""
    if not accept_account and (not untouched or row.cancel_id):
        raise Refused(
            _describe_other_account(row.account, account),
            command_hint=f"By that of now: newsletter mailings resume {row.id} --accept-account",
        )
    mine.update(account=account)
    return f"with the account {account} in place of {row.account}"


def may_have_reached_somebody(mailing_id: int, *, in_hand: int | None = None) -> bool:
    """Whether a request of a mailing was accepted, also in part, or may have been; of the one `in_hand`, until now."""
    tried = models.Batch.objects.filter(mailing_id=mailing_id).exclude(attempt_key="")
    others = tried if in_hand is None else tried.exclude(id=in_hand)
    if others.exclude(state__in=(BatchState.PLANNED, BatchState.REFUSED, BatchState.WITHDRAWN)).exists():
        return True
    not_reached = {Outcome.PLANNED, Outcome.REFUSED, Outcome.WITHDRAWN}
    return any(Outcomes(each.outcomes, each.format).count_outcomes().keys() - not_reached for each in tried)


def find_unfinished_of_list(list_id: int) -> int | None:
    """A mailing to a list that is neither finished nor cancelled, if there is one."""
    rows = models.Mailing.objects.filter(list_id=list_id)
    rows = rows.exclude(state__in=(MailingState.FINISHED, MailingState.CANCELLED))
    return rows.order_by("id").values_list("id", flat=True).first()


def cancel(mailing_id: int, *, by: Actor, now: datetime) -> None:
    """Stops for good: what was not submitted is withdrawn. Raises Refused where all of it can be recalled instead.

    Raises NotFound, NotAllowed.
    """
    found = _get_row_to_change(mailing_id, by)
    _refuse_while_recalling(found)
    recallable = found.recall == RecallState.OPEN and recall_window.can_be_recalled(found.due_at, now)
    if recallable and found.state in (MailingState.SENDING, MailingState.PAUSED):
        raise Refused(
            f"Cancelling would not stop what the provider has of mailing {mailing_id} already. Recall it instead.",
            command_hint=f"Use: newsletter mailings recall {mailing_id}",
        )
    with transaction.atomic():
        _change_state(found, MailingState.CANCELLED, f"cancelled by {by.name}")
        withdraw_planned(mailing_id)
        _select_unknown_alarms(mailing_id).delete()
        _record_change(by, "cancelled", found, MailingState.CANCELLED, now)


def close(mailing_id: int, *, reason: str, by: Actor, now: datetime) -> None:
    """Counts a mailing as finished though many of it are unknown, for a reason; nothing is sent, nothing is settled.

    Raises BadInput without a reason, Refused when something of it is left to send, NotFound, NotAllowed.
    """
    found = _get_row_to_change(mailing_id, by)
    reason = reason.strip()
    if not reason:
        raise BadInput("Say why it is closed, though many are unknown.", "reason")
    left = models.Batch.objects.filter(mailing_id=mailing_id, state__in=states.OPEN_BATCH_STATES)
    if found.state != MailingState.SENDING or left.exists() or not unsettled.has_too_many_unknown(found):
        raise Refused(
            f"Mailing {mailing_id} is {found.state} and does not wait for unknown outcomes: there is nothing to close."
        )
    unknown = unsettled.count_unknown(found)
    with transaction.atomic():
        if not _finish(found, now, f"closed by {by.name}: {reason}", closed_unknown=unknown):
            raise Conflict(f"Mailing {mailing_id} changed at the same moment. Look at it again.")
        _select_unknown_alarms(mailing_id).delete()
        detail = f"{unknown} subscribers unknown: {reason}"
        _record_change(by, "closed", found, MailingState.FINISHED, now, detail)


def _get_row_to_change(mailing_id: int, by: Actor) -> models.Mailing:
    found = get_row(mailing_id)
    require_right(by, Verb.SEND, newsletter_id=found.newsletter_id)
    return found


def _refuse_while_recalling(found: models.Mailing) -> None:
    if found.state == MailingState.RECALLING:
        who = get_user_name(found.recalling_by)
        raise Refused(
            f"Mailing {found.id} is being recalled by {who}, and nothing of it is submitted. Resume it to let it go.",
            command_hint=f"Use: newsletter mailings resume {found.id}",
        )


def _record_change(
    by: Actor, action: str, found: models.Mailing, to: MailingState, now: datetime, detail: str = ""
) -> None:
    before, after = {"state": found.state}, {"state": to.value}
    by.record(ActionRecord(action, f"mailing {found.id}", now, found.newsletter_id, detail, before=before, after=after))


def withdraw_planned(mailing_id: int) -> int:
    """Marks everything not yet submitted as withdrawn. Returns how many subscribers that is."""
    withdrawn = 0
    for batch in models.Batch.objects.filter(mailing_id=mailing_id, state=BatchState.PLANNED):
        while (count := _withdraw_batch(batch)) is None:
            batch.refresh_from_db()  # an event or a worker changed it meanwhile: once more, on what it says now
        withdrawn += count
    return withdrawn


def _withdraw_batch(batch: models.Batch) -> int | None:
    """Withdraws those of a planned batch who are planned. How many; 0 of one that left; None when the row changed."""
    if batch.state != BatchState.PLANNED:
        return 0  # in a worker's hands: it comes back, and is withdrawn then, or leaves
    outcomes = Outcomes(batch.outcomes, batch.format)
    places = outcomes.list_places(Outcome.PLANNED)
    outcomes.mark(places, Outcome.WITHDRAWN)
    mine = models.Batch.objects.filter(id=batch.id, state=BatchState.PLANNED, version=batch.version)
    updated = mine.update(
        state=states.derive_batch_state(outcomes.count_outcomes()),
        outcomes=outcomes.pack(),
        error="cancelled",
        version=F("version") + 1,
    )
    return len(places) if updated else None


def list_started(now: datetime) -> list[models.Mailing]:
    """The mailings that are due or under way and have something left that would leave by itself."""
    planned = models.Batch.objects.filter(mailing_id=OuterRef("id"), state__in=(BatchState.PLANNED, BatchState.CLAIMED))
    due = Q(due_at__lte=now) | Q(begins_at__lte=now)
    left = Q(due, state=MailingState.SCHEDULED) | Q(state=MailingState.FREEZING)
    left |= Q(Exists(planned), state=MailingState.SENDING)
    return list(models.Mailing.objects.filter(left).order_by("due_at", "id"))


def stop_started(reason: str, now: datetime, *, created_before: datetime) -> list[int]:
    """Stops what is due or under way: held where nothing of it was begun, else paused. The ids of the mailings."""
    stopped = []
    for row in list_started(now):
        if row.created_at > created_before:
            continue
        to = MailingState.HELD if row.state == MailingState.SCHEDULED else MailingState.PAUSED
        if models.Mailing.objects.filter(id=row.id, state=row.state).update(state=to, reason=reason[:300]):
            stopped.append(row.id)
    return stopped


def cancel_all(reason: str) -> list[int]:
    """Cancels every mailing that is not over, and forgets by what the provider could cancel any. The ids of them."""
    models.Mailing.objects.exclude(recall=RecallState.NONE).update(recall=RecallState.CLOSED, cancel_id="")
    over = (MailingState.FINISHED, MailingState.CANCELLED)
    found = list(models.Mailing.objects.exclude(state__in=over).order_by("id").values_list("id", flat=True))
    for mailing_id in found:
        models.Mailing.objects.filter(id=mailing_id).update(state=MailingState.CANCELLED, reason=reason[:300])
        withdraw_planned(mailing_id)
    return found


def _change_state(found: models.Mailing, to: MailingState, reason: str) -> None:
    rows = models.Mailing.objects.filter(id=found.id, state=found.state)
    if not states.can_become(states.MAILING_TRANSITIONS, MailingState(found.state), to) or not rows.update(
        state=to, reason=reason[:300]
    ):
        raise Refused(f"Mailing {found.id} is {found.state}; it cannot become {to}.")


def get_row(mailing_id: int) -> models.Mailing:
    """The mailing with this id. Raises NotFound."""
    found = models.Mailing.objects.filter(id=mailing_id).first()
    if found is None:
        raise NotFound(f"There is no mailing {mailing_id}.", command_hint="See them all with: newsletter mailings list")
    return found
