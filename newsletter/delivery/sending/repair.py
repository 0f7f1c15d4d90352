"""What an operator decides about those who did not get it: more batches of the same mailing, or “it did arrive”.

Subscribers planned again count in the new batch; the old one keeps their places, marked as repaired, so that
a late event for it is recognised: that subscriber then has it twice, and an alarm says so.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q

from newsletter.catalog import newsletters
from newsletter.delivery import isolation, models
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState, ExclusionReason, MailingState, MemberFlag, Outcome
from newsletter.delivery.sending import ledger_rows, reconsider, send_times, unsettled
from newsletter.kernel.actors import ActionRecord, Actor, Verb, require_right
from newsletter.kernel.errors import Conflict, NotFound, Refused

log = logging.getLogger(__name__)

_SETTLED = Q(state__in=(BatchState.ACCEPTED, BatchState.REFUSED, BatchState.UNKNOWN))
REPAIRABLE_STATES = (MailingState.SENDING, MailingState.PAUSED, MailingState.FINISHED)


def repair_mailing(
    mailing_id: int, *, unknown: bool = False, over_ceiling: bool = False, by: Actor, now: datetime
) -> int:
    """Plans again exactly those who did not get it and may. Returns how many.

    These are the recipients refused together with a whole batch, those dropped because our plan was used up, and those
    undecided of whom it is known by now that no earlier mailing reached them; with `unknown` also those whose outcome
    is unknown, some of whom may then get it twice; with `over_ceiling` those beyond the ceiling of a warm-up, as many
    as today's allows. Recipients that were refused by name, that bounced or left are not tried again.

    Nobody is mailed what was cancelled: of a cancelled mailing, those `unknown` count as not sent, and the mailing by
    which its edition was sent again plans them. Raises Refused, NotFound, NotAllowed, Conflict.
    """
    newsletter_id = _require_sending(mailing_id, by)
    row = _get_row(mailing_id)
    if row.state == MailingState.CANCELLED:
        return _pass_on(row, unknown=unknown, by=by, now=now)
    with transaction.atomic():
        repaired = _repair(mailing_id, _SETTLED, unknown=unknown, now=now)
        repaired += reconsider.plan_excluded(row, ExclusionReason.UNDECIDED, now)
        if over_ceiling:
            repaired += reconsider.plan_excluded(row, ExclusionReason.OVER_CEILING, now)
        if repaired:
            models.Mailing.objects.filter(id=mailing_id).update(underway_at=now)  # a decision: lateness counts from it
            detail = f"{repaired} subscribers{', also those whose outcome was unknown' if unknown else ''}"
            by.record(ActionRecord("planned once more", f"mailing {mailing_id}", now, newsletter_id, detail))
    return repaired


def count_repairable(mailing_id: int) -> int:
    """How many members of its ledger `repair_mailing` would plan again, without those whose outcome is unknown."""
    mailing, named = _get_row(mailing_id), _list_refused_by_name(mailing_id)
    return sum(len(places) for _, _, _, places in _find_repairable(mailing, _SETTLED, named, unknown=False))


def _pass_on(row: models.Mailing, *, unknown: bool, by: Actor, now: datetime) -> int:
    """Counts the unknown of a cancelled mailing as not sent; how many, or how many its successor plans."""
    successor = reconsider.find_successor(row)
    if not unknown and successor is None:
        raise Refused(
            f"Mailing {row.id} was cancelled, so nobody is mailed it. Whoever did not get it gets the edition when it "
            "is sent again.",
            command_hint=f"Use: newsletter editions send {row.edition_id}",
        )
    with transaction.atomic():
        counted = _mark_unknown(row, Outcome.WITHDRAWN) if unknown else 0
        # Also of those who seemed to have it: the provider may have dropped them since, for a plan that was used up.
        reasons = (ExclusionReason.UNDECIDED, ExclusionReason.ALREADY_MAILED)
        planned = sum(reconsider.plan_excluded(successor, reason, now) for reason in reasons) if successor else 0
        if counted or planned:
            detail = f"{counted} subscribers count as not sent, {planned} are planned in mailing "
            detail += str(successor.id) if successor else "none yet"
            by.record(ActionRecord("passed on", f"mailing {row.id}", now, row.newsletter_id, detail))
    return counted if unknown else planned


def _require_sending(mailing_id: int, by: Actor) -> int:
    """The newsletter of a mailing. Raises NotFound, NotAllowed for whoever may not send it."""
    newsletter_id = _get_row(mailing_id).newsletter_id
    require_right(by, Verb.SEND, newsletter_id=newsletter_id)
    return newsletter_id


def repair_silent(now: datetime) -> int:
    """Plans again those unknown for as long as their newsletter says (it opted in). Returns how many.

    Some of them may get it twice. One event about a request would have settled it (fact 28a).
    """
    repaired = 0
    for newsletter in newsletters.list_repairing():
        silent_since = now - timedelta(minutes=newsletter.repair_after_minutes)
        # What should have been repaired long ago is left to people: it would be late.
        oldest = silent_since - timedelta(minutes=newsletter.late_after_minutes)
        silent = Q(state=BatchState.UNKNOWN, submitted_at__lte=silent_since, submitted_at__gte=oldest)
        mailings = models.Mailing.objects.filter(
            newsletter_id=newsletter.id, state__in=(MailingState.SENDING, MailingState.FINISHED)
        )
        found = models.Batch.objects.filter(silent, mailing__in=mailings).values_list("mailing_id", flat=True)
        repaired += isolation.run_each(
            "Repairing mailing", sorted(set(found)), partial(_repair_silent, silent=silent, now=now), now
        )
    return repaired


def _repair_silent(mailing_id: int, *, silent: Q, now: datetime) -> int:
    count = _repair(mailing_id, silent, unknown=True, now=now)
    log.warning("Mailing %s is sent again to %s subscribers whose outcome stayed unknown", mailing_id, count)
    return count


def _repair(mailing_id: int, which: Q, *, unknown: bool, now: datetime) -> int:
    named = _list_refused_by_name(mailing_id)
    mailing = _get_repairable(mailing_id)
    repaired = 0
    try:
        with transaction.atomic():
            models.Mailing.objects.select_for_update().get(id=mailing_id)  # nobody finishes it meanwhile
            number = mailing.batches.aggregate(last=Max("number"))["last"] or 0
            for batch, outcomes, members, places in _find_repairable(mailing, which, named, unknown=unknown):
                number += 1
                _plan_again(batch, outcomes, [members[place] for place in places], places, number, now)
                repaired += len(places)
            if repaired:
                send_times.plan_times(mailing, now)
                unsettled.reopen_mailing(mailing)
    except IntegrityError:
        raise _build_conflict(mailing_id) from None
    return repaired


def _list_refused_by_name(mailing_id: int) -> frozenset[int]:
    """Whom the provider refused themselves, not because of their batch: they are not tried again."""
    refused = models.DeliveryException.objects.filter(mailing_id=mailing_id, kind=Outcome.REFUSED.key)
    return frozenset(refused.values_list("subscriber_id", flat=True))


def _find_repairable(
    mailing: models.Mailing, which: Q, named: Collection[int], *, unknown: bool
) -> Iterator[tuple[models.Batch, Outcomes, Sequence[int], Sequence[int]]]:
    """The batches with members who did not get it and may: outcomes, members, and the places of these."""
    for batch in mailing.batches.filter(which).select_related("mailing"):
        outcomes = Outcomes(batch.outcomes, batch.format)
        missing = list(_find_missing(outcomes, unknown=unknown))
        members = unpack_members(batch.members, batch.format) if missing else ()
        if places := [place for place in missing if members[place] not in named]:
            yield batch, outcomes, members, places


def settle_unknown(mailing_id: int, *, by: Actor, now: datetime) -> int:
    """Counts the unknown as accepted, as the operator says. Returns how many subscribers that is.

    Raises Refused, NotFound, NotAllowed, Conflict.
    """
    newsletter_id = _require_sending(mailing_id, by)
    mailing = _get_row(mailing_id)
    if mailing.state != MailingState.CANCELLED:
        _get_repairable(mailing_id)
    with transaction.atomic():
        settled = _mark_unknown(mailing, Outcome.ACCEPTED)
        if settled:
            by.record(
                ActionRecord(
                    "counted as accepted", f"mailing {mailing_id}", now, newsletter_id, f"{settled} subscribers"
                )
            )
    return settled


def _mark_unknown(mailing: models.Mailing, outcome: Outcome) -> int:
    """Gives those whose outcome is unknown another, as an operator says. How many."""
    marked = 0
    for batch in mailing.batches.filter(state=BatchState.UNKNOWN):
        outcomes = Outcomes(batch.outcomes, batch.format)
        places = outcomes.list_places(Outcome.UNKNOWN)
        outcomes.mark(places, outcome)
        store_outcomes(batch, outcomes)
        marked += len(places)
    return marked


def _get_row(mailing_id: int) -> models.Mailing:
    mailing = models.Mailing.objects.filter(id=mailing_id).first()
    if mailing is None:
        raise NotFound(f"There is no mailing {mailing_id}.", command_hint="See them all with: newsletter mailings list")
    return mailing


def _get_repairable(mailing_id: int) -> models.Mailing:
    mailing = _get_row(mailing_id)
    if mailing.state not in REPAIRABLE_STATES:
        raise Refused(f"Mailing {mailing_id} is {mailing.state}, so there is nothing to repair in it.")
    return mailing


def _find_missing(outcomes: Outcomes, *, unknown: bool) -> Iterable[int]:
    wanted = {Outcome.REFUSED, Outcome.UNKNOWN} if unknown else {Outcome.REFUSED}
    for place, outcome in enumerate(outcomes):
        owed = outcome == Outcome.DROPPED and outcomes.has_flag(place, MemberFlag.STILL_OWED)
        if outcome in wanted or owed:
            yield place


def _plan_again(
    batch: models.Batch,
    outcomes: Outcomes,
    members: Sequence[int],
    places: Sequence[int],
    number: int,
    now: datetime,
) -> None:
    outcomes.mark(places, Outcome.REPAIRED)
    store_outcomes(batch, outcomes)
    strata = {name: getattr(batch, name) for name in ("wave", "variant", "language", "tracking")}
    ledger_rows.build_batch(batch.mailing, number, members, now, batch.stratum, repair=True, **strata).save()


def store_outcomes(batch: models.Batch, outcomes: Outcomes) -> None:
    """Stores what became of the members of a batch; raises Conflict when it changed since it was read."""
    state = states.derive_batch_state(outcomes.count_outcomes())
    mine = models.Batch.objects.filter(id=batch.id, version=batch.version, state=batch.state)
    if not mine.update(outcomes=outcomes.pack(), state=state, version=F("version") + 1):
        raise _build_conflict(batch.mailing_id)


def _build_conflict(mailing_id: int) -> Conflict:
    return Conflict(
        f"Mailing {mailing_id} changed at the same moment. Look at it again.",
        command_hint=f"See: newsletter mailings show {mailing_id}",
    )
