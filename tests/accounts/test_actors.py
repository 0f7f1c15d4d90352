"""What an actor may do to newsletters and lists, and that what they do is recorded under their name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from newsletter.accounts import audit_log, users
from newsletter.accounts.actors import SystemActor, get_user_actor
from newsletter.accounts.audit_log import AuditFilter
from newsletter.catalog import newsletter_settings, newsletters
from newsletter.kernel.actors import ActionRecord, Verb
from newsletter.kernel.errors import NotAllowed
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD


@pytest.fixture
def audience(newsroom: Any, now: datetime) -> Any:
    """Somebody with the role Audience for the evening letter alone."""
    users.create_user("eve@example.com", PASSWORD, role="readers", newsletter_id=newsroom.other.id, by=SYSTEM, now=now)
    return act_as("eve@example.com")


def test_a_role_for_one_newsletter_reaches_its_list_alone(audience: Any, newsroom: Any) -> None:
    assert audience.may(Verb.SUBSCRIBERS, [newsroom.other_list.id])
    assert not audience.may(Verb.SUBSCRIBERS, [newsroom.list.id])
    assert not audience.may(Verb.SUBSCRIBERS, [newsroom.list.id, newsroom.other_list.id])
    assert not audience.may(Verb.SUBSCRIBERS)
    assert audience.list_visible_lists(Verb.SUBSCRIBERS) == {newsroom.other_list.id}


def test_a_role_reaches_a_newsletter_by_its_verbs_alone(audience: Any, newsroom: Any) -> None:
    assert audience.may(Verb.VIEW, newsletter_id=newsroom.other.id)
    assert not audience.may(Verb.EDIT, newsletter_id=newsroom.other.id)
    assert not audience.may(Verb.VIEW, newsletter_id=newsroom.briefing.id)


def test_a_list_shared_by_two_newsletters_is_changed_with_the_right_for_both(
    audience: Any, newsroom: Any, now: datetime
) -> None:
    newsletter_settings.create_newsletter(
        slug="third",
        name="Third",
        list_id=newsroom.other_list.id,
        from_email="news@example.com",
        postal_address="1 High Street, Upland",
        zone="UTC",
        now=now,
        by=SYSTEM,
    )
    eve = act_as("eve@example.com")
    assert not eve.may(Verb.SUBSCRIBERS, [newsroom.other_list.id])
    assert eve.list_visible_lists(Verb.SUBSCRIBERS) == {newsroom.other_list.id}, "what she mails she may see"


def test_a_list_of_no_newsletter_belongs_to_the_newsroom_as_a_whole(audience: Any, now: datetime) -> None:
    from subscribers.lists import create_list

    alone = create_list("alone", "Alone", by=SYSTEM, now=now)
    assert not audience.may(Verb.SUBSCRIBERS, [alone.id])


def test_a_role_for_all_newsletters_reaches_everything(newsroom: Any, now: datetime) -> None:
    users.create_user("chief@example.com", PASSWORD, role="readers", by=SYSTEM, now=now)
    chief = act_as("chief@example.com")
    assert chief.may(Verb.SUBSCRIBERS)
    assert chief.may(Verb.SUBSCRIBERS, [newsroom.list.id, newsroom.other_list.id])
    assert chief.list_visible_lists(Verb.SUBSCRIBERS) is None
    assert not chief.may(Verb.SEND, newsletter_id=newsroom.briefing.id)


def test_an_inactive_user_may_nothing(audience: Any, newsroom: Any) -> None:
    audience.user.is_active = False
    assert not audience.may(Verb.VIEW, newsletter_id=newsroom.other.id)
    assert audience.list_visible_lists(Verb.SUBSCRIBERS) == frozenset()


def test_somebody_who_is_not_signed_in_is_not_an_actor() -> None:
    with pytest.raises(NotAllowed):
        get_user_actor(None, find_lists=newsletters.map_lists)


def test_what_a_user_does_is_recorded_under_their_name_and_network(audience: Any, now: datetime) -> None:
    act_as("eve@example.com", network="192.0.2.7").record(ActionRecord("approved", "edition 1", now))
    (entry,) = audit_log.list_entries(AuditFilter(action="approved"))
    assert (entry.actor, entry.network, entry.action) == ("eve@example.com", "192.0.2.7", "approved")


def test_what_the_system_does_is_recorded_under_its_name(db: None, now: datetime) -> None:
    SystemActor("command line (alice)").record(ActionRecord("approved", "edition 1", now))
    (entry,) = audit_log.list_entries(AuditFilter(actor="alice"))
    assert entry.actor == "command line (alice)"
