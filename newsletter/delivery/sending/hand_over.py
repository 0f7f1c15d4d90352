"""Handing batches over, one at a time. Any number of threads and machines may do so at once.

    planned ─claim (lease)─▶ claimed ─about to send, committed─▶ sending ─answer─▶ accepted · refused · unknown

The ledger says `sending` before the first byte leaves. A process that finds an expired lease knows from the
state whether anything can have left: from `claimed` nothing, from `sending` nobody knows.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from typing import Any

from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from newsletter.catalog import newsletters
from newsletter.curator.editions import day_names, edition_lookup
from newsletter.delivery import alarms, installation, isolation, models
from newsletter.delivery.installation import Standing
from newsletter.delivery.ledger import states
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState, MemberFlag, Outcome, RecallState
from newsletter.delivery.providers.base import Answer, AnswerKind, Envelope, Provider, Recipients, SendRequest
from newsletter.delivery.sending import (
    allowance,
    claims,
    envelopes,
    late_mailings,
    ledger_rows,
    mailings,
    probing,
    retry,
)
from newsletter.delivery.sending.claims import Claim
from newsletter.delivery.sending.envelopes import EnvelopeSettings
from newsletter.delivery.sending.expired_leases import LEASE, recover_expired_leases
from newsletter.delivery.state_folder import AttemptNote
from newsletter.kernel import ids
from newsletter.kernel.clock import to_day_in_zone
from newsletter.kernel.errors import SurroundingsError
from subscribers import audience, subscriber_lookup

log = logging.getLogger(__name__)

LONGEST_PREPARATION = timedelta(seconds=5)  # of a batch under a limit: what leaves later is a burst
LONGEST_BEGIN = timedelta(seconds=30)  # between the note that an attempt begins and its first byte
_SLEPT = Answer(AnswerKind.REFUSED, "The process slept before the request left: nothing was sent.")
RECORD_RETRY_SECONDS = (0.5, 1, 2, 4, 8, 15, 30, 60, 120)  # some four minutes: after the lease it would be unknown


def hand_over_next(
    now: datetime,
    *,
    owner: str,
    provider: Provider,
    clock: Callable[[], datetime],
    has_new_key: Callable[[str], bool] = lambda account: False,
) -> bool:
    """Hands one due batch over. Returns whether there was one. `clock` is asked again when the answer is there.

    `has_new_key` says whether there is another key than that of an account which the provider refused.
    """
    standing = installation.get_standing(now)
    if standing.held:
        return False
    claim = _claim_batch(now, owner, provider)
    if claim is None and recover_expired_leases(now):  # what died in other hands can wait for what is due
        claim = _claim_batch(now, owner, provider)
    if claim is None:
        return False
    if installation.has_gone_back(claim.key, claim.begun):
        installation.hold("The database went back in time under a running worker. A backup was restored.", now)
        _give_back(claim)
        return False
    if claim.number == 1 and not claim.attempt:
        installation.raise_mark(now)  # so that a backup of before this mailing is known for one
        models.Mailing.objects.filter(id=claim.mailing_id, started_at=None).update(started_at=now)
    attempt = ids.generate_id()
    try:  # before it begins: what fails until then is tried again
        prepared = _prepare(claim, now)
        request = _build_request(prepared, attempt, now) if prepared else None
    except isolation.DATABASE_AWAY:
        raise
    except Exception as error:
        _give_back_failed(claim, error, now)
        return True
    if prepared is None or request is None:
        return True
    ready, beginning = clock(), time.monotonic()
    slow = claim.limited and ready - now > LONGEST_PREPARATION  # its minute is over, and others have their own
    if slow or late_mailings.hold_batch_if_late(claim, ready):
        _give_back(claim)
        return True
    begun = _begin_attempt(prepared, attempt, ready, standing)
    if begun is None:
        return True
    late_mailings.note_underway(claim, ready)
    failure = _note_attempt(begun, standing, ready)
    passed = max(clock() - ready, timedelta(seconds=time.monotonic() - beginning))
    if failure is None and passed > LONGEST_BEGIN:
        failure = _SLEPT
        installation.note_answer(standing.history, attempt, failure.kind, ready)
    answer = failure or _send(request, provider, standing, ready)
    if answer.key_refused and has_new_key(provider.account):  # nothing is wrong with the mailing
        answer = replace(answer, permanent=False, stop=False)
    _record_with_retries(begun, answer, clock)
    return True


def _note_attempt(prepared: _PreparedBatch, standing: Standing, now: datetime) -> Answer | None:
    """Notes an attempt outside the database, before its first byte leaves. What cannot be noted does not leave."""
    try:
        installation.note_attempt(_build_note(prepared, standing, now), now)
    except SurroundingsError as error:
        return Answer(AnswerKind.REFUSED, str(error))
    return None


def _send(request: SendRequest, provider: Provider, standing: Standing, now: datetime) -> Answer:
    answer = provider.send_batch(request, now)
    as_a_whole = not (answer.refused_places or answer.accepted_places or answer.unknown_places)
    if as_a_whole and not answer.unknown:
        installation.note_answer(standing.history, request.attempt, answer.kind, now)
    return answer


def _build_note(prepared: _PreparedBatch, standing: Standing, now: datetime) -> AttemptNote:
    claim, mailing = prepared.claim, prepared.mailing
    return AttemptNote(
        history=standing.history,
        at=now.isoformat(),
        mailing=mailing.key,
        kind=mailing.kind,
        newsletter_id=mailing.newsletter_id,
        edition_id=mailing.edition_id,
        edition_date=mailing.edition_date,
        snapshot_id=mailing.snapshot_id,
        batch=claim.key,
        number=claim.number,
        begun=claim.begun,
        attempt=claim.attempt_key,
        stratum=claim.stratum,
        variant=claim.variant,
        language=claim.language,
        tracking=claim.tracking,
        format=claim.format,
        members=bytes(claim.members),
        places=None if len(prepared.places) == len(prepared.members) else tuple(prepared.places),
    )


def _claim_batch(now: datetime, owner: str, provider: Provider) -> Claim | None:
    return claims.claim_batch(now, until=now + LEASE, owner=owner, provider=provider.name, account=provider.account)


@dataclass(frozen=True, slots=True)
class _MailingContext:
    """What all batches of a mailing have in common."""

    key: str
    kind: str
    newsletter_id: int
    edition_id: int
    edition_date: str
    snapshot_id: int
    provider: str
    list_id: int
    due_at: datetime
    frozen_at: datetime
    suppressed_upto: int
    cancel_id: str
    envelope: Envelope
    zone: str
    language: str


@lru_cache(maxsize=32)  # the variants of a few mailings
def _load_mailing_context(mailing_id: int, version: int, variant: str, tracking: bool) -> _MailingContext:
    """The same for every batch of a version of a mailing. Resuming begins another."""
    row = models.Mailing.objects.get(id=mailing_id)
    assert row.frozen_at is not None
    common = _load_envelope_settings(row)
    mail = edition_lookup.get_frozen_mail(row.snapshot_id, variant)
    cover = envelopes.build_envelope(mail, common if tracking else common.without_tracking())
    return _MailingContext(
        row.key,
        row.kind,
        row.newsletter_id,
        row.edition_id,
        edition_lookup.get_edition(row.edition_id).date.isoformat(),
        row.snapshot_id,
        row.provider,
        row.list_id,
        row.due_at,
        row.frozen_at,
        row.suppressed_upto,
        row.cancel_id if row.recall == RecallState.OPEN else "",
        cover,
        common.zone,
        common.language,
    )


def _load_envelope_settings(row: models.Mailing) -> EnvelopeSettings:
    """As of the freeze. One that the version before froze has none: then as the newsletter is now, as that would."""
    if row.envelope_settings is not None:
        return envelopes.parse_envelope_settings(row.envelope_settings)
    return envelopes.read_envelope_settings(
        newsletters.get_newsletter(row.newsletter_id), base_url=settings.CONFIG.base_url
    )


@dataclass(frozen=True, slots=True)
class _PreparedBatch:
    """A batch ready to leave: `places` are the members' places, in the order of `recipients`."""

    claim: Claim
    mailing: _MailingContext
    recipients: Recipients
    members: Sequence[int]
    places: Sequence[int]
    outcomes: Outcomes


