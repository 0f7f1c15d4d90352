"""From the webhook's payloads to the ledger.

    POST ─verify, store raw─▶ WebhookPayload ─parse, group by batch, fold─▶ outcomes, exceptions, alarms ─▶ subscribers

Receiving only stores, so that the provider has its answer at once. One process at a time applies (a lease), some
payloads to a chunk, and a chunk is one transaction: killed anywhere, it is done whole or not at all.

What cannot be applied never stops the rest: a chunk that fails is applied payload by payload, a payload that fails time
after time event by event, and an event that still fails is kept aside with an alarm and tried once an hour.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q

from newsletter.delivery import alarms, models
from newsletter.delivery.events.folding import Effect, FoldedBatch, fold_batch
from newsletter.delivery.ledger.format import Outcomes, unpack_members
from newsletter.delivery.ledger.states import BatchState
from newsletter.delivery.providers import sendgrid_events
from newsletter.delivery.providers.base import Event, EventType, RejectReason
from newsletter.delivery.sending import bounce_rate, ledger_rows, witnessed_requests
from newsletter.kernel import clock
from newsletter.kernel.errors import BadInput
from newsletter.kernel.iteration import batched
from newsletter.kernel.text import remove_unstorable
from subscribers import audience, bounces_complaints
from subscribers.addresses import to_key, unwrap_address
from subscribers.states import ReportKind

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)  # a chunk takes less than one; what another did meanwhile is noticed
PAYLOADS_PER_CHUNK = 4  # some 4,000 events: the writing takes some hundredths of a second
ROWS_PER_QUERY = 1_000  # to a query
MAX_FAILURES = 4  # of a payload, before it is taken apart
RETRY_AFTER = timedelta(seconds=5)  # doubled with each failure
RETRY_QUARANTINED_AFTER = timedelta(hours=1)  # an update may have mended what failed
OTHER_ADDRESS_ALARM = (
    "The provider reports of an address that the message did not go to. It has no effect on the subscriber. "
    "Look at the event webhook: does another program send with our ids?"
)
# What these report stays with a person: a bounce, a complaint, that they left.
_LASTING = frozenset(
    {EventType.BOUNCED, EventType.BLOCKED, EventType.DROPPED, EventType.COMPLAINED, EventType.UNSUBSCRIBED}
)
QUARANTINE_ALARM = (
    "Some of what the provider reported could not be applied and is kept aside. See why: newsletter doctor. "
    "Try it again: newsletter mailings retry-events"
)

_INSERT_SEEN = "INSERT INTO delivery_seenevent (id, at) VALUES (%s, %s)"
_UPDATE_BATCH = """
    UPDATE delivery_batch
       SET state = %s, outcomes = %s, proven_attempt = %s, version = version + 1,
           lease_until = CASE WHEN state = %s THEN lease_until END,
           handed_over_at = CASE WHEN state = %s THEN handed_over_at ELSE COALESCE(handed_over_at, %s) END
     WHERE id = %s AND version = %s AND state = %s
