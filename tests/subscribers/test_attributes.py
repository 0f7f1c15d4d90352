"""Attributes, tags and the tier of a subscriber, set by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.kernel.errors import BadInput, NotFound
from subscribers import subscriber_lookup
from subscribers.attributes import change_profile, create_attribute
from subscribers.values import ImportReport
from tests.actors import SYSTEM
from tests.interleaving import just_before

TakeIn = Callable[..., ImportReport]
FILE = "email,tier,tags,city,age\nann@example.com,paid,VIP;Blog,Zürich,41\n"


@pytest.fixture
def ann(take_in: TakeIn, now: datetime) -> int:
    create_attribute("Age", kind="number", by=SYSTEM, now=now)
    take_in(FILE)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    return person.id


def test_attributes_tags_and_tiers_are_set_by_hand(ann: int, now: datetime) -> None:
    create_attribute("Size", kind="choice", choices=["S", "M"], by=SYSTEM, now=now)
    change_profile(ann, attributes={"size": "m"}, seen=None, by=SYSTEM, now=now)
    change_profile(ann, attributes={"city": ""}, seen=None, by=SYSTEM, now=now)
    change_profile(ann, add_tags=["  New   one "], seen=None, by=SYSTEM, now=now)
    change_profile(ann, remove_tags=["VIP"], seen=None, by=SYSTEM, now=now)
    change_profile(ann, tier="comp", seen=None, by=SYSTEM, now=now)
    person = subscriber_lookup.get_subscriber(ann)
    assert (person.attributes, person.tags, person.tier) == ({"age": 41, "size": "M"}, ("Blog", "New one"), "comp")
    for wrong in (
        lambda: change_profile(ann, attributes={"size": "XL"}, seen=None, by=SYSTEM, now=now),
        lambda: change_profile(ann, tier="gold", seen=None, by=SYSTEM, now=now),
        lambda: change_profile(ann, add_tags=[" "], seen=None, by=SYSTEM, now=now),
        lambda: create_attribute("Colour", kind="hue", by=SYSTEM, now=now),
        lambda: create_attribute("Colour", kind="choice", by=SYSTEM, now=now),
    ):
        with pytest.raises(BadInput):
            wrong()


def test_an_attribute_can_be_set_after_an_import_wrote_several(ann: int, now: datetime) -> None:
    assert subscriber_lookup.get_subscriber(ann).attributes == {"age": 41, "city": "Zürich"}
    change_profile(ann, attributes={"age": "42.5"}, seen=None, by=SYSTEM, now=now)
    change_profile(ann, attributes={"city": 'Ulm "an der Donau"'}, seen=None, by=SYSTEM, now=now)
    assert subscriber_lookup.get_subscriber(ann).attributes == {"age": 42.5, "city": 'Ulm "an der Donau"'}
    change_profile(ann, attributes={"age": ""}, seen=None, by=SYSTEM, now=now)
    change_profile(ann, attributes={"age": ""}, seen=None, by=SYSTEM, now=now)
    assert subscriber_lookup.get_subscriber(ann).attributes == {"city": 'Ulm "an der Donau"'}


def test_two_attributes_set_at_the_same_moment_are_both_kept(ann: int, now: datetime) -> None:
    with just_before(
        "UPDATE subscribers_subscriber",
        lambda: change_profile(ann, attributes={"age": "42"}, seen=None, by=SYSTEM, now=now),
    ):
        change_profile(ann, attributes={"city": "Ulm"}, seen=None, by=SYSTEM, now=now)
    assert subscriber_lookup.get_subscriber(ann).attributes == {"age": 42, "city": "Ulm"}


def test_what_is_not_there_has_no_attributes(ann: int, now: datetime) -> None:
    with pytest.raises(NotFound, match="no attribute"):
        change_profile(ann, attributes={"shoe": "42"}, seen=None, by=SYSTEM, now=now)
    with pytest.raises(NotFound, match="no subscriber"):
        change_profile(ann + 1, attributes={"age": "42"}, seen=None, by=SYSTEM, now=now)
    with pytest.raises(NotFound, match="no subscriber"):
        change_profile(ann + 1, tier="paid", seen=None, by=SYSTEM, now=now)


def test_a_name_that_is_too_long_is_refused_and_nothing_changes(ann: int, now: datetime) -> None:
    before = subscriber_lookup.get_subscriber(ann)
    with pytest.raises(BadInput, match="100 characters"):
        change_profile(ann, seen=None, first_name="x" * 101, by=SYSTEM, now=now)
    assert subscriber_lookup.get_subscriber(ann) == before
