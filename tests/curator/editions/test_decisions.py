"""A decision is held against what whoever made it saw."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.apps import apps

from newsletter.accounts.actors import SystemActor
from newsletter.curator.editions import (
    approval,
    correction_lookup,
    corrections,
    decisions,
    edition_lookup,
    editions,
    models,
)
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import Conflict, NotFound
from tests.actors import SYSTEM
from tests.approving import approve

BEN = SystemActor("ben@example.com")


def test_the_hash_of_an_approved_edition_is_that_of_its_frozen_mail(filled: Edition, now: datetime) -> None:
    draft = decisions.get_content_hash(filled.id)
    snapshot = approve(filled.id, now=now)
    assert decisions.get_content_hash(filled.id) == draft
    assert draft.endswith(f"-{snapshot.sha256[:16]}")
    apps.get_model("catalog.Newsletter").objects.update(postal_address="9 New Road")
    assert decisions.get_content_hash(filled.id) == draft


def test_what_was_seen_passes_and_none_is_not_held_against_anything(filled: Edition) -> None:
    decisions.require_content_hash(filled.id, f" {decisions.get_content_hash(filled.id)}\n")
    decisions.require_content_hash(filled.id, None)
    decisions.require_content_hash(999, None)
    with pytest.raises(NotFound):
        decisions.require_content_hash(999, "0-0")


def test_an_edit_since_is_refused_with_the_difference(filled: Edition, now: datetime) -> None:
    seen = decisions.get_content_hash(filled.id)
    editions.edit_edition(filled.id, seen=None, by=BEN, now=now, subject="Ben's")
    with pytest.raises(Conflict, match=f"Edition {filled.id} changed since you looked at it: Subject") as refused:
        decisions.require_content_hash(filled.id, seen)
    assert [(each.seen, each.present, each.by) for each in refused.value.differences] == [
        (filled.subject, "Ben's", BEN.name)
    ]


def test_a_setting_that_changes_the_mail_is_noticed(filled: Edition) -> None:
    seen = decisions.get_content_hash(filled.id)
    apps.get_model("catalog.Newsletter").objects.update(postal_address="9 New Road")
    with pytest.raises(Conflict, match="The mail as it is rendered") as refused:
        decisions.require_content_hash(filled.id, seen)
    (difference,) = refused.value.differences
    assert (difference.name, difference.seen) == ("mail", seen.split("-")[1])


@pytest.mark.parametrize("seen", ["nonsense", "", "-", "0" * 16])
def test_a_hash_that_is_none_is_refused(filled: Edition, seen: str) -> None:
    with pytest.raises(Conflict) as refused:
        decisions.require_content_hash(filled.id, seen)
    assert refused.value.differences


def test_a_correction_changes_the_hash_of_a_sent_edition(filled: Edition, now: datetime) -> None:
    approve(filled.id, now=now)
    approval.mark_sending(filled.id, now=now)
    seen = decisions.get_content_hash(filled.id)
    corrections.add_correction(filled.id, "It is in Upland.", content_hash=seen, by=BEN, now=now)
    with pytest.raises(Conflict) as refused:
        corrections.add_correction(filled.id, "No, it is not.", content_hash=seen, by=SYSTEM, now=now)
    assert [(each.label, each.present, each.by) for each in refused.value.differences] == [
        ("Correction", "It is in Upland.", BEN.name)
    ]
    again = decisions.get_content_hash(filled.id)
    corrections.add_correction(filled.id, "No, it is not.", content_hash=again, by=SYSTEM, now=now)
    assert len(correction_lookup.list_corrections(filled.id)) == 2


def test_what_overtook_a_decision_is_explained_from_what_was_read(filled: Edition, now: datetime) -> None:
    read = decisions.find_content_hash(edition_lookup.get_edition(filled.id))
    models.Correction.objects.create(
        edition=models.Edition.objects.create(
            newsletter_id=filled.newsletter_id,
            date=filled.date - timedelta(days=1),
            state="sent",
            created_at=now,
            changed_at=now,
        ),
        text="It is in Upland.",
        by="ben@example.com",
        at=now,
    )
    assert decisions.build_conflict(filled.id, read).differences
