"""Many rows are written in short transactions, and the scheduler finds room beside each bulk writer."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection

from newsletter.delivery.events import inbox, suppression_sync
from newsletter.delivery.models import SeenEvent
from newsletter.delivery.providers.base import Event, EventType, RejectReason
from newsletter.jobs import heartbeats, tasks
from subscribers import bulk_writing, hygiene, lists, models, rate_limits, retention, suppressions, tiers
from subscribers.engagement import record_engagement
from subscribers.imports import restore, run, undo
from subscribers.imports.export import write_export
from tests.actors import SYSTEM
from tests.fakes.provider import ScriptedProvider

PEOPLE = 240
MOST_CHANGES = 3_000  # rows of a transaction, those of triggers and cascades too
LONG_AGO = timedelta(days=900)
Writer = Callable[[], object]


class Listing(ScriptedProvider):
    """A provider with a list of bounces."""

    name = "sendgrid"

    def list_suppressed(self, since: datetime, until: datetime) -> Iterator[Event]:
        for n in range(PEOPLE):
            address = f"reader{n:03}@example.com"
            yield Event("", EventType.BOUNCED, int(until.timestamp()), address, reject_reason=RejectReason.HARD)


def _import(list_id: int, now: datetime) -> int:
    rows = "".join(f"reader{n:03}@example.com,Ann,a tag\n" for n in range(PEOPLE))
    file = io.BytesIO(f"email,first_name,tags\n{rows}".encode())
    return run.import_csv(file, list_id, dry_run=False, by=SYSTEM, now=now).id


def _restore(list_id: int, now: datetime) -> Writer:
    _import(list_id, now)
    parts: list[str] = []
    write_export(None, parts.append, export_format="jsonl", by=SYSTEM, now=now)
    models.Subscriber.objects.all().delete()
    return lambda: restore.restore_export(io.BytesIO("".join(parts).encode()), name="a", by=SYSTEM, now=now)


def _suppress(list_id: int, now: datetime) -> Writer:
    file = io.BytesIO(b"email\n" + b"".join(b"gone%d@example.com\n" % n for n in range(PEOPLE)))
    return lambda: suppressions.import_suppressions(file, source="a", by=SYSTEM, now=now)


def _sync(list_id: int, now: datetime) -> Writer:
    _import(list_id, now - LONG_AGO)
    return lambda: suppression_sync.sync_suppressions(now, Listing())


def _undo(list_id: int, now: datetime) -> Writer:
    import_id = _import(list_id, now)
    return lambda: undo.undo_import(import_id, by=SYSTEM, now=now)


def _ask_inactive(list_id: int, now: datetime) -> Writer:
    _import(list_id, now - LONG_AGO)
    models.Subscription.objects.update(since=now - LONG_AGO)
    models.List.objects.update(engagement_as_of=now)
    return lambda: hygiene.ask_inactive(list_id, 6, expected=None, by=SYSTEM, now=now)


def _unsubscribe_inactive(list_id: int, now: datetime) -> Writer:
    _import(list_id, now - LONG_AGO)
    models.Subscription.objects.update(asked_at=now - LONG_AGO)
    return lambda: hygiene.unsubscribe_inactive(now)


def _forget_unconfirmed(list_id: int, now: datetime) -> Writer:
    _import(list_id, now - LONG_AGO)
    models.Subscription.objects.update(state="pending", since=now - LONG_AGO)
    return lambda: retention.apply_retention(now)


def _lapse_tiers(list_id: int, now: datetime) -> Writer:
    _import(list_id, now - LONG_AGO)
    models.Subscriber.objects.update(tier="paid", tier_ends_at=now - LONG_AGO)
    return lambda: tiers.lapse_due(now)


def _record_engagement(list_id: int, now: datetime) -> Writer:
    _import(list_id, now - LONG_AGO)
    ids = list(models.Subscriber.objects.values_list("id", flat=True))
    return lambda: record_engagement(list_id, 1, opened=ids, clicked=(), as_of=now)


def _forget_events(list_id: int, now: datetime) -> Writer:
    SeenEvent.objects.bulk_create(SeenEvent(id=n, at=now - LONG_AGO) for n in range(5_000))
    return lambda: inbox.delete_expired(now)


def _forget_hits(list_id: int, now: datetime) -> Writer:
    models.FormHit.objects.bulk_create(models.FormHit(bucket="a", key=str(n), at=now - LONG_AGO) for n in range(5_000))
    return lambda: rate_limits.delete_old_hits(now)


WRITERS: dict[str, Callable[[int, datetime], Writer]] = {
    "restoring an export": _restore,
    "importing suppressions": _suppress,
    "the provider's lists": _sync,
    "undoing an import": _undo,
    "asking the inactive": _ask_inactive,
    "unsubscribing the inactive": _unsubscribe_inactive,
    "forgetting the unconfirmed": _forget_unconfirmed,
    "lapsing tiers": _lapse_tiers,
    "engagement": _record_engagement,
    "forgetting events": _forget_events,
    "forgetting hits": _forget_hits,
}
IN_TICK = ("forgetting events", "forgetting hits")  # a tick would do the rest of it


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", WRITERS)
def test_the_scheduler_ticks_between_any_two_transactions_of_a_bulk_writer(
    name: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows, not everybody")
    write = WRITERS[name](lists.create_list("morning", "Morning", by=SYSTEM, now=now).id, now)
    raw = connection.connection
    changes: list[int] = [raw.total_changes]
    waited: list[float] = []

    def tick() -> None:
        connection.ensure_connection()
        connection.connection.execute("PRAGMA busy_timeout = 0")  # who finds no room at once fails
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(bulk_writing, "sleep", time.sleep)
                if name in IN_TICK:
                    heartbeats.record_heartbeat(heartbeats.ProcessKind.SCHEDULER, now=now)
                else:
                    assert tasks.tick(now).failed == {}
        finally:
            connection.close()

    def rest(seconds: float) -> None:
        changes.append(raw.total_changes)
        waited.append(seconds)
        if len(waited) <= 2:
            ticks.submit(tick).result(timeout=20)

    monkeypatch.setattr(bulk_writing, "sleep", rest)
    with ThreadPoolExecutor(1) as ticks:
        write()
    assert len(waited) >= 3
    assert raw.total_changes - changes[-1] <= 10, "what is behind the last pause is a note or two"
    assert max(after - before for before, after in pairwise(changes)) <= MOST_CHANGES


def test_a_transaction_takes_as_many_rows_as_it_writes_in_time(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pacer = bulk_writing.WritePacer()
    monkeypatch.setattr(bulk_writing, "perf_counter", iter([0.0, 0.5, 1.0, 1.0001, 2.0, 2.0001]).__next__)
    sizes = []
    for rows in (50, 5, 10):
        with pacer.transaction(rows):
            pass
        sizes.append(pacer.rows)
    assert sizes == [5, 10, 20], "ten times too slow; then twice as many at most"


def test_within_a_transaction_nobody_rests(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_writing, "sleep", None)
    bulk_writing.leave_room(1.0)


def test_rows_that_are_wanted_again_meanwhile_are_not_deleted(db: None, now: datetime) -> None:
    models.Suppression.objects.create(address_key="a@example.com", reason="x", created_at=now, expires_at=now)
    models.Suppression.objects.create(address_key="b@example.com", reason="x", created_at=now)
    assert bulk_writing.delete_in_chunks(models.Suppression.objects.filter(expires_at__lte=now)) == 1
    assert models.Suppression.objects.get().address_key == "b@example.com"
