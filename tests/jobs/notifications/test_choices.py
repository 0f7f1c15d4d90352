"""Who is notified of what: by choice, else by their rights."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import audit_log, users
from newsletter.accounts.audit_log import AuditFilter
from newsletter.jobs.notification_kinds import KIND_RULES, NotificationKind
from newsletter.jobs.notifications import choices
from newsletter.jobs.notifications.facts import Fact
from newsletter.kernel.errors import BadInput, NotAllowed, NotFound
from tests.actors import SYSTEM, act_as

K = NotificationKind


def wanted(email: str, newsletter_id: int | None) -> set[NotificationKind]:
    return {each.kind for each in choices.list_choices(email) if each.newsletter_id == newsletter_id and each.wanted}


def test_by_default_approvers_hear_what_waits_and_administrators_of_the_service(newsroom: Any, people: Any) -> None:
    for_approvers = {
        K.APPROVAL_REQUESTED,
        K.NOT_APPROVED,
        K.HELD,
        K.MISSED,
        K.PAUSED,
        K.UNKNOWN_OUTCOMES,
        K.BOUNCE_SPIKE,
    }
    assert wanted("editor@example.com", newsroom.briefing.id) == for_approvers
    assert wanted("editor@example.com", None) == set()
    assert wanted("viewer@example.com", newsroom.briefing.id) == set()
    assert wanted("admin@example.com", newsroom.other.id) == for_approvers
    of_service = {kind for kind, rule in KIND_RULES.items() if rule.scope.name == "NEWSROOM"}
    assert wanted("admin@example.com", None) == of_service


def test_only_what_one_may_see_can_be_chosen(newsroom: Any, people: Any, now: datetime) -> None:
    offered = {(each.newsletter_id, each.kind) for each in choices.list_choices("viewer@example.com")}
    assert (newsroom.briefing.id, K.SENT) in offered
    assert not any(newsletter_id == newsroom.other.id for newsletter_id, _ in offered)
    assert not any(newsletter_id is None for newsletter_id, _ in offered)
    viewer = act_as("viewer@example.com")
    for key in ((newsroom.other.id, K.SENT), (None, K.DISK)):
        with pytest.raises(NotAllowed):
            choices.choose("viewer@example.com", {key: True}, by=viewer, now=now)
    for key in ((None, K.SENT), (newsroom.briefing.id, K.DISK), (None, K.TEST)):
        with pytest.raises(BadInput):
            choices.choose("viewer@example.com", {key: True}, by=viewer, now=now)
    assert "editor" not in str(offered)


def test_an_editor_of_any_newsletter_may_hear_of_dead_feeds(people: Any) -> None:
    offered = {each.kind for each in choices.list_choices("editor@example.com") if each.newsletter_id is None}
    assert offered == {K.FEED_DEAD}


def test_nobody_chooses_for_somebody_else_but_who_may_change_users(newsroom: Any, people: Any, now: datetime) -> None:
    key = (newsroom.briefing.id, K.SENT)
    with pytest.raises(NotAllowed):
        choices.choose("editor@example.com", {key: True}, by=act_as("viewer@example.com"), now=now)
    choices.choose("editor@example.com", {key: True}, by=act_as("admin@example.com"), now=now)
    assert K.SENT in wanted("editor@example.com", newsroom.briefing.id)
    with pytest.raises(NotFound):
        choices.choose("nobody@example.com", {key: True}, by=SYSTEM, now=now)


def test_a_choice_stays_and_is_recorded_and_the_same_again_is_not(newsroom: Any, people: Any, now: datetime) -> None:
    editor, key = act_as("editor@example.com"), (newsroom.briefing.id, K.HELD)
    choices.choose("editor@example.com", {key: False, (newsroom.briefing.id, K.SENT): True}, by=editor, now=now)
    choices.choose("editor@example.com", {key: False}, by=editor, now=now)
    (entry,) = audit_log.list_entries(AuditFilter(action="chose notifications"))
    assert (entry.actor, entry.newsletter_id) == ("editor@example.com", newsroom.briefing.id)
    assert entry.after == {"held": False, "sent": True}
    assert K.HELD not in wanted("editor@example.com", newsroom.briefing.id)


def notified(fact: Fact) -> list[str]:
    return [each.email for each in choices.list_notified_users(fact)]


def test_whoever_did_it_is_not_told_and_of_one_who_is_asked_only_they(
    newsroom: Any, people: Any, now: datetime
) -> None:
    def fact(**fields: Any) -> Fact:
        return Fact(K.APPROVAL_REQUESTED, "x", newsroom.briefing.id, now, **fields)

    assert notified(fact()) == ["admin@example.com", "editor@example.com"]
    assert notified(fact(actor="Admin@example.com")) == ["editor@example.com"]
    assert notified(fact(only_user="Editor@example.com")) == ["editor@example.com"]


def test_a_role_that_is_gone_takes_its_notifications_along(newsroom: Any, people: Any, now: datetime) -> None:
    fact = Fact(K.HELD, "x", newsroom.briefing.id, now)
    choices.choose(
        "viewer@example.com", {(newsroom.briefing.id, K.HELD): True}, by=act_as("viewer@example.com"), now=now
    )
    assert "viewer@example.com" in notified(fact)
    users.set_role("viewer@example.com", "none", newsletter_id=newsroom.briefing.id, seen=None, by=SYSTEM, now=now)
    users.disable_user("editor@example.com", by=SYSTEM, now=now)
    assert notified(fact) == ["admin@example.com"]
    users.remove_user("viewer@example.com", by=SYSTEM, now=now)