"""


def apply_next(now: datetime, *, owner: str) -> bool:
    """Applies the oldest payloads. Returns whether it found any and holds the lock."""
    due = models.WebhookPayload.objects.due(now)
    if not due.exists() or not _acquire_lock(owner, now):
        return False
    payloads = list(due.order_by("id")[:PAYLOADS_PER_CHUNK])
    try:
        _apply_payloads(payloads, now)
    except _StaleBatch:
        log.info("Another process was at the same rows; these events are applied again, to what the rows say now")
    except _DATABASE_AWAY:
        raise
    except Exception:
        log.exception("Some events cannot be applied; their payloads are applied one by one")
        for payload in payloads:
            _apply_alone(payload, now)
    return True


_DATABASE_AWAY = (OperationalError, InterfaceError)  # locked, full or gone: nothing is wrong with the events


def _apply_payloads(payloads: Sequence[models.WebhookPayload], now: datetime) -> None:
    """Applies payloads, all of them or none, and deletes them."""
    chunk = _fold_chunk(
        _select_unseen(event for payload in payloads for event in sendgrid_events.parse_events(bytes(payload.body)))
    )
    with transaction.atomic():  # all the reading is done: the database is locked for the writing alone
        _write_chunk(chunk, now)
        models.WebhookPayload.objects.filter(id__in=[payload.id for payload in payloads]).delete()
    turned_away = {batch.mailing_id for batch, folded in chunk.batches if folded.failures}
    if turned_away:
        bounce_rate.pause_turned_away(turned_away)


def _apply_alone(payload: models.WebhookPayload, now: datetime) -> None:
    """Applies one payload; one that fails is tried again later, and in the end taken apart."""
    try:
        _apply_payloads([payload], now)
    except _StaleBatch:
        return  # the next look applies it
    except _DATABASE_AWAY:
        raise
    except Exception as error:
        failures = payload.failures + 1
        log.warning("Payload %s could not be applied, for the %s. time: %s", payload.id, failures, error)
        if failures >= MAX_FAILURES:
            _apply_event_by_event(payload, error, now)
            return
        models.WebhookPayload.objects.filter(id=payload.id).update(
            failures=failures, next_at=now + RETRY_AFTER * 2**failures, error=_describe(error)
        )


def _apply_event_by_event(payload: models.WebhookPayload, error: Exception, now: datetime) -> None:
    """Applies each event of a payload for itself, and keeps those that fail aside, each as a payload of its own."""
    try:
        raw_events = sendgrid_events.parse_payload(bytes(payload.body))
    except BadInput:
        _quarantine(payload, error, now)
        return
    if len(raw_events) < 2:
        _quarantine(payload, error, now)
        return
    for raw in raw_events:
        body = json.dumps([raw]).encode()
        single, _ = models.WebhookPayload.objects.get_or_create(
            digest=hashlib.sha256(body).digest(),
            defaults={"body": body, "received_at": payload.received_at, "failures": MAX_FAILURES, "next_at": now},
        )
        _apply_alone(single, now)
    models.WebhookPayload.objects.filter(id=payload.id).delete()


def _quarantine(payload: models.WebhookPayload, error: Exception, now: datetime) -> None:
    """Keeps a payload aside. The alarm is raised when it begins, not with each try."""
    if payload.quarantined_at is None:
        alarms.raise_alarm(None, QUARANTINE_ALARM, now)
        log.error("Payload %s is kept aside: %s", payload.id, error)
    models.WebhookPayload.objects.filter(id=payload.id).update(
        failures=payload.failures + 1,
        next_at=now + RETRY_QUARANTINED_AFTER,
        error=_describe(error),
        quarantined_at=payload.quarantined_at or now,
    )


def _describe(error: Exception) -> str:
    return remove_unstorable(f"{type(error).__name__}: {error}")[:300]


class _StaleBatch(Exception):
    """A batch changed between reading and writing it."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What is to be written: events by their numbers, batches as they become, and what belongs to no batch of ours.

    `misaddressed` counts, by mailing, events that name another address than the message went to.
    """

    events: dict[int, Event]
    batches: list[tuple[models.Batch, FoldedBatch]]
    unmatched: list[Event]
    misaddressed: Counter[int]


def _acquire_lock(owner: str, now: datetime) -> bool:
    models.WorkerLock.objects.get_or_create(name="events")
    mine = models.WorkerLock.objects.filter(
        Q(lease_until=None)
        | Q(lease_until__lt=now)
        | Q(lease_until__gt=clock.compute_latest_end(now, LEASE))
        | Q(owner=owner),
        name="events",
    )
    return bool(mine.update(owner=owner, lease_until=now + LEASE))


def _select_unseen(events: Iterable[Event]) -> dict[int, Event]:
    """The events that were not applied before, each once, by the number that its id is kept as."""
    by_number = {_hash_event_id(event): event for event in events}
    for page in batched(by_number, ROWS_PER_QUERY):
        for known in models.SeenEvent.objects.filter(id__in=page).values_list("id", flat=True):
            del by_number[known]
    return by_number


def _hash_event_id(event: Event) -> int:
    """63 bits of the event's id; an event without one is known by what it says (SendGrid fact 33)."""
    name = event.id or repr(event)
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1


def _fold_chunk(events: dict[int, Event]) -> _Chunk:
    of_batch: dict[str, list[Event]] = defaultdict(list)
    for event in events.values():
        of_batch[event.batch].append(event)
    unmatched = of_batch.pop("", [])
    batches: list[tuple[models.Batch, FoldedBatch]] = []
    misaddressed: Counter[int] = Counter()
    for page in batched(of_batch, ROWS_PER_QUERY):
        rows = list(models.Batch.objects.filter(key__in=page).select_related("mailing"))
        strange = _find_misaddressed(rows, of_batch)
        for row in rows:
            mine = of_batch.pop(row.key)
            if strange:
                misaddressed[row.mailing_id] += sum(event in strange for event in mine)
                mine = [_without_effect(event) if event in strange else event for event in mine]
            outcomes = Outcomes(row.outcomes, row.format)
            folded = fold_batch(
                BatchState(row.state),
                row.attempt_key,
                outcomes,
                mine,
                proven=row.proven_attempt,
            )
            batches.append((row, folded))
    unmatched += (event for of_an_unknown_batch in of_batch.values() for event in of_an_unknown_batch)
    return _Chunk(events, batches, unmatched, misaddressed)


