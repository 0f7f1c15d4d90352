"""Approval freezes; an edit voids; what left our hands stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.accounts.actors import SystemActor
from newsletter.catalog import newsletter_settings
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import approval, edition_lookup, editions, models, picks, transitions
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from tests.actors import SYSTEM
from tests.approving import approve
from tests.interleaving import just_before

ADA, BEN = SystemActor("ada@example.com"), SystemActor("ben@example.com")
LATER = timedelta(minutes=5)
EDITION = 'UPDATE "curator_edition"'


def test_what_was_previewed_is_what_was_frozen(filled: Edition, now: datetime) -> None:
    draft = approval.preview(filled.id)
    snapshot = approve(filled.id, by=ADA, now=now)
    assert snapshot.to_rendered() == approval.preview(filled.id)
    assert (snapshot.subject, snapshot.html, snapshot.text) == (draft.subject, draft.html, draft.text)
    assert snapshot.sha256 == draft.sha256 == snapshot.to_rendered().sha256
    assert snapshot.merge == draft.merge


def test_approval_is_on_the_edition_with_who_and_when(filled: Edition, now: datetime) -> None:
    snapshot = approve(filled.id, by=ADA, now=now)
    edition = edition_lookup.get_edition(filled.id)
    assert (edition.state, edition.snapshot_id, edition.approved_by, edition.approved_at) == (
        "approved",
        snapshot.id,
        ADA.name,
        now,
    )
    assert edition_lookup.find_standing_snapshot(filled.id) == snapshot == edition_lookup.get_snapshot(snapshot.id)


def test_a_later_change_of_the_newsletter_does_not_touch_the_frozen_mail(
    newsletter: Newsletter, filled: Edition, now: datetime
) -> None:
    snapshot = approve(filled.id, by=ADA, now=now)
    newsletter_settings.change_newsletter(
        newsletter.id, now=now, name="Renamed Post", postal_address="9 New Road", seen=None, by=SYSTEM
    )
    assert approval.preview(filled.id).html == snapshot.html


def test_a_mail_with_a_blocking_problem_is_not_approved_and_stays_as_it_was(filled: Edition, now: datetime) -> None:
    draft = editions.edit_edition(filled.id, now=now, intro="Good morning, {{ firstname }}!", seen=None, by=SYSTEM)
    with pytest.raises(Refused, match="first_name"):
        approve(filled.id, by=ADA, now=now)
    assert edition_lookup.get_edition(filled.id) == draft
    assert edition_lookup.find_standing_snapshot(filled.id) is None


def test_an_approved_edition_is_not_approved_again(filled: Edition, now: datetime) -> None:
    approve(filled.id, by=ADA, now=now)
    with pytest.raises(Refused, match=ADA.name):
        approve(filled.id, by=SYSTEM, now=now)


EDITS: dict[str, Callable[[Edition, Article, datetime], Edition]] = {
    "subject": lambda e, a, now: editions.edit_edition(e.id, now=now, subject="New subject", seen=None, by=SYSTEM),
    "headline": lambda e, a, now: picks.edit_pick(
        e.id, e.picks[0].key, now=now, headline="New headline", seen=None, by=SYSTEM
    ),
    "pick": lambda e, a, now: picks.add_pick(e.id, a.id, now=now, by=SYSTEM),
    "drop": lambda e, a, now: picks.drop_pick(e.id, e.picks[0].key, now=now, content_hash=None, by=SYSTEM),
    "move": lambda e, a, now: picks.move_pick(e.id, e.picks[1].key, after=None, now=now, by=SYSTEM),
    "withdraw": lambda e, a, now: approval.withdraw_approval(e.id, by=ADA, now=now, content_hash=None),
    "open again": lambda e, a, now: approval.reopen(e.id, now=now, content_hash=None, by=SYSTEM),
    "skip": lambda e, a, now: approval.skip(e.id, reason="Nothing happened", by=ADA, now=now, content_hash=None),
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_voids_the_approval(
    filled: Edition, add_article: Callable[..., Article], now: datetime, edit: str
) -> None:
    snapshot = approve(filled.id, by=ADA, now=now)
    edited = EDITS[edit](filled, add_article("One more"), now + LATER)
    assert (edited.state, edited.snapshot_id, edited.approved_by) == ("skipped" if edit == "skip" else "open", None, "")
    assert edition_lookup.find_standing_snapshot(filled.id) is None
    assert edition_lookup.get_snapshot(snapshot.id).voided_at == now + LATER


def test_after_an_edit_the_new_mail_is_frozen_and_the_old_one_kept(filled: Edition, now: datetime) -> None:
    first = approve(filled.id, by=ADA, now=now)
    editions.edit_edition(filled.id, now=now, subject="Second thoughts", seen=None, by=SYSTEM)
    second = approve(filled.id, by=ADA, now=now + LATER)
    assert (first.subject, second.subject) == (filled.subject, "Second thoughts")
    assert first.sha256 != second.sha256
    assert edition_lookup.get_snapshot(first.id).html == first.html
    assert edition_lookup.get_edition(filled.id).reason == ""


@pytest.mark.parametrize("stop", ["hold", "mark_missed"])
def test_an_edition_held_or_missed_keeps_its_approval_and_can_still_go_out(
    filled: Edition, now: datetime, stop: str
) -> None:
    snapshot = approve(filled.id, by=ADA, now=now)
    stopped = getattr(approval, stop)(filled.id, reason="Nobody was running", now=now)
    assert (stopped.reason, stopped.snapshot_id) == ("Nobody was running", snapshot.id)
    assert approval.mark_sending(filled.id, now=now).state == "handed_over"


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("sent", [False, True])
def test_what_left_our_hands_is_not_edited(
    filled: Edition, add_article: Callable[..., Article], now: datetime, edit: str, sent: bool
) -> None:
    article = add_article("One more")
    approve(filled.id, by=ADA, now=now)
    gone = approval.mark_sending(filled.id, now=now)
    gone = approval.mark_sent(filled.id, now=now) if sent else gone
    with pytest.raises(Refused, match=gone.state.label.lower()):
        EDITS[edit](filled, article, now)
    assert edition_lookup.get_edition(filled.id) == gone


def test_handing_over_twice_is_harmless(filled: Edition, now: datetime) -> None:
    approve(filled.id, by=ADA, now=now)
    once = approval.mark_sending(filled.id, now=now)
    assert approval.mark_sending(filled.id, now=now + LATER) == once


def test_an_edition_without_approval_is_not_submitted(filled: Edition, now: datetime) -> None:
    with pytest.raises(Refused, match="draft"):
        approval.mark_sending(filled.id, now=now)
    with pytest.raises(Refused):
        approval.mark_sent(filled.id, now=now)
    with pytest.raises(Refused, match="nothing to withdraw"):
        approval.withdraw_approval(filled.id, by=ADA, now=now, content_hash=None)


@pytest.mark.parametrize("reason", ["", "  "])
def test_leaving_an_edition_out_needs_a_reason(filled: Edition, now: datetime, reason: str) -> None:
    with pytest.raises(BadInput) as refused:
        approval.skip(filled.id, reason=reason, by=ADA, now=now, content_hash=None)
    assert refused.value.field == "reason"
    assert edition_lookup.get_edition(filled.id) == filled


def test_a_skipped_edition_says_why_and_can_be_opened_again(filled: Edition, now: datetime) -> None:
    skipped = approval.skip(filled.id, reason="A holiday", by=ADA, now=now, content_hash=None)
    assert (skipped.state, skipped.reason) == ("skipped", f"A holiday ({ADA.name})")
    opened = approval.reopen(filled.id, now=now, content_hash=None, by=SYSTEM)
    assert (opened.state, opened.reason, len(opened.picks)) == ("open", "", 3)
    assert approve(filled.id, by=ADA, now=now).edition_id == filled.id


def test_what_is_not_there_is_named(db: None, now: datetime) -> None:
    for absent in (
        lambda: edition_lookup.get_snapshot(999),
        lambda: approval.preview(999),
        lambda: approve(999, by=ADA, now=now),
        lambda: approval.lock(999, now=now, by=SYSTEM),
        lambda: editions.edit_edition(999, now=now, subject="x", seen=None, by=SYSTEM),
    ):
        with pytest.raises(NotFound, match="999"):
            absent()
    assert edition_lookup.find_standing_snapshot(999) is None


VERBS: dict[str, Callable[[int, datetime], Any]] = {
    "lock": lambda e, now: approval.lock(e, now=now, by=SYSTEM),
    "open": lambda e, now: approval.reopen(e, now=now, content_hash=None, by=SYSTEM),
    "review": lambda e, now: approval.request_review(e, now=now, by=SYSTEM),
    "approve": lambda e, now: approve(e, by=ADA, now=now),
    "withdraw": lambda e, now: approval.withdraw_approval(e, by=ADA, now=now, content_hash=None),
    "edit": lambda e, now: editions.edit_edition(e, now=now, subject="Other words", seen=None, by=SYSTEM),
    "skip": lambda e, now: approval.skip(e, reason="A holiday", by=ADA, now=now, content_hash=None),
    "hold": lambda e, now: approval.hold(e, reason="Late", now=now),
    "miss": lambda e, now: approval.mark_missed(e, reason="Late", now=now),
    "hand over": lambda e, now: approval.mark_sending(e, now=now),
}
DAYS = count(1)
APPROVED_IN = {"approved", "held", "missed", "handed_over", "sent"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(VERBS)), min_size=1, max_size=8))
def test_an_approval_stands_only_where_the_state_says_so(
    newsletter: Newsletter, now: datetime, verbs: list[str]
) -> None:
    day = now.date() + timedelta(days=next(DAYS))  # each example has an edition of its own
    edition_id = editions.create_edition(newsletter.id, day, now=now, by=ADA).id
    for verb in verbs:
        try:
            VERBS[verb](edition_id, now)
        except Refused:
            continue
        edition = edition_lookup.get_edition(edition_id)
        if edition.snapshot_id is not None:
            assert edition.state in APPROVED_IN
        if edition.state in ("approved", "sent"):
            assert edition.snapshot_id is not None
        assert bool(edition.reason) or edition.state not in ("skipped", "held", "missed")


def test_an_edit_overtaken_by_the_handing_over_is_refused(filled: Edition, now: datetime) -> None:
    approve(filled.id, by=ADA, now=now)
    sending = lambda: approval.mark_sending(filled.id, now=now)  # noqa: E731
    with just_before(EDITION, sending), pytest.raises(Refused, match="sending"):
        editions.edit_edition(filled.id, now=now, subject="Too late", seen=None, by=SYSTEM)
    edition = edition_lookup.get_edition(filled.id)
    assert (edition.state, edition.subject) == ("handed_over", filled.subject)


CHANGES: dict[str, Callable[[Edition, datetime], object]] = {
    "an edit": lambda edition, now: editions.edit_edition(
        edition.id, now=now, subject="Words nobody approved", seen=None, by=BEN
    ),
    "a skip": lambda edition, now: approval.skip(edition.id, reason="A holiday", by=BEN, now=now, content_hash=None),
    "a setting": lambda edition, now: (
        apps.get_model("catalog.Newsletter")
        .objects.filter(id=edition.newsletter_id)
        .update(postal_address="9 New Road")
    ),
    "a sponsor": lambda edition, now: apps.get_model("catalog.Sponsor").objects.create(
        newsletter_id=edition.newsletter_id,
        label="Paid",
        headline="Buy boats",
        text="",
        url="https://boats.example",
        first=edition.date,
        last=edition.date,
    ),
    "a correction": lambda edition, now: models.Correction.objects.create(
        edition=models.Edition.objects.create(
            newsletter_id=edition.newsletter_id,
            date=edition.date - timedelta(days=1),
            state="sent",
            created_at=now,
            changed_at=now,
        ),
        text="The mill is in Upland.",
        by="ben@example.com",
        at=now,
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_nothing_is_approved_that_changed_while_it_was_rendered(what: str, filled: Edition, now: datetime) -> None:
    act = lambda: CHANGES[what](filled, now)  # noqa: E731
    with just_before(EDITION, act), pytest.raises(Conflict, match="changed since you looked") as refused:
        approve(filled.id, by=ADA, now=now)
    edition = edition_lookup.get_edition(filled.id)
    assert (edition.state, edition.snapshot_id) == ("skipped" if what == "a skip" else "open", None)
    assert refused.value.differences
    if what == "an edit":
        assert [(each.present, each.by) for each in refused.value.differences] == [("Words nobody approved", BEN.name)]
    assert not models.Correction.objects.exclude(carried_in=None).exists()


def test_an_edition_that_was_submitted_at_the_same_moment_is_not_skipped(filled: Edition, now: datetime) -> None:
    approve(filled.id, by=ADA, now=now)
    with just_before(EDITION, lambda: approval.mark_sending(filled.id, now=now)), pytest.raises(Conflict):
        approval.skip(filled.id, reason="A holiday", by=ADA, now=now, content_hash=None)
    assert edition_lookup.get_edition(filled.id).state == "handed_over"


def test_a_void_approval_keeps_the_moment_and_the_reason_of_its_voiding(filled: Edition, now: datetime) -> None:
    first = approve(filled.id, by=ADA, now=now)
    editions.edit_edition(filled.id, now=now + LATER, subject="Other words", seen=None, by=SYSTEM)
    approve(filled.id, by=ADA, now=now + LATER * 2)
    approval.skip(filled.id, reason="A holiday", by=ADA, now=now + LATER * 3, content_hash=None)
    row = models.Snapshot.objects.get(id=first.id)
    assert (row.voided_at, row.void_reason) == (now + LATER, "edited after approval")


@pytest.fixture
def by_two(newsletter: Newsletter, filled: Edition, now: datetime) -> Edition:
    """An edition that two people must approve."""
    newsletter_settings.change_newsletter(newsletter.id, now=now, approvals="two", seen=None, by=SYSTEM)
    return filled


def test_where_two_must_approve_the_first_freezes_nothing(by_two: Edition, now: datetime) -> None:
    assert approve(by_two.id, by=ADA, now=now) is None
    waiting = edition_lookup.get_edition(by_two.id)
    assert (waiting.state, waiting.snapshot_id) == ("in_review", None)
    assert waiting.reason == "approved by ada@example.com; a second person must approve it as well"
    with pytest.raises(Refused, match="You have approved it already"):
        approve(by_two.id, by=SystemActor("ADA@example.com"), now=now)
    assert len(transitions.list_transitions(by_two.id)) == 1, "nobody is asked again"
    snapshot = approve(by_two.id, by=BEN, now=now + LATER)
    assert edition_lookup.get_edition(by_two.id).snapshot_id == snapshot.id


def test_an_edit_after_the_first_of_two_approvals_voids_it(by_two: Edition, now: datetime) -> None:
    approve(by_two.id, by=ADA, now=now)
    editions.edit_edition(by_two.id, intro="Good evening.", seen=None, by=BEN, now=now)
    edited = edition_lookup.get_edition(by_two.id)
    assert (edited.state, edited.reason) == ("open", "edited after the first of two approvals")
    last = transitions.list_transitions(by_two.id)[-1]
    assert (last.by, last.why) == (BEN.name, edited.reason)
    assert approval.find_first_approver(by_two.id) == ""
    assert approve(by_two.id, by=BEN, now=now) is None
    assert approve(by_two.id, by=ADA, now=now) is not None


def test_of_two_who_approve_at_once_the_second_looks_again(by_two: Edition, now: datetime) -> None:
    with (
        just_before(EDITION, lambda: approve(by_two.id, by=ADA, now=now)),
        pytest.raises(Conflict),
    ):
        approve(by_two.id, by=BEN, now=now)
    assert approval.find_first_approver(by_two.id) == ADA.name


def test_what_was_sent_back_needs_two_approvals_again(by_two: Edition, now: datetime) -> None:
    approve(by_two.id, by=ADA, now=now)
    approval.send_back(by_two.id, note="The lead is old.", content_hash=None, by=BEN, now=now)
    assert approve(by_two.id, by=BEN, now=now) is None


def test_a_first_approval_taken_back_meanwhile_does_not_count(by_two: Edition, now: datetime) -> None:
    approve(by_two.id, by=ADA, now=now)
    with (
        just_before(EDITION, lambda: models.FirstApproval.objects.all().delete()),
        pytest.raises(Conflict),
    ):
        approve(by_two.id, by=BEN, now=now)
    assert edition_lookup.get_edition(by_two.id).snapshot_id is None


def test_an_edition_in_review_is_sent_back_with_a_note(filled: Edition, now: datetime) -> None:
    with pytest.raises(Refused, match="only one in review"):
        approval.send_back(filled.id, note="The lead is old.", content_hash=None, by=BEN, now=now)
    approval.request_review(filled.id, asked=BEN.name, note="Is the lead right?", by=ADA, now=now)
    assert edition_lookup.get_edition(filled.id).reason == f"{ADA.name} asks {BEN.name}: Is the lead right?"
    with pytest.raises(BadInput, match="what is to be changed"):
        approval.send_back(filled.id, note=" ", content_hash=None, by=BEN, now=now)
    with pytest.raises(Conflict):
        approval.send_back(filled.id, note="The lead is old.", content_hash="0" * 64, by=BEN, now=now)
    back = approval.send_back(filled.id, note="The lead is old.", content_hash=None, by=BEN, now=now)
    assert (back.state, back.reason) == ("open", f"sent back by {BEN.name}: The lead is old.")


def test_another_colleague_may_be_asked_while_it_is_in_review(filled: Edition, now: datetime) -> None:
    approval.request_review(filled.id, asked=BEN.name, by=ADA, now=now)
    approval.request_review(filled.id, asked="cy@example.com", by=ADA, now=now)
    assert edition_lookup.get_edition(filled.id).reason == f"{ADA.name} asks cy@example.com"
