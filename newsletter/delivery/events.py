"""From the provider's posts to the ledger.

    post ─verify, store raw─▶ Post ─parse, group by batch, fold─▶ outcomes · incidents · alarms ─▶ subscribers

Receiving only stores, so that the provider has its answer at once. One process at a time applies (a lease), some
posts to a stroke, and a stroke is one transaction: killed anywhere, it is done whole or not at all.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q

from newsletter.delivery import alarms, ledger, models, rows
from newsletter.delivery.folding import Effect, Folded, fold
from newsletter.delivery.providers import sendgrid_events
from newsletter.delivery.providers.base import Cause, Event
from newsletter.kernel.errors import BadInput, NotAllowed
from subscribers import service as subscribers

log = logging.getLogger(__name__)

LARGEST_POST = 2 * 2**20  # bytes; SendGrid posts some 768 kB at most (fact 31)
OLDEST_POST = timedelta(days=3)  # of signed timestamps; event ids are kept for longer
POSTS_KEPT = timedelta(hours=48)
EVENTS_KEPT = timedelta(days=4)
LEASE = timedelta(seconds=20)  # a stroke takes less than one; what another did meanwhile is noticed
STROKE = 4  # posts, some 4,000 events: the writing takes some hundredths of a second
ROWS = 1_000  # to a query
T = TypeVar("T")

_NOTE_SEEN = "INSERT INTO delivery_seenevent (id, at) VALUES (%s, %s)"
_WRITE_BATCH = """
    UPDATE delivery_batch
       SET state = %s, outcomes = %s, version = version + 1,
           lease_until = CASE WHEN state = %s THEN lease_until END,
           handed_over_at = CASE WHEN state = %s THEN handed_over_at ELSE COALESCE(handed_over_at, %s) END
     WHERE id = %s AND version = %s AND state = %s
"""


def receive(raw: bytes, *, signature: str, timestamp: str, keys: Sequence[str], now: datetime) -> None:
    """Stores a post that one of `keys` signed. Raises NotAllowed for a forged one, BadInput for one too large or old.

    Without keys every post is refused. The same post twice is stored once.
    """
    if not keys:
        raise NotAllowed("No key is set, so no events are taken. Set NEWSLETTER_SENDGRID_WEBHOOK_KEYS.")
    if len(raw) > LARGEST_POST:
        raise BadInput(f"A post may have {LARGEST_POST // 2**20} MB.")
    if not sendgrid_events.genuine(raw, signature=signature, timestamp=timestamp, keys=keys):
        raise NotAllowed("The signature does not fit the body.")
    if not timestamp.isdecimal() or datetime.fromtimestamp(int(timestamp[:11]), UTC) < now - OLDEST_POST:
        raise BadInput("The post was signed too long ago.")
    models.Post.objects.get_or_create(digest=hashlib.sha256(raw).digest(), defaults={"body": raw, "received_at": now})


def apply_next(now: datetime, *, owner: str) -> bool:
    """Applies the oldest posts. Returns whether there were any; another process may be at it."""
    if not models.Post.objects.exists() or not _leased(owner, now):
        return False
    posts = list(models.Post.objects.order_by("id")[:STROKE])
    stroke = _folded(_unseen(event for post in posts for event in _parsed(post)))
    try:
        with transaction.atomic():  # all the reading is done: the database is locked for the writing alone
            _write(stroke, now)
            models.Post.objects.filter(id__in=[post.id for post in posts]).delete()
    except (_Overtaken, IntegrityError):
        log.info("Another process was at the same rows; these events are applied again, to what the rows say now")
    return True


class _Overtaken(Exception):
    """A batch changed between reading and writing it."""


@dataclass(frozen=True, slots=True)
class _Stroke:
    """What is to be written: events by their numbers, batches as they become, and what belongs to no batch of ours."""

    events: dict[int, Event]
    batches: list[tuple[models.Batch, Folded]]
    strays: list[Event]


def sweep(now: datetime) -> None:
    """Forgets posts that could not be applied in time, and ids of events that can come no more."""
    late = models.Post.objects.filter(received_at__lt=now - POSTS_KEPT)
    if count := late.count():
        log.error("%s posts of the provider could not be applied within %s and are dropped", count, POSTS_KEPT)
        late.delete()
    models.SeenEvent.objects.filter(at__lt=now - EVENTS_KEPT).delete()


def _leased(owner: str, now: datetime) -> bool:
    models.Applier.objects.get_or_create(name="events")
    mine = models.Applier.objects.filter(Q(lease_until=None) | Q(lease_until__lt=now) | Q(owner=owner), name="events")
    return bool(mine.update(owner=owner, lease_until=now + LEASE))


def _parsed(post: models.Post) -> tuple[Event, ...]:
    try:
        return sendgrid_events.parse(bytes(post.body))
    except BadInput as error:
        log.error("A signed post of %s bytes cannot be read and is dropped: %s", len(post.body), error)
        return ()


def _unseen(events: Iterable[Event]) -> dict[int, Event]:
    """The events that were not applied before, each once, by the number that its id is kept as."""
    by_number = {_number(event): event for event in events}
    for page in _pages(list(by_number)):
        for known in models.SeenEvent.objects.filter(id__in=page).values_list("id", flat=True):
            del by_number[known]
    return by_number


def _number(event: Event) -> int:
    """63 bits of the event's id; an event without one is known by what it says (SendGrid fact 33)."""
    name = event.id or repr(event)
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") >> 1