def _prepare(claim: Claim, now: datetime) -> _PreparedBatch | None:
    """Reads who is in the batch, with the addresses of the freeze, and withdraws those who left since."""
    members = unpack_members(claim.members, claim.format)
    outcomes = Outcomes(claim.outcomes, claim.format)
    mailing = _load_mailing_context(claim.mailing_id, claim.mailing_version, claim.variant, claim.tracking)
    if not len(members) == len(outcomes) == claim.size:
        raise DamagedBatch(
            f"It does not add up: {claim.size} were planned, {len(members)} are members, "
            f"{len(outcomes)} have an outcome."
        )
    places: Sequence[int] = range(len(members)) if outcomes.untouched else outcomes.list_places(Outcome.PLANNED)
    wanted = members if len(places) == len(members) else [members[place] for place in places]
    people = audience.get_audience_addresses(
        mailing.list_id, wanted, as_of=mailing.frozen_at, suppressed_upto=mailing.suppressed_upto
    )
    if people.excluded:
        without = _withdraw_unsubscribed(
            claim, outcomes, zip(places, wanted, people.addresses, strict=True), people.excluded, now
        )
        return _prepare(without, now) if without else None
    deliveries = [f"{claim.key}.{place}" for place in places]
    tokens = subscriber_lookup.get_signer().sign_footers(mailing.list_id, wanted)
    dates = _format_dates(mailing, wanted, max(now, claim.send_at or mailing.due_at))
    recipients = Recipients(deliveries, people.addresses, people.first_names, tokens, dates)
    return _PreparedBatch(claim, mailing, recipients, members, places, outcomes)


