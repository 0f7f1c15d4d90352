"""Handing readers out, and taking our own form back exactly."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from newsletter.kernel.errors import BadInput
from subscribers import engagement, lists, models, people, self_service, subscriber_lookup, suppressions
from subscribers.attributes import add_tag, create_attribute, set_attribute, set_tier
from subscribers.consent import erasure
from subscribers.imports import export, restore, run
from subscribers.segments.service import create_segment
from subscribers.tokens import FOOTER, Claims
from subscribers.values import List

Active = Callable[..., int]


def exported(list_id: int | None, form: str, **more: object) -> str:
    parts: list[str] = []
    export.write_export(list_id, parts.append, export_format=form, **more)  # type: ignore[arg-type]
    return "".join(parts)


@pytest.fixture
def house(morning: List, evening: List, active: Active, now: datetime) -> int:
    """People with everything that can be known of them."""
    create_attribute("Age", kind="number", now=now)
    ann = active("Ann@example.com", first_name="=Ann", last_name="Lee", zone="Europe/London", language="de")
    add_tag(ann, "VIP, gold")
    add_tag(ann, "Blog")
    set_attribute(ann, "age", "41")
    set_tier(ann, "paid")
    people.add_subscriber("ann@example.com", evening.id, by="test", now=now)
    people.change_address(ann, "ann.lee@bücher.example", by="desk", now=now)
    engagement.record_engagement(morning.id, 3, opened=[ann], clicked=[], as_of=now)
    claims = Claims(FOOTER, morning.id, ann)
    self_service.set_frequency(
        claims, morning.id, frequency="weekly", paused_until=date(2027, 1, 1), network="192.0.2.1", now=now
    )
    ben = active("ben@example.com")
    self_service.unsubscribe_by_link(Claims(FOOTER, morning.id, ben), how="page", network="2001:db8::1", now=now)
    self_service.record_leaving_reason(Claims(FOOTER, morning.id, ben), "other", "moved")
    run.import_csv(
        io.BytesIO(b"email,status\ncleo@example.com,cleaned\n"), morning.id, dry_run=False, by="test", now=now
    )
    suppressions.suppress("@spam.example", reason="asked", source="letter", now=now, expires_at=now + timedelta(days=9))
    return ann


def test_our_own_form_comes_back_exactly(house: int, now: datetime) -> None:
    before = exported(None, "jsonl")
    for model in (
        models.SubscriberTag,
        models.Tag,
        models.Subscription,
        models.Subscriber,
        models.ImportRun,
        models.List,
        models.Attribute,
        models.Suppression,
    ):
        model.objects.all().delete()
    restored = restore.restore_export(io.BytesIO(before.encode()), by="test", now=now)
    assert (restored.people, restored.lists, restored.attributes, restored.refused) == (3, 2, 1, 0)
    assert exported(None, "jsonl") == before


def test_whoever_is_here_stays_as_they_are_but_for_opt_outs(
    house: int, active: Active, morning: List, now: datetime
) -> None:
    before = exported(None, "jsonl")
    people.unsubscribe(house, morning.id, how="desk", by="test", now=now)
    gone = before.replace('"state":"pending"', '"state":"unsubscribed"')
    restored = restore.restore_export(io.BytesIO(gone.encode()), by="test", now=now)
    assert (restored.people, restored.already_here) == (0, 3)
    assert {s.list_name: s.state for s in subscriber_lookup.get_subscriber(house).subscriptions} == {
        "Morning Briefing": "unsubscribed",
        "Evening Letter": "unsubscribed",
    }


def test_who_was_erased_does_not_come_back_with_a_backup(house: int, now: datetime) -> None:
    before = exported(None, "jsonl")
    erasure.erase_subscriber(house, by="test", now=now)
    restored = restore.restore_export(io.BytesIO(before.encode()), by="test", now=now)
    assert (restored.people, restored.already_here, restored.refused) == (0, 2, 1)
    assert "erased" in restored.bad[0].reason


def test_a_damaged_line_is_reported_and_the_others_are_kept(house: int, now: datetime) -> None:
    lines = exported(None, "jsonl").splitlines()
    models.Subscriber.objects.all().delete()
    lines[4:5] = ['{"person": {"address": "x@example.com"}}', "rubbish", '{"shoe": 1}']
    restored = restore.restore_export(io.BytesIO("\n".join(lines).encode()), by="test", now=now)
    assert (restored.people, restored.refused) == (2, 3)
    assert [bad.line for bad in restored.bad] == [5, 6, 7]


@pytest.mark.parametrize("data", [b"", b"email\nann@example.com\n", b"\x89PNG", b'{"newsletter_readers": 9}\n'])
def test_what_is_no_export_of_ours_is_refused(data: bytes, now: datetime, db: None) -> None:
    with pytest.raises(BadInput, match="no export of ours"):
        restore.restore_export(io.BytesIO(data), by="test", now=now)


def test_mailchimp_and_listmonk_get_what_they_import_without_formulas(house: int, morning: List, now: datetime) -> None:
    (row,) = csv.DictReader(io.StringIO(exported(morning.id, "mailchimp")))
    assert (row["Email Address"], row["First Name"], row["Tags"], row["Age"]) == (
        "ann.lee@bücher.example",
        "'=Ann",
        'Blog,"VIP, gold"',
        "41",
    )
    (row,) = csv.DictReader(io.StringIO(exported(morning.id, "listmonk")))
    assert (row["email"], row["name"]) == ("ann.lee@bücher.example", "'=Ann Lee")
    assert json.loads(row["attributes"])["tags"] == ["Blog", "VIP, gold"]
    (row,) = csv.DictReader(io.StringIO(exported(morning.id, "mailchimp", state="unsubscribed")))
    assert row["Email Address"] == "ben@example.com"


def test_what_we_export_for_them_we_can_read_ourselves(house: int, morning: List, evening: List, now: datetime) -> None:
    for form in ("csv", "mailchimp", "listmonk"):
        report = run.import_csv(
            io.BytesIO(exported(morning.id, form).encode()),
            evening.id,
            dry_run=True,
            by="test",
            now=now,
            name=f"{form}.csv",
        )
        assert report.refused == 0, form
        assert report.new + report.unchanged + report.updated >= 1, form


def test_an_export_can_be_narrowed_to_a_segment(house: int, morning: List, now: datetime) -> None:
    create_segment("vip", "VIP", {"about": "tag", "op": "has", "value": "Blog"}, by="test", now=now)
    assert len(list(csv.reader(io.StringIO(exported(morning.id, "csv", segment="vip", now=now))))) == 2
    with pytest.raises(BadInput, match="no form"):
        exported(morning.id, "xls")
    with pytest.raises(BadInput, match="no state"):
        exported(morning.id, "csv", state="gone")
    with pytest.raises(BadInput, match="name a list"):
        exported(None, "csv")


def test_a_line_may_be_as_long_as_the_limit_and_no_longer(
    house: int, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = exported(None, "jsonl").encode()
    longest = max(len(line) for line in data.splitlines(keepends=True))
    monkeypatch.setattr(restore, "LONGEST_LINE", longest)
    restore.restore_export(io.BytesIO(data), by="test", now=now)
    monkeypatch.setattr(restore, "LONGEST_LINE", longest - 1)
    with pytest.raises(BadInput, match="no export of ours"):
        restore.restore_export(io.BytesIO(data), by="test", now=now)


def test_an_export_for_spreadsheets_is_defused_and_can_be_imported_again(
    active: Active, morning: List, evening: List, now: datetime
) -> None:
    person_id = active("+ann@example.com", first_name="=HYPERLINK(1)", last_name="O'Hara")
    people.change_address(person_id, "+anna@example.com", by="test", now=now)
    people.unsubscribe(active("ben@example.com"), morning.id, how="desk", by="test", now=now)
    text = exported(morning.id, "csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["email"], r["first_name"], r["status"], r["former_addresses"]) for r in rows] == [
        ("'+anna@example.com", "'=HYPERLINK(1)", "active", "'+ann@example.com"),
        ("ben@example.com", "", "unsubscribed", ""),
    ]
    report = run.import_csv(io.BytesIO(text.encode()), evening.id, dry_run=False, by="test", now=now)
    assert (report.new, report.refused) == (2, 0)
    assert lists.count_subscribers_by_state(evening.id) == {"active": 1, "unsubscribed": 1}
