"""Taking our own form back exactly."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.kernel.errors import BadInput
from subscribers import models, people, subscriber_lookup
from subscribers.consent import erasure
from subscribers.imports import restore
from subscribers.values import List
from tests.actors import SYSTEM
from tests.subscribers.imports.conftest import exported

Active = Callable[..., int]


def test_our_own_form_comes_back_exactly(everybody: int, now: datetime) -> None:
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
    restored = restore.restore_export(io.BytesIO(before.encode()), by=SYSTEM, name="readers.jsonl", now=now)
    assert (restored.people, restored.lists, restored.attributes, restored.refused) == (3, 2, 1, 0)
    assert exported(None, "jsonl") == before


def test_whoever_is_here_stays_as_they_are_but_for_opt_outs(
    everybody: int, active: Active, morning: List, now: datetime
) -> None:
    before = exported(None, "jsonl")
    people.unsubscribe(everybody, morning.id, by=SYSTEM, now=now)
    gone = before.replace('"state":"pending"', '"state":"unsubscribed"')
    restored = restore.restore_export(io.BytesIO(gone.encode()), by=SYSTEM, name="readers.jsonl", now=now)
    assert (restored.people, restored.already_here) == (0, 3)
    assert {s.list_name: s.state for s in subscriber_lookup.get_subscriber(everybody).subscriptions} == {
        "Morning Briefing": "unsubscribed",
        "Evening Letter": "unsubscribed",
    }


def test_who_was_erased_does_not_come_back_with_a_backup(everybody: int, now: datetime) -> None:
    before = exported(None, "jsonl")
    erasure.erase_subscriber(everybody, by=SYSTEM, now=now)
    restored = restore.restore_export(io.BytesIO(before.encode()), by=SYSTEM, name="readers.jsonl", now=now)
    assert (restored.people, restored.already_here, restored.refused) == (0, 2, 1)
    assert "erased" in restored.bad[0].reason


def test_a_damaged_line_is_reported_and_the_others_are_kept(everybody: int, now: datetime) -> None:
    lines = exported(None, "jsonl").splitlines()
    models.Subscriber.objects.all().delete()
    lines[4:5] = ['{"person": {"address": "x@example.com"}}', "rubbish", '{"shoe": 1}']
    restored = restore.restore_export(io.BytesIO("\n".join(lines).encode()), by=SYSTEM, name="readers.jsonl", now=now)
    assert (restored.people, restored.refused) == (2, 3)
    assert [bad.line for bad in restored.bad] == [5, 6, 7]


@pytest.mark.parametrize("data", [b"", b"email\nann@example.com\n", b"\x89PNG", b'{"newsletter_readers": 9}\n'])
def test_what_is_no_export_of_ours_is_refused(data: bytes, now: datetime, db: None) -> None:
    with pytest.raises(BadInput, match="not our export"):
        restore.restore_export(io.BytesIO(data), by=SYSTEM, name="readers.jsonl", now=now)


def test_a_line_may_be_as_long_as_the_limit_and_no_longer(
    everybody: int, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = exported(None, "jsonl").encode()
    longest = max(len(line) for line in data.splitlines(keepends=True))
    monkeypatch.setattr(restore, "LONGEST_LINE", longest)
    restore.restore_export(io.BytesIO(data), by=SYSTEM, name="readers.jsonl", now=now)
    monkeypatch.setattr(restore, "LONGEST_LINE", longest - 1)
    with pytest.raises(BadInput, match="not our export"):
        restore.restore_export(io.BytesIO(data), by=SYSTEM, name="readers.jsonl", now=now)
