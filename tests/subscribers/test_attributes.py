"""Attributes, tags and the tier of a subscriber, set by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.kernel.errors import BadInput, NotFound
from subscribers import subscriber_lookup
from subscribers.attributes import add_tag, create_attribute, remove_tag, set_attribute, set_tier
from subscribers.values import ImportReport
from tests.interleaving import just_before

TakeIn = Callable[..., ImportReport]
FILE = "email,tier,tags,city,age\nann@example.com,paid,VIP;Blog,Zürich,41\n"


@pytest.fixture
def ann(take_in: TakeIn, now: datetime) -> int:
    create_attribute("Age", kind="number", now=now)
    take_in(FILE)
    person = subscriber_lookup.find_subscriber_by_address("ann@example.com")
    assert person is not None
    return person.id


def test_attributes_tags_and_tiers_are_set_by_hand(ann: int, now: datetime) -> None:
    create_attribute("Size", kind="choice", choices=["S", "M"], now=now)
    set_attribute(ann, "size", "m")
    set_attribute(ann, "city", "")
    add_tag(ann, "  New   one ")
    remove_tag(ann, "VIP")
    set_tier(ann, "comp")
    person = subscriber_lookup.get_subscriber(ann)
    assert (person.attributes, person.tags, person.tier) == ({"age": 41, "size": "M"}, ("Blog", "New one"), "comp")
    for wrong in (
        lambda: set_attribute(ann, "size", "XL"),
        lambda: set_tier(ann, "gold"),
        lambda: add_tag(ann, " "),
        lambda: create_attribute("Colour", kind="hue", now=now),
        lambda: create_attribute("Colour", kind="choice", now=now),
    ):
        with pytest.raises(BadInput):
            wrong()


def test_an_attribute_can_be_set_after_an_import_wrote_several(ann: int) -> None:
    assert subscriber_lookup.get_subscriber(ann).attributes == {"age": 41, "city": "Zürich"}
    set_attribute(ann, "age", "42.5")
    set_attribute(ann, "city", 'Ulm "an der Donau"')
    assert subscriber_lookup.get_subscriber(ann).attributes == {"age": 42.5, "city": 'Ulm "an der Donau"'}
    set_attribute(ann, "age", "")
    set_attribute(ann, "age", "")
    assert subscriber_lookup.get_subscriber(ann).attributes == {"city": 'Ulm "an der Donau"'}


def test_two_attributes_set_at_the_same_moment_are_both_kept(ann: int) -> None:
    with just_before("UPDATE subscribers_subscriber", lambda: set_attribute(ann, "age", "42")):
        set_attribute(ann, "city", "Ulm")
    assert subscriber_lookup.get_subscriber(ann).attributes == {"age": 42, "city": "Ulm"}


def test_what_is_not_there_has_no_attributes(ann: int) -> None:
    with pytest.raises(NotFound, match="no attribute"):
        set_attribute(ann, "shoe", "42")
    with pytest.raises(NotFound, match="no subscriber"):
        set_attribute(ann + 1, "age", "42")
    with pytest.raises(NotFound, match="no subscriber"):
        set_tier(ann + 1, "paid")