def _pages(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + ROWS] for start in range(0, len(items), ROWS))


def _folded(events: dict[int, Event]) -> _Stroke:
    of_batch: dict[str, list[Event]] = defaultdict(list)
    for event in events.values():
        of_batch[event.batch].append(event)
    strays = of_batch.pop("", [])
    batches: list[tuple[models.Batch, Folded]] = []
    for page in _pages(list(of_batch)):
        for row in models.Batch.objects.filter(key__in=page).select_related("mailing"):
            outcomes = ledger.Outcomes(row.outcomes, row.format)
            batches.append((row, fold(row.state, row.attempt_key, outcomes, of_batch.pop(row.key))))
    strays += (event for of_an_unknown_batch in of_batch.values() for event in of_an_unknown_batch)
    return _Stroke(events, batches, strays)


def _write(stroke: _Stroke, now: datetime) -> None:
    _note_seen(stroke.events, now)
    _write_batches(stroke.batches, now)
    sounding: Counter[tuple[int | None, str]] = Counter()
    clicks: Counter[tuple[int, str, bool]] = Counter()
    reports: list[subscribers.Report] = []
    for batch, folded in stroke.batches:
        _note_troubles(batch, folded)
        sounding.update({(batch.mailing_id, message): n for message, n in folded.alarms.items()})
        clicks.update({(batch.mailing_id, pick, machine): n for (pick, machine), n in folded.clicks.items()})
        reports += (_report(effect, batch.mailing.list_id) for effect in folded.effects)
    sounding.update((None, event.alarm) for event in stroke.events.values() if event.alarm)
    for (mailing_id, message), count in sounding.items():
        alarms.raise_alarm(mailing_id, message, now, count=count)
    for (mailing_id, pick, machine), count in clicks.items():
        _count_clicks(mailing_id, pick, machine, count)
    subscribers.apply_reports(reports, source="provider", now=now)
    _take_strays(stroke.strays, now)


def _note_seen(numbers: Iterable[int], now: datetime) -> None:
    # By hand: bulk_create takes ten times as long, and this is a row for every event. The key is the guard.
    seen_at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.executemany(_NOTE_SEEN, [(number, seen_at) for number in sorted(numbers)])


def _write_batches(batches: Sequence[tuple[models.Batch, Folded]], now: datetime) -> None:
    """Stores batches as they have become; raises _Overtaken unless every row is as it was read."""
    settled_at = connection.ops.adapt_datetimefield_value(now)
    written = [
        (
            folded.state, folded.outcomes.packed(), folded.state, folded.state, settled_at,
            batch.id, batch.version, batch.state,
        )
        for batch, folded in batches
    ]  # fmt: skip
    if not written:
        return
    with connection.cursor() as cursor:
        cursor.executemany(_WRITE_BATCH, written)
        if cursor.rowcount != len(written):
            raise _Overtaken


def _note_troubles(batch: models.Batch, folded: Folded) -> None:
    if not folded.troubles:
        return
    members = ledger.unpack_members(batch.members, batch.format)
    models.Incident.objects.bulk_create(
        rows.incident(
            batch,
            members[trouble.place],
            address=trouble.address,
            kind=trouble.outcome.word,
            reason=trouble.reason,
            at=_instant(trouble.at),
        )
        for trouble in folded.troubles
    )


def _count_clicks(mailing_id: int, pick: str, machine: bool, count: int) -> None:
    column = "machines" if machine else "people"
    row, made = models.PickClicks.objects.get_or_create(mailing_id=mailing_id, pick=pick, defaults={column: count})
    if not made:
        models.PickClicks.objects.filter(id=row.id).update(**{column: F(column) + count})


def _report(told: Effect | Event, list_id: int | None) -> subscribers.Report:
    return subscribers.Report(told.cause.value, told.address, list_id, told.reason, _instant(told.at))  # type: ignore[arg-type]  # Cause.NOTHING has no effect


def _take_strays(events: Sequence[Event], now: datetime) -> None:
    """Events of no delivery of ours act on people only where the address is ours (SECURITY: counted and dropped)."""
    told = [_report(event, None) for event in events if event.cause in (Cause.HARD, Cause.COMPLAINED)]
    ours = subscribers.apply_reports(told, source="provider", now=now)
    if len(events) > ours:
        row, _ = models.Stray.objects.get_or_create(day=now.date())
        models.Stray.objects.filter(id=row.id).update(count=F("count") + len(events) - ours)


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