def _format_dates(mailing: _MailingContext, people: Sequence[int], at: datetime) -> Sequence[str]:
    """The day of the sending in the zone of each of these people, in words; looked up only where the mail uses it."""
    if not any(each.field == "date" for each in mailing.envelope.merge):
        return [""] * len(people)
    zones = audience.list_zones(people)
    said = {
        zone: day_names.format_long_day(to_day_in_zone(at, zone, mailing.zone), mailing.language) for zone in set(zones)
    }
    return [said[zone] for zone in zones]


class DamagedBatch(Exception):
    """A batch of the ledger does not add up: who knows who would get it."""


def _give_back_failed(claim: Claim, error: Exception, now: datetime) -> None:
    """Lets a batch wait that cannot be prepared, longer each time; the others go on."""
    again = isolation.note_failure(isolation.PREPARE_BATCH, claim.id, error, now, mailing_id=claim.mailing_id)
    _own_batch(claim).update(
        state=BatchState.PLANNED,
        lease_until=None,
        due_at=again,
        error=str(error)[:2_000],
        failing_since=Coalesce("failing_since", Value(now)),
    )


def forget_prepared() -> int:
    """Forgets the failures of batches that were prepared after all. Returns how many."""
    failed = set(models.FailedItem.objects.filter(step=isolation.PREPARE_BATCH).values_list("item", flat=True))
    open_states = (BatchState.PLANNED, BatchState.CLAIMED)
    waiting = models.Batch.objects.filter(id__in=failed, state__in=open_states).values_list("id", flat=True)
    done = failed.difference(waiting)
    isolation.forget(isolation.PREPARE_BATCH, done)
    return len(done)


def _begin_attempt(prepared: _PreparedBatch, attempt: str, now: datetime, standing: Standing) -> _PreparedBatch | None:
    """Commits that this attempt begins; None when the claim is lost, the mailing was stopped, or sending is held."""
    claim = claims.begin_attempt(prepared.claim, attempt, until=now + LEASE, standing=standing)
    if claim is None:
        installation.is_held(now)  # finds out whether the rows went back under us
        _give_back(prepared.claim)
        return None
    return replace(prepared, claim=claim)


def _build_request(prepared: _PreparedBatch, attempt: str, now: datetime) -> SendRequest:
    claim, mailing = prepared.claim, prepared.mailing
    send_at = (claim.send_at or mailing.due_at) if mailing.cancel_id else None
    return SendRequest(
        mailing.envelope,
        prepared.recipients,
        mailing.key,
        claim.key,
        attempt,
        send_at=send_at if send_at and send_at > now else None,
        cancel_id=mailing.cancel_id,
    )


def _give_back(claim: Claim) -> None:
    """Lets a batch of which nothing has left be claimed again."""
    _own_batch(claim).update(state=BatchState.PLANNED, lease_until=None)


def _own_batch(claim: Claim) -> QuerySet[models.Batch]:
    """The batch as long as it is ours: a claim that ran out may be another worker's by now."""
    return models.Batch.objects.filter(id=claim.id, state=BatchState.CLAIMED, lease_owner=claim.owner)