def _find_misaddressed(rows: Sequence[models.Batch], of_batch: Mapping[str, Sequence[Event]]) -> frozenset[Event]:
    """The events with an effect that stays which name another address than the one their message went to.

    That is the address of the freeze. Of those who were erased since, it is not known any more: nothing to compare.
    """
    about: dict[datetime, dict[int, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        lasting = [event for event in of_batch[row.key] if event.type in _LASTING and 0 <= event.place < row.size]
        if not lasting or row.mailing.frozen_at is None:
            continue
        members = unpack_members(row.members, row.format)
        for event in lasting:
            about[row.mailing.frozen_at][members[event.place]].append(event)
    strange: set[Event] = set()
    for frozen_at, events in about.items():
        for page in batched(sorted(events), ROWS_PER_QUERY):
            keys = audience.get_address_keys(page, as_of=frozen_at)
            for person, known in keys.items():
                strange.update(each for each in events[person] if to_key(unwrap_address(each.address)) not in known)
    return frozenset(strange)


def _without_effect(event: Event) -> Event:
    """An event that proves what its ids say, that the request went through, and says nothing of anybody."""
    return event._replace(type=EventType.OTHER, reject_reason=RejectReason.NOTHING)


def _write_chunk(chunk: _Chunk, now: datetime) -> None:
    _record_seen(chunk.events, now)
    _write_batches(chunk.batches, now)
    alarm_counts: Counter[tuple[int | None, str]] = Counter()
    clicks: Counter[tuple[int, str, bool]] = Counter()
    reports: list[bounces_complaints.ProviderReport] = []
    for batch, folded in chunk.batches:
        _record_exceptions(batch, folded)
        alarm_counts.update({(batch.mailing_id, message): n for message, n in folded.alarms.items()})
        clicks.update({(batch.mailing_id, pick, machine): n for (pick, machine), n in folded.clicks.items()})
        reports += (_to_report(effect, batch.mailing.list_id) for effect in folded.effects)
    alarm_counts.update((None, event.alarm) for event in chunk.events.values() if event.alarm)
    alarm_counts.update({(mailing_id, OTHER_ADDRESS_ALARM): n for mailing_id, n in chunk.misaddressed.items() if n})
    for (mailing_id, message), count in alarm_counts.items():
        alarms.raise_alarm(mailing_id, message, now, count=count)
    for (mailing_id, pick, machine), count in clicks.items():
        _count_clicks(mailing_id, pick, machine, count)
    bounces_complaints.apply_reports(reports, source="provider", now=now)
    _apply_unmatched(chunk.unmatched, now)
    witnessed_requests.note(chunk.unmatched, now)
    _count_unmatched(chunk.misaddressed.total(), now)


def _record_seen(numbers: Iterable[int], now: datetime) -> None:
    # By hand: bulk_create takes ten times as long, and this is a row for every event. The key is the guard.
    seen_at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT_SEEN, [(number, seen_at) for number in sorted(numbers)])


def _write_batches(batches: Sequence[tuple[models.Batch, FoldedBatch]], now: datetime) -> None:
    """Stores batches as they have become; raises _StaleBatch unless every row is as it was read."""
    settled_at = connection.ops.adapt_datetimefield_value(now)
    written = [
        (
            folded.state,
            folded.outcomes.pack(),
            folded.proven[:40],
            folded.state,
            folded.state,
            settled_at,
            batch.id,
            batch.version,
            batch.state,
        )
        for batch, folded in batches
    ]
    if not written:
        return
    with connection.cursor() as cursor:
        cursor.executemany(_UPDATE_BATCH, written)
        if cursor.rowcount != len(written):
            raise _StaleBatch


def _record_exceptions(batch: models.Batch, folded: FoldedBatch) -> None:
    if not folded.failures:
        return
    members = unpack_members(batch.members, batch.format)
    models.DeliveryException.objects.bulk_create(
        ledger_rows.build_exception(
            batch,
            members[failure.place],
            address=failure.address,
            kind=failure.outcome.key,
            reason=failure.reason,
            at=_to_instant(failure.at),
        )
        for failure in folded.failures
    )


def _count_clicks(mailing_id: int, pick: str, machine: bool, count: int) -> None:
    column = "machines" if machine else "people"
    row, made = models.PickClicks.objects.get_or_create(mailing_id=mailing_id, pick=pick, defaults={column: count})
    if not made:
        models.PickClicks.objects.filter(id=row.id).update(**{column: F(column) + count})


def _to_report(source: Effect | Event, list_id: int | None) -> bounces_complaints.ProviderReport:
    kind = ReportKind(source.reject_reason.value)  # nothing and quota have no effect on a person
    return bounces_complaints.ProviderReport(kind, source.address, list_id, source.reason, _to_instant(source.at))


def _apply_unmatched(events: Sequence[Event], now: datetime) -> None:
    """Events of no delivery of ours act on people only where the address is ours (SECURITY: counted and dropped)."""
    reports = [
        _to_report(event, None)
        for event in events
        if event.reject_reason in (RejectReason.HARD, RejectReason.COMPLAINED)
    ]
    ours = bounces_complaints.apply_reports(reports, source="provider", now=now)
    _count_unmatched(len(events) - ours, now)


def _count_unmatched(count: int, now: datetime) -> None:
    if count:
        row, _ = models.UnmatchedEventCount.objects.get_or_create(day=now.date())
        models.UnmatchedEventCount.objects.filter(id=row.id).update(count=F("count") + count)


def _to_instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
