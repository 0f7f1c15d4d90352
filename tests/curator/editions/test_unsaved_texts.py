"""Texts that a field did not take are kept, and nothing is approved or sent before somebody decided."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts.models import AuditEntry
from newsletter.checks import preflight
from newsletter.curator.editions import edition_lookup, models, picks, unsaved_texts
from newsletter.jobs import tasks
from newsletter.kernel.errors import BadInput, Conflict, Difference, NewsletterError, NotFound, Refused
from tests.actors import SYSTEM

CONFLICT = Conflict("Somebody else changed it.", [Difference("headline", "Before", "Theirs", "Mine")])
TOO_LONG = BadInput("The headline has 501 characters; 500 are the most.", "headline")


def keep(edition: Any, now: datetime, text: str = "Mine", problem: NewsletterError = CONFLICT) -> Any:
    part = f"story:{edition.picks[0].key}"
    unsaved_texts.keep_unsaved_text(edition.id, part, "headline", text, problem, by=SYSTEM, now=now)
    return unsaved_texts.list_unsaved_texts(edition_lookup.get_edition(edition.id))


def test_both_texts_are_kept_and_a_later_one_replaces_the_own(morning_edition: Any, now: datetime) -> None:
    (kept,) = keep(morning_edition, now)
    assert (kept.yours, kept.by) == ("Mine", SYSTEM.name)
    assert kept.label.startswith("Headline of “Railway reaches")
    (kept,) = keep(morning_edition, now, "Mine, again")
    assert kept.yours == "Mine, again"


def test_an_edition_with_two_texts_is_not_approved(morning_edition: Any, now: datetime) -> None:
    keep(morning_edition, now)
    findings = preflight.inspect_edition(morning_edition.id, now=now).findings
    (finding,) = (each for each in findings if each.code == "two-texts")
    assert finding.blocks
    assert not finding.may_be_overridden
    assert finding.where == f"story:{morning_edition.picks[0].key}"
    with pytest.raises(Refused, match="nobody has decided yet: Headline of"):
        preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)
    unsaved_texts.settle_text(
        morning_edition.id, f"story:{morning_edition.picks[0].key}", "headline", by=SYSTEM, now=now
    )
    assert preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)


def test_an_edition_with_two_texts_is_not_sent(morning_edition: Any, readers: Any, now: datetime) -> None:
    readers(1)
    preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)
    models.UnsavedText.objects.create(  # as it was approved
        edition_id=morning_edition.id, field="subject", by=SYSTEM.name, yours="Mine", at=now
    )
    with pytest.raises(Refused, match="nobody has decided yet"):
        tasks.send_edition(morning_edition.id, at=None, content_hash=None, by=SYSTEM, now=now)


def test_what_is_discarded_stays_in_the_audit_log(morning_edition: Any, now: datetime) -> None:
    (kept,) = keep(morning_edition, now)
    unsaved_texts.discard_text(morning_edition.id, kept.id, by=SYSTEM, now=now)
    entry = AuditEntry.objects.get(verb="decided between texts")
    assert list(entry.before.values()) == ["Mine"]
    with pytest.raises(NotFound):
        unsaved_texts.discard_text(morning_edition.id, kept.id, by=SYSTEM, now=now)


def test_an_edition_with_a_text_that_was_refused_is_not_approved_until_it_is_discarded(
    morning_edition: Any, now: datetime
) -> None:
    (kept,) = keep(morning_edition, now, "A" * 501, TOO_LONG)
    assert (kept.refusal, kept.blocks) == (str(TOO_LONG), True)
    (finding,) = (
        each for each in preflight.inspect_edition(morning_edition.id, now=now).findings if each.code == "unsaved-text"
    )
    assert (finding.blocks, finding.may_be_overridden) == (True, False)
    with pytest.raises(Refused, match="nobody has decided yet: Headline of"):
        preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)
    unsaved_texts.discard_text(morning_edition.id, kept.id, by=SYSTEM, now=now)
    assert AuditEntry.objects.filter(verb="discarded unsaved text").exists()
    assert preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)


def test_the_text_of_a_story_that_is_gone_is_kept_and_stops_nothing(morning_edition: Any, now: datetime) -> None:
    keep(morning_edition, now)
    picks.drop_pick(morning_edition.id, morning_edition.picks[0].key, content_hash=None, by=SYSTEM, now=now)
    (kept,) = unsaved_texts.list_unsaved_texts(edition_lookup.get_edition(morning_edition.id))
    assert (kept.yours, kept.is_orphan, kept.blocks) == ("Mine", True, False)
    assert preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)


def test_nothing_is_kept_for_an_approved_edition_which_it_would_stop(morning_edition: Any, now: datetime) -> None:
    preflight.approve_edition(morning_edition.id, content_hash=None, by=SYSTEM, now=now)
    assert keep(morning_edition, now, "A" * 501, TOO_LONG) == ()


def test_settling_what_is_not_there_is_no_act(morning_edition: Any, now: datetime) -> None:
    assert not unsaved_texts.settle_text(morning_edition.id, "", "subject", by=SYSTEM, now=now)
    assert not AuditEntry.objects.filter(verb="decided between texts").exists()