def _withdraw_unsubscribed(
    claim: Claim,
    outcomes: Outcomes,
    people: Iterable[tuple[int, int, str]],
    left: Mapping[int, str],
    now: datetime,
) -> Claim | None:
    """The batch without those who left since the audience was frozen; None when nobody stays or the claim is lost.

    `people` are place, id and address.
    """
    gone = [(place, person, address) for place, person, address in people if person in left]
    outcomes.mark([place for place, _, _ in gone], Outcome.WITHDRAWN)
    with transaction.atomic():
        if not _own_batch(claim).update(outcomes=outcomes.pack(), version=F("version") + 1):
            return None
        models.DeliveryException.objects.bulk_create(
            ledger_rows.build_exception(
                claim,
                person,
                address=address,
                kind=Outcome.WITHDRAWN.key,
                reason=f"{left[person]} after the audience was frozen",
                at=now,
            )
            for _, person, address in gone
        )
    if not outcomes.list_places(Outcome.PLANNED):
        _own_batch(claim).update(state=states.derive_batch_state(outcomes.count_outcomes()), lease_until=None)
        return None
    return claim._replace(outcomes=outcomes.pack(), version=claim.version + 1)


def _record_with_retries(prepared: _PreparedBatch, answer: Answer, clock: Callable[[], datetime]) -> None:
    """Writes an answer down, waiting for a database that is locked, full or away: only this process knows it."""
    for seconds in RECORD_RETRY_SECONDS:
        try:
            return _record(prepared, answer, clock())
        except DatabaseError as error:
            log.warning(
                "The answer to batch %s could not be stored (%s); again in %s s", prepared.claim.id, error, seconds
            )
            close_old_connections()
            time.sleep(seconds)
    return _record(prepared, answer, clock())


def _record(prepared: _PreparedBatch, answer: Answer, now: datetime) -> None:
    """Writes an answer down: what became of each member, and where the batch goes from here."""
    claim, outcomes = prepared.claim, prepared.outcomes
    if claim.probes and (answer.accepted or answer.accepted_places):
        probing.note_accepted(claim.mailing_id, now)
    if answer.accepted:
        outcomes.settle(Outcome.ACCEPTED)
        state = states.derive_batch_state(outcomes.count_outcomes())
        if claims.record_accepted(claim, state, outcomes.pack(), answer.provider_id, now):
            return
    answer = _interpret_answer(prepared, answer)
    waiting = _mark_named(prepared, answer)
    proven = answer.permanent and _has_accepted_batch(claim.mailing_id)
    following = retry.decide_next_step(
        answer,
        attempt=claim.attempt,
        now=now,
        jitter=random.random(),  # noqa: S311
        some_named=len(waiting) < len(prepared.places),
        message_proven=proven,
        may_have_reached=answer.permanent and not proven and _may_have_reached_somebody(prepared),
        lost_answers=_count_lost_answers(claim.mailing_id) if answer.unknown else 0,
        most_lost=claim.probes or retry.MAX_LOST_ANSWERS,
    )
    outcomes.mark(waiting, following.outcome)
    while not _store_answer(prepared, answer, following.retry_at, now):
        pass  # events changed the row between reading and writing it: once more, on what it says now
    if following.pause_reason:
        mailings.pause_on_error(claim.mailing_id, following.pause_reason)
    if answer.retry_at and following.retry_at:  # the provider means us, not this batch
        allowance.close_until(prepared.mailing.provider, min(answer.retry_at, following.retry_at), now)
    if not answer.accepted:
        log.warning("Batch %s of mailing %s: %s, %s", claim.number, claim.mailing_id, answer.kind, answer.message)


def _interpret_answer(prepared: _PreparedBatch, answer: Answer) -> Answer:
    """The answer as it is meant: one that names everybody, before anybody was mailed, is about the message itself."""
    everybody = len(answer.refused_places) >= len(prepared.places) > 1
    return (
        replace(answer, refused_places={})
        if everybody and not _has_accepted_batch(prepared.claim.mailing_id)
        else answer
    )


