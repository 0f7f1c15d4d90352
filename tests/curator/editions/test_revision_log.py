"""Every change is a row, written with it; successive saves of a field are one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.accounts.models import AuditEntry
from newsletter.checks import preflight
from newsletter.curator.editions import approval, editions, models, picks
from tests.actors import SYSTEM

ADA, BEN = SystemActor("ada@example.com"), SystemActor("ben@example.com")


def save(edition: Any, subject: str, now: datetime, by: Any = ADA) -> None:
    editions.edit_edition(edition.id, subject=subject, seen=None, by=by, now=now)


def list_subjects(edition: Any) -> list[tuple[str, str, str]]:
    rows = models.Revision.objects.filter(edition_id=edition.id, field="subject").order_by("sequence")
    return [(row.before, row.after, row.by) for row in rows][1:]  # the first is the fixture's


def test_successive_saves_of_one_person_within_a_minute_are_one_revision(morning_edition: Any, now: datetime) -> None:
    was = morning_edition.subject
    for second, text in ((0, "A"), (20, "Ab"), (59, "Abc")):
        save(morning_edition, text, now + timedelta(seconds=second))
    assert list_subjects(morning_edition) == [(was, "Abc", ADA.name)]
    save(morning_edition, "Abcd", now + timedelta(seconds=61))
    assert list_subjects(morning_edition)[1:] == [("Abc", "Abcd", ADA.name)]


def test_saves_of_others_of_other_fields_and_around_an_approval_are_not_joined(
    morning_edition: Any, now: datetime
) -> None:
    save(morning_edition, "A", now)
    save(morning_edition, "B", now, BEN)
    save(morning_edition, "C", now)
    editions.edit_edition(morning_edition.id, preheader="Another", seen=None, by=ADA, now=now)
    save(morning_edition, "D", now)
    assert [after for _, after, _ in list_subjects(morning_edition)] == ["A", "B", "D"]
    later = now + timedelta(seconds=10)
    preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=later)
    approval.withdraw_to_edit(morning_edition.id, content_hash=None, by=ADA, now=later)
    save(morning_edition, "E", later)
    assert [after for _, after, _ in list_subjects(morning_edition)] == ["A", "B", "D", "E"]


def test_the_audit_entry_names_the_revisions_of_its_change(morning_edition: Any, now: datetime) -> None:
    key = morning_edition.picks[0].key
    picks.edit_pick(morning_edition.id, key, headline="New", blurb="New too", seen=None, by=ADA, now=now)
    numbers = AuditEntry.objects.order_by("-id")[0].after["revisions"]
    rows = models.Revision.objects.filter(edition_id=morning_edition.id, sequence__in=numbers).order_by("sequence")
    assert [(row.part, row.field, row.act) for row in rows] == [
        (f"story:{key}", "headline", numbers[0]),
        (f"story:{key}", "blurb", numbers[0]),
    ]


def test_an_edit_that_is_refused_leaves_no_revision(morning_edition: Any, now: datetime) -> None:
    before = models.Revision.objects.count()
    with pytest.raises(Exception, match="is not a web address"):
        picks.edit_pick(morning_edition.id, morning_edition.picks[0].key, url="x", seen=None, by=ADA, now=now)
    save(morning_edition, morning_edition.subject, now)
    assert models.Revision.objects.count() == before
