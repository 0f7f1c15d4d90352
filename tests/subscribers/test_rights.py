"""Who may see and change what of a person: that follows from the lists they are on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.accounts import users
from newsletter.accounts.actors import UserActor
from newsletter.kernel.errors import NotAllowed
from subscribers import models, people, rights, self_service, subscriber_lookup
from subscribers.tokens import CONFIRM, Claims
from subscribers.values import Subscriber
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD, House

Add = Callable[..., int]


@pytest.fixture
def ed(house: House, now: datetime) -> UserActor:
    """Somebody who sees to the subscribers of the morning briefing alone."""
    users.create_user("ed@example.com", PASSWORD, role="readers", newsletter_id=house.briefing.id, by=SYSTEM, now=now)
    return act_as("ed@example.com")


@pytest.fixture
def add(house: House, now: datetime) -> Add:
    """add("ann", "morning") puts somebody on lists, as active; add("ann", "morning?") only asks them."""

    def put(name: str, *slugs: str) -> int:
        lists = {"morning": house.list.id, "evening": house.other_list.id}
        for slug in slugs:
            reason = "" if slug.endswith("?") else "at the fair"
            person = people.add_subscriber(
                f"{name}@example.com",
                lists[slug.strip("?")],
                first_name=name.title(),
                reason=reason,
                by=SYSTEM,
                now=now,
            )
        return person.id

    return put


@pytest.mark.parametrize(
    ("slugs", "may_see", "may_change"),
    [
        (["morning"], True, True),
        (["evening"], False, False),
        (["morning", "evening"], True, False),
        (["morning", "evening?"], True, False),
        (["morning?"], True, False),  # nobody has said yes to anything yet
        (["morning?", "evening"], True, False),
    ],
)
def test_a_person_is_changed_by_those_with_the_right_for_all_their_lists(
    slugs: list[str], may_see: bool, may_change: bool, ed: UserActor, add: Add
) -> None:
    ann = add("ann", *slugs)
    assert (ann in rights.select_changeable(ed, [ann])) is may_change
    assert ann in rights.select_changeable(SYSTEM, [ann])
    if may_change:
        rights.require_person(ed, ann)
    else:
        with pytest.raises(NotAllowed):
            rights.require_person(ed, ann)
    if may_see:
        assert subscriber_lookup.show_subscriber(ann, by=ed).may_change is may_change
    else:
        with pytest.raises(NotAllowed):
            subscriber_lookup.show_subscriber(ann, by=ed)


def test_who_left_a_list_is_still_of_it(ed: UserActor, add: Add, house: House, now: datetime) -> None:
    ann, ben = add("ann", "morning", "evening"), add("ben", "morning")
    people.unsubscribe(ann, house.other_list.id, by=SYSTEM, now=now)
    people.unsubscribe(ben, house.list.id, by=SYSTEM, now=now)
    assert rights.select_changeable(ed, [ann, ben]) == {ben}


def test_who_is_on_no_list_is_the_newsrooms(ed: UserActor, add: Add) -> None:
    ann = add("ann", "morning")
    models.Subscription.objects.all().delete()
    assert rights.select_changeable(ed, [ann]) == frozenset()
    rights.require_person(SYSTEM, ann)


def test_the_name_is_known_to_those_whose_list_they_confirmed_by_mail(
    ed: UserActor, add: Add, house: House, now: datetime
) -> None:
    def show() -> Subscriber:
        return subscriber_lookup.show_subscriber(ann, by=ed).subscriber

    ann = add("ann", "evening", "morning?")
    assert show().first_name == ""
    self_service.confirm_subscription(Claims(CONFIRM, house.list.id, ann), network="", now=now)
    shown = show()
    assert (shown.first_name, shown.tier, [each.list_id for each in shown.subscriptions]) == (
        "Ann",
        "",
        [house.list.id],
    )
    assert {each.list_id for each in shown.consents} == {house.list.id}


def test_a_list_is_seen_by_those_with_the_right_for_one_of_its_newsletters(ed: UserActor, house: House) -> None:
    rights.require_visible_list(ed, house.list.id)
    rights.require_visible_list(SYSTEM, None)
    for list_id in (house.other_list.id, None):
        with pytest.raises(NotAllowed):
            rights.require_visible_list(ed, list_id)
    assert rights.find_changeable_lists(ed) == {house.list.id}
    assert rights.find_changeable_lists(SYSTEM) is None