def _mark_named(prepared: _PreparedBatch, answer: Answer) -> list[int]:
    """Marks the members an answer speaks of one by one; the places of the others."""
    outcomes, places = prepared.outcomes, prepared.places
    for named, outcome in (
        (answer.accepted_places, Outcome.ACCEPTED),
        (answer.refused_places, Outcome.REFUSED),
        (answer.unknown_places, Outcome.UNKNOWN),
    ):
        outcomes.mark([places[index] for index in named if index < len(places)], outcome)
    return [place for place in places if outcomes[place] == Outcome.PLANNED]


def _has_accepted_batch(mailing_id: int) -> bool:
    return models.Batch.objects.filter(mailing_id=mailing_id, state=BatchState.ACCEPTED).exists()


def _may_have_reached_somebody(prepared: _PreparedBatch) -> bool:
    """Whether somebody has it, or may have it, by an answer that was lost or one that named a few."""
    others = models.Batch.objects.filter(mailing_id=prepared.claim.mailing_id).exclude(attempt_key="")
    tried = [Outcomes(*packed) for packed in others.values_list("outcomes", "format")]
    reached = {outcome for outcomes in (*tried, prepared.outcomes) for outcome in outcomes.count_outcomes()}
    return any(outcome is Outcome.UNKNOWN or outcome.was_accepted for outcome in reached)


def _count_lost_answers(mailing_id: int) -> int:
    """How many of the latest answers of a mailing were lost, none having come in between."""
    answered = models.Batch.objects.filter(mailing_id=mailing_id, submitted_at__isnull=False)
    latest = answered.order_by("-submitted_at", "-id").values_list("state", flat=True)[: retry.MAX_LOST_ANSWERS]
    return sum(1 for _ in takewhile(BatchState.UNKNOWN.__eq__, latest))


def _store_answer(prepared: _PreparedBatch, answer: Answer, retry_at: datetime | None, now: datetime) -> bool:
    """Stores an answer, with what events have reported of the batch meanwhile. False when the row changed under it."""
    claim = prepared.claim
    with transaction.atomic():
        row = models.Batch.objects.filter(id=claim.id, attempt_key=claim.attempt_key).first()
        if row is None:
            return True
        known = Outcomes(row.outcomes, row.format)
        prepared.outcomes.merge(known)
        twice = _flag_twice(prepared, known) if answer.accepted and row.proven_attempt else 0
        state = states.derive_batch_state(prepared.outcomes.count_outcomes())
        # An answer that comes after its lease ran out still settles a batch that was set to unknown. Where an
        # event was faster than the answer, the batch counts as accepted already.
        settles = row.state == BatchState.SENDING or (
            row.state == BatchState.UNKNOWN and states.can_become(states.BATCH_TRANSITIONS, BatchState.UNKNOWN, state)
        )
        if not settles:
            return True
        values: dict[str, Any] = {
            "state": state,
            "outcomes": prepared.outcomes.pack(),
            "provider_id": answer.provider_id[:200],
            "error": answer.message,
            "lease_owner": "",
            "lease_until": None,
            "version": F("version") + 1,
        }
        if state == BatchState.PLANNED:
            in_vain = Outcomes(row.outcomes, row.format).count_outcomes() == prepared.outcomes.count_outcomes()
            failing_since = row.failing_since or now
            values |= {"due_at": retry_at, "failing_since": failing_since if in_vain else None}
        else:
            values |= {"submitted_at": now, "failing_since": None}
        if not models.Batch.objects.filter(id=claim.id, version=row.version, state=row.state).update(**values):
            return False
        if twice:
            alarms.raise_alarm(claim.mailing_id, states.SENT_TWICE_ALARM, now, count=twice)
        _record_refused(prepared, answer, now)
    return True


def _flag_twice(prepared: _PreparedBatch, known: Outcomes) -> int:
    """Flags whom an earlier attempt had reached: an event proved it while this one was in flight. Returns how many."""
    twice = [place for place in prepared.places if known[place].was_accepted]
    for place in twice:
        prepared.outcomes.set_flag(place, MemberFlag.SENT_TWICE)
    return len(twice)


def _record_refused(prepared: _PreparedBatch, answer: Answer, now: datetime) -> None:
    """A row for every recipient the provider refused, with its reason."""
    models.DeliveryException.objects.bulk_create(
        ledger_rows.build_exception(
            prepared.claim,
            prepared.members[prepared.places[index]],
            address=prepared.recipients[index].address,
            kind=Outcome.REFUSED.key,
            reason=reason,
            at=now,
        )
        for index, reason in answer.refused_places.items()
        if index < len(prepared.places)
    )
