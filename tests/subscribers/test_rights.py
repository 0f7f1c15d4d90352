"""Who may see and change what of a person: that follows from the lists they are on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts import users
from newsletter.accounts.actors import UserActor
from newsletter.kernel.actors import Actor
from newsletter.kernel.errors import NotAllowed
from subscribers import attributes, engagement, models, people, rights, self_service, subscriber_lookup
from subscribers.imports import export
from subscribers.imports.run import import_csv
from subscribers.imports.staging import ImportOptions
from subscribers.imports.undo import undo_import
from subscribers.segments.service import create_segment
from subscribers.tokens import CONFIRM, Claims
from subscribers.values import Subscriber
from tests.actors import SYSTEM, act_as
from tests.conftest import PASSWORD, Newsroom

Add = Callable[..., int]
DAY = timedelta(days=1)


@pytest.fixture
def ed(newsroom: Newsroom, now: datetime) -> UserActor:
    """Somebody who sees to the subscribers of the morning briefing alone."""
    users.create_user(
        "ed@example.com", PASSWORD, role="readers", newsletter_id=newsroom.briefing.id, by=SYSTEM, now=now
    )
    return act_as("ed@example.com")


@pytest.fixture
def add(newsroom: Newsroom, now: datetime) -> Add:
    """add("ann", "morning") puts somebody on lists, as active; add("ann", "morning?") only asks them."""

    def put(name: str, *slugs: str) -> int:
        lists = {"morning": newsroom.list.id, "evening": newsroom.other_list.id}
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
        (["morning", "evening?"], True, True),  # the evening letter has only asked
        (["morning?"], True, False),  # nobody has said yes to anything yet
        (["morning?", "evening"], True, False),
        (["morning?", "evening?"], True, False),
        (["evening?"], False, False),
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


def test_who_left_a_list_is_still_of_it(ed: UserActor, add: Add, newsroom: Newsroom, now: datetime) -> None:
    ann, ben = add("ann", "morning", "evening"), add("ben", "morning")
    people.unsubscribe(ann, newsroom.other_list.id, by=SYSTEM, now=now)
    people.unsubscribe(ben, newsroom.list.id, by=SYSTEM, now=now)
    assert rights.select_changeable(ed, [ann, ben]) == {ben}


def test_who_never_joined_a_list_is_not_of_it_however_they_are_on_it(
    ed: UserActor, add: Add, newsroom: Newsroom, now: datetime
) -> None:
    ann, ben = add("ann", "morning", "evening?"), add("ben", "evening", "morning?")
    people.unsubscribe(ann, newsroom.other_list.id, by=SYSTEM, now=now)
    people.unsubscribe(ben, newsroom.list.id, by=SYSTEM, now=now)
    assert rights.select_changeable(ed, [ann, ben]) == {ann}
    assert rights.select_elsewhere([newsroom.list.id], [ann, ben]) == {ben}


def test_that_another_list_asked_somebody_is_not_shown(
    ed: UserActor, add: Add, newsroom: Newsroom, now: datetime
) -> None:
    ann = add("ann", "morning", "evening?")
    shown = subscriber_lookup.show_subscriber(ann, by=ed)
    assert (shown.may_change, shown.subscriber.first_name) == (True, "Ann")
    assert [each.list_id for each in shown.subscriber.subscriptions] == [newsroom.list.id]
    assert {each.list_id for each in shown.subscriber.consents} == {newsroom.list.id}
    assert len(subscriber_lookup.show_subscriber(ann, by=SYSTEM).subscriber.subscriptions) == 2


@pytest.mark.parametrize(("first", "may_change"), [("evening", False), ("morning", True)])
def test_whoever_joined_a_list_first_is_its_own_also_when_the_import_that_brought_them_was_undone(
    first: str, may_change: bool, ed: UserActor, add: Add, newsroom: Newsroom, now: datetime
) -> None:
    if first == "morning":
        add("ann", "morning")
    file = io.BytesIO(b"email,first_name\nann@example.com,Ann\n")
    brought = import_csv(file, newsroom.other_list.id, dry_run=False, by=SYSTEM, now=now)
    undo_import(brought.id, keep_people=True, by=SYSTEM, now=now)
    if first == "evening":
        people.add_subscriber("ann@example.com", newsroom.list.id, reason="she said so", by=ed, now=now)
    ann = models.Subscriber.objects.get(address="ann@example.com").id
    assert (ann in rights.select_changeable(ed, [ann])) is may_change
    if not may_change:
        with pytest.raises(NotAllowed):
            people.change_address(ann, "ed@example.net", seen=None, by=ed, now=now)
    import_csv(
        io.BytesIO(b"email,first_name\nann@example.com,Eve\n"),
        newsroom.list.id,
        dry_run=False,
        by=ed,
        now=now,
        options=ImportOptions(overwrite=True),
    )
    assert subscriber_lookup.get_subscriber(ann).first_name == ("Eve" if may_change else "Ann")


def test_who_is_on_no_list_is_the_newsrooms(ed: UserActor, add: Add) -> None:
    ann = add("ann", "morning")
    models.Subscription.objects.all().delete()
    assert rights.select_changeable(ed, [ann]) == frozenset()
    rights.require_person(SYSTEM, ann)


def test_the_name_is_known_to_those_whose_list_they_confirmed_by_mail(
    ed: UserActor, add: Add, newsroom: Newsroom, now: datetime
) -> None:
    def show() -> Subscriber:
        return subscriber_lookup.show_subscriber(ann, by=ed).subscriber

    ann = add("ann", "evening", "morning?")
    assert show().first_name == ""
    self_service.confirm_subscription(Claims(CONFIRM, newsroom.list.id, ann), network="", now=now)
    shown = show()
    assert (shown.first_name, shown.tier, [each.list_id for each in shown.subscriptions]) == (
        "Ann",
        "",
        [newsroom.list.id],
    )
    assert {each.list_id for each in shown.consents} == {newsroom.list.id}


def test_a_list_is_seen_by_those_with_the_right_for_one_of_its_newsletters(ed: UserActor, newsroom: Newsroom) -> None:
    rights.require_visible_list(ed, newsroom.list.id)
    rights.require_visible_list(SYSTEM, None)
    for list_id in (newsroom.other_list.id, None):
        with pytest.raises(NotAllowed):
            rights.require_visible_list(ed, list_id)
    assert rights.find_changeable_lists(ed) == {newsroom.list.id}
    assert rights.find_changeable_lists(SYSTEM) is None


@pytest.fixture
def known(add: Add, newsroom: Newsroom, now: datetime) -> int:
    """Somebody on both lists, of whom much is known, and who opened an edition of the morning briefing."""
    attributes.create_attribute("Town", by=SYSTEM, now=now)
    person = add("ann", "evening")
    people.change_address(person, "ann@example.org", seen=None, by=SYSTEM, now=now)
    attributes.change_profile(
        person, tier="paid", add_tags=["VIP"], attributes={"town": "Leeds"}, seen=None, by=SYSTEM, now=now
    )
    people.add_subscriber("ann@example.org", newsroom.list.id, reason="at the fair", by=SYSTEM, now=now + DAY)
    engagement.record_engagement(newsroom.list.id, 1, opened=[person], clicked=[person], as_of=now + DAY)
    return person


def test_a_segment_tells_nobody_what_they_may_not_know(
    ed: UserActor, add: Add, newsroom: Newsroom, now: datetime
) -> None:
    ann = add("ann", "morning", "evening")
    attributes.change_profile(ann, tier="paid", seen=None, by=SYSTEM, now=now)
    payers = {"all": [{"about": "tier", "op": "is", "value": "paid"}]}
    create_segment("payers", "Payers", payers, by=SYSTEM, now=now)
    with pytest.raises(NotAllowed):
        export.write_export(newsroom.list.id, str, segment="payers", by=ed, now=now)
    assert export.write_export(newsroom.list.id, str, segment="payers", by=SYSTEM, now=now) == 1


def test_an_export_leaves_out_what_its_maker_may_not_know(
    known: int, ed: UserActor, add: Add, newsroom: Newsroom, now: datetime
) -> None:
    add("ben", "morning")

    def export_people(by: Actor) -> list[dict[str, Any]]:
        parts: list[str] = []
        export.write_export(newsroom.list.id, parts.append, export_format="jsonl", by=by, now=now)
        lines = [json.loads(line) for line in "".join(parts).splitlines()]
        return [line["person"] for line in lines if "person" in line]

    ann, ben = export_people(ed)
    whole, same = export_people(SYSTEM)
    assert ben == same
    assert {name: value for name, value in ann.items() if value != whole[name]} == {
        "first_name": "",
        "tier": "free",
        "attributes": {},
        "tags": [],
        "former_addresses": [],
        "tier_changes": [],
        "created_at": (now + DAY).isoformat(),
        "subscriptions": [{name: value for name, value in whole["subscriptions"][0].items() if name != "engagement"}],
    }


@pytest.mark.parametrize(("text", "found"), [("ann@", 1), ("ANN@example.org", 1), ("example.com", 0), ("", 1)])
def test_what_is_hidden_of_a_person_is_not_searched(
    text: str, found: int, known: int, ed: UserActor, newsroom: Newsroom
) -> None:
    assert len(subscriber_lookup.find_subscribers(text, by=SYSTEM, list_id=newsroom.list.id)) == 1
    shown = subscriber_lookup.find_subscribers(text, by=ed, list_id=newsroom.list.id)
    assert [(each.id, each.first_name, each.matched) for each in shown] == [(known, "", "")] * found


def test_hidden_matches_do_not_end_a_search_early(ed: UserActor, add: Add, newsroom: Newsroom) -> None:
    hidden = [add(f"ann{n}", "evening", "morning") for n in range(3)]
    add("zoe-ann", "morning")
    models.Subscriber.objects.filter(id__in=hidden).update(first_name="Zoe")
    (only,) = subscriber_lookup.find_subscribers("zoe", by=ed, list_id=newsroom.list.id, limit=2)
    assert only.address == "zoe-ann@example.com"
