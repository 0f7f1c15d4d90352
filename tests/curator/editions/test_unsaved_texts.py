"""Two texts for one field: both are kept, and nothing is approved or sent before somebody chose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts.models import AuditEntry
from newsletter.checks import preflight
from newsletter.curator.editions import conflicts, edition_lookup, models, picks
from newsletter.jobs import tasks
from newsletter.kernel.errors import Difference, NotFound, Refused
from tests.actors import SYSTEM

BOTH = Difference("headline", "Before", "Theirs", "Mine")


def keep(edition: Any, now: datetime, difference: Difference = BOTH) -> Any:
    conflicts.keep_conflict(edition.id, f"story:{edition.picks[0].key}", difference, by=SYSTEM, now=now)
    return conflicts.list_conflicts(edition_lookup.get_edition(edition.id))


def test_both_texts_are_kept_and_a_later_one_replaces_the_own(morning_edition: Any, now: datetime) -> None:
    (kept,) = keep(morning_edition, now)
    assert (kept.yours, kept.by) == ("Mine", SYSTEM.name)
    assert kept.label.startswith("Headline of “Railway reaches")
    (kept,) = keep(morning_edition, now, Difference("headline", "Before", "Theirs", "Mine, again"))
    assert kept.yours == "Mine, again"


def test_an_edition_with_two_texts_is_not_approved(morning_edition: Any, now: datetime) -> None:
    keep(morning_edition, now)
    findings = preflight.inspect_edition(morning_edition.id, now=now).findings
    (finding,) = (each for each in findings if each.code == "two-texts")
    assert finding.blocks
    assert not finding.may_be_overridden
    assert finding.where == f"story:{morning_edition.picks[0].key}"
    with pytest.raises(Refused, match="nobody has chosen yet: Headline of"):
        preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)
    conflicts.settle_conflict(
        morning_edition.id, f"story:{morning_edition.picks[0].key}", "headline", by=SYSTEM, now=now
    )
    assert preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)


def test_an_edition_with_two_texts_is_not_sent(morning_edition: Any, readers: Any, now: datetime) -> None:
    readers(1)
    preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)
    keep(morning_edition, now)
    with pytest.raises(Refused, match="nobody has chosen yet"):
        tasks.send_edition(morning_edition.id, at=None, content_hash=None, by=SYSTEM, now=now)


def test_what_is_discarded_stays_in_the_audit_log(morning_edition: Any, now: datetime) -> None:
    (kept,) = keep(morning_edition, now)
    conflicts.discard_text(morning_edition.id, kept.id, by=SYSTEM, now=now)
    entry = AuditEntry.objects.get(verb="decided between texts")
    assert list(entry.before.values()) == ["Mine"]
    with pytest.raises(NotFound):
        conflicts.discard_text(morning_edition.id, kept.id, by=SYSTEM, now=now)


def test_a_story_that_is_dropped_takes_its_two_texts_along(morning_edition: Any, now: datetime) -> None:
    keep(morning_edition, now)
    picks.drop_pick(morning_edition.id, morning_edition.picks[0].key, content_hash=None, by=SYSTEM, now=now)
    assert models.FieldConflict.objects.count() == 1
    assert conflicts.list_conflicts(edition_lookup.get_edition(morning_edition.id)) == ()
    assert preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)


def test_settling_what_is_not_there_is_no_act(morning_edition: Any, now: datetime) -> None:
    assert not conflicts.settle_conflict(morning_edition.id, "", "subject", by=SYSTEM, now=now)
    assert not AuditEntry.objects.filter(verb="decided between texts").exists()
