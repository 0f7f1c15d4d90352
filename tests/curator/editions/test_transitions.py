"""What an edition went through: each change of its state, when, by whom and why."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.accounts.actors import SystemActor
from newsletter.curator.editions import approval, editions
from newsletter.curator.editions.transitions import find_cut_off, list_transitions
from newsletter.curator.editions.values import Edition
from tests.actors import SYSTEM
from tests.approving import approve

ADA = SystemActor("ada@example.com")
LATER = timedelta(minutes=5)


def test_every_change_of_state_is_on_record(filled: Edition, now: datetime) -> None:
    approval.lock(filled.id, by=ADA, now=now)
    approval.request_review(filled.id, asked="ben@example.com", note="The lead", by=ADA, now=now + LATER)
    approve(filled.id, by=SystemActor("ben@example.com"), now=now + 2 * LATER)
    editions.edit_edition(filled.id, intro="Good morning.", seen=None, by=ADA, now=now + 3 * LATER)
    approve(filled.id, by=ADA, now=now + 4 * LATER)
    approval.mark_sending(filled.id, now=now + 5 * LATER)
    found = list_transitions(filled.id)
    assert [(each.before, each.after, each.by) for each in found] == [
        ("open", "locked", ADA.name),
        ("locked", "in_review", ADA.name),
        ("in_review", "approved", "ben@example.com"),
        ("approved", "open", ADA.name),
        ("open", "approved", ADA.name),
        ("approved", "handed_over", ""),
    ]
    assert [each.at for each in found] == [now + step * LATER for step in range(6)]
    assert (found[1].asked, found[1].why) == (
        "ben@example.com",
        "ada@example.com asks ben@example.com: The lead",
    )
    assert found[3].why == "edited after approval"


def test_what_changes_no_state_is_not_on_record(filled: Edition, now: datetime) -> None:
    editions.edit_edition(filled.id, intro="Good morning.", seen=None, by=SYSTEM, now=now)
    approval.lock(filled.id, by=ADA, now=now)
    approval.lock(filled.id, by=ADA, now=now)
    assert len(list_transitions(filled.id)) == 1


def test_an_edition_is_closed_for_late_stories_until_it_is_opened_again(filled: Edition, now: datetime) -> None:
    assert find_cut_off(filled.id) is None
    approval.lock(filled.id, by=ADA, now=now)
    approve(filled.id, by=ADA, now=now + LATER)
    assert find_cut_off(filled.id) == now
    approval.reopen(filled.id, content_hash=None, by=ADA, now=now + 2 * LATER)
    assert find_cut_off(filled.id) is None
