"""The audit log: append-only, filtered, with personal values apart."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from newsletter.accounts import audit_log
from newsletter.accounts.audit_log import AuditFilter
from newsletter.accounts.models import AuditEntry, AuditPersonalValues
from newsletter.kernel.actors import ActionRecord
from tests.actors import SYSTEM

pytestmark = pytest.mark.django_db


def _record(now: datetime, **fields: Any) -> None:
    SYSTEM.record(ActionRecord(**({"action": "edited", "target": "edition 12", "at": now} | fields)))


def test_an_entry_holds_the_values_before_and_after(now: datetime) -> None:
    _record(now, before={"subject": "Rain"}, after={"subject": "Snow"})
    (entry,) = audit_log.list_entries(AuditFilter())
    assert (entry.before, entry.after, entry.digest) == ({"subject": "Rain"}, {"subject": "Snow"}, "")


def test_an_entry_is_neither_changed_nor_deleted(now: datetime) -> None:
    _record(now)
    row = AuditEntry.objects.get()
    row.verb = "approved"
    for attempt in (row.save, AuditEntry.objects.all().delete, lambda: AuditEntry.objects.update(verb="approved")):
        with pytest.raises(TypeError, match="append-only"):
            attempt()


def test_an_entry_is_not_written_over_nor_deleted_by_itself(now: datetime) -> None:
    _record(now, personal_after={"name": "Ada"})
    row, values = AuditEntry.objects.get(), AuditPersonalValues.objects.get()
    other = AuditEntry(id=row.pk, at=now, verb="approved", target="edition 1", actor_name="nobody")
    for attempt in (
        row.delete,
        values.delete,
        lambda: AuditPersonalValues.objects.all().delete(),
        lambda: AuditPersonalValues.objects.update(after={}),
        lambda: AuditEntry.objects.bulk_create(
            [other], update_conflicts=True, unique_fields=["id"], update_fields=["verb"]
        ),
        lambda: setattr(values, "after", {}) or values.save(),
    ):
        with pytest.raises(TypeError, match="append-only"):
            attempt()
    (entry,) = audit_log.list_entries(AuditFilter())
    assert (entry.action, entry.personal_after) == ("edited", {"name": "Ada"})


def test_an_entry_goes_with_the_transaction_of_its_change(now: datetime) -> None:
    with pytest.raises(ValueError, match="the change failed"), transaction.atomic():
        _record(now)
        raise ValueError("the change failed")
    assert not audit_log.list_entries(AuditFilter())


def test_personal_values_stand_apart_from_their_entry(now: datetime) -> None:
    _record(now, subscriber_id=7, personal_before={"address": "old@example.com"}, personal_after={"address": "new@x"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_auditentry")
        assert "old@example.com" not in str(cursor.fetchall())
    (entry,) = audit_log.list_entries(AuditFilter())
    assert entry.personal_before == {"address": "old@example.com"}
    assert entry.digest == audit_log.compute_digest(entry.personal_before, entry.personal_after)


def test_the_values_of_an_erased_subscriber_go_and_the_digest_stays(now: datetime) -> None:
    _record(now, subscriber_id=7, personal_after={"address": "gone@example.com"})
    _record(now, subscriber_id=8, personal_after={"address": "here@example.com"})
    assert audit_log.redact_subscriber(7, (), now=now) == 1
    here, gone = audit_log.list_entries(AuditFilter())
    assert (gone.personal_after, gone.redacted_at) == ({}, now)
    assert gone.digest == audit_log.compute_digest({}, {"address": "gone@example.com"})
    assert here.personal_after == {"address": "here@example.com"}


def test_the_address_of_an_erased_subscriber_goes_whoever_it_was_recorded_of(now: datetime) -> None:
    _record(now, personal_after={"address": "Gone@example.com"})  # nobody's then
    _record(now, subscriber_id=3, personal_before={"address": "gone@example.com"})  # removed, and added again
    _record(now, personal_after={"address": "here@example.com"})
    assert audit_log.redact_subscriber(7, ["gone@example.com"], now=now) == 2
    assert "gone" not in str([*AuditPersonalValues.objects.values_list("before", "after")]).casefold()
    assert audit_log.list_entries(AuditFilter())[0].personal_after == {"address": "here@example.com"}


def test_old_personal_values_are_redacted(now: datetime) -> None:
    _record(now - timedelta(days=500), subscriber_id=7, personal_after={"name": "Ada"})
    _record(now, subscriber_id=7, personal_after={"name": "Ada"})
    assert audit_log.redact_before(now - timedelta(days=400), now=now) == 1
    fresh, old = audit_log.list_entries(AuditFilter())
    assert (fresh.personal_after, old.personal_after) == ({"name": "Ada"}, {})


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["list 1", "edition 123", "edition 12"]),
        ({"target": "edition 12"}, ["edition 12"]),
        ({"target": "edition"}, ["edition 123", "edition 12"]),
        ({"action": "creat"}, ["list 1"]),
        ({"actor": "TESTS"}, ["list 1", "edition 123", "edition 12"]),
        ({"actor": "somebody"}, []),
        ({"since": timedelta(minutes=1)}, ["list 1", "edition 123"]),
        ({"until": timedelta(minutes=1)}, ["edition 12"]),
        ({"newsletter_ids": ()}, []),
    ],
)
def test_entries_are_found_by_what_is_asked(wanted: dict[str, Any], found: list[str], now: datetime) -> None:
    for minutes, fields in enumerate(
        ({"target": "edition 12"}, {"target": "edition 123"}, {"target": "list 1", "action": "created list"})
    ):
        _record(now, **{"at": now + timedelta(minutes=minutes), **fields})
    asked = {name: now + value if isinstance(value, timedelta) else value for name, value in wanted.items()}
    assert [each.target for each in audit_log.list_entries(AuditFilter(**asked))] == found
    assert [each.target for each in audit_log.iterate_entries(AuditFilter(**asked))] == found[::-1]


def test_entries_of_one_newsletter_are_found(newsroom: Any, now: datetime) -> None:
    _record(now, newsletter_id=newsroom.briefing.id)
    _record(now, newsletter_id=newsroom.other.id, target="edition 2")
    (entry,) = audit_log.list_entries(AuditFilter(action="edited", newsletter_ids=[newsroom.other.id]))
    assert entry.target == "edition 2"


def test_the_list_goes_on_after_the_last_one_shown(now: datetime) -> None:
    for number in range(5):
        _record(now, target=f"edition {number}")
    first = audit_log.list_entries(AuditFilter(), limit=2)
    rest = audit_log.list_entries(AuditFilter(), before_id=first[-1].id)
    assert [each.target for each in (*first, *rest)] == [f"edition {number}" for number in (4, 3, 2, 1, 0)]


def test_a_long_value_is_cut(now: datetime) -> None:
    _record(now, after={"intro": "x" * 10_000})
    (entry,) = audit_log.list_entries(AuditFilter())
    assert len(entry.after["intro"]) == audit_log.LONGEST_VALUE
