"""For whom a story or box may be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.curator.editions import boxes, edition_lookup, picks, visibility
from newsletter.curator.editions.values import Edition
from newsletter.curator.editions.variants import FREE, MEMBERS
from newsletter.kernel.errors import BadInput, NotFound, Refused
from subscribers.attributes import change_profile
from subscribers.models import Subscriber
from subscribers.segments.service import create_segment, drop_segment
from tests.actors import SYSTEM
from tests.curator.editions.conftest import show

pytestmark = pytest.mark.django_db
ADA = "ada@example.com"
LOCALS = {"all": [{"about": "language", "op": "is", "value": "de"}]}


@pytest.fixture
def edition(morning_edition: Edition) -> Edition:
    """The morning briefing with three stories and a subject."""
    return morning_edition


def test_a_subscriber_gets_what_they_are(
    edition: Edition, readers: Callable[..., list[int]], locals_: str, now: datetime
) -> None:
    free, member, neighbour = readers(3)
    change_profile(member, tier="paid", seen=None, by=SYSTEM, now=now)
    Subscriber.objects.filter(id=neighbour).update(language="de")
    show(edition, 1, MEMBERS, now)
    edition = show(edition, 2, locals_, now)
    got = [visibility.get_variant(edition, person, now=now).audiences for person in (free, member, neighbour)]
    assert got == [frozenset(), {MEMBERS}, {locals_}]


@pytest.mark.parametrize("wrong", ["nobody", "segment:", "segment:not-there", "locals ", "<script>", "x" * 500])
def test_what_nobody_is_in_is_refused_with_what_there_is(edition: Edition, now: datetime, wrong: str) -> None:
    with pytest.raises(BadInput, match="members, free") as error:
        show(edition, 0, wrong, now)
    assert error.value.field == "shown_to"
    assert edition_lookup.get_edition(edition.id).picks[0].visibility == ""


def test_there_is_a_most_of_groups_and_nothing_changes_beyond_it(
    edition: Edition, articles: Callable[..., list[int]], now: datetime
) -> None:
    picks.add_pick(edition.id, articles(4)[3], now=now, by=SYSTEM)
    edition = edition_lookup.get_edition(edition.id)
    for slug in ("one", "two"):
        create_segment(slug, slug, LOCALS, by=SYSTEM, now=now)
    for story, group in enumerate((MEMBERS, FREE, "segment:one")):
        show(edition, story, group, now)
    with pytest.raises(Refused, match="3 groups"):
        show(edition, 3, "segment:two", now)
    assert edition_lookup.get_edition(edition.id).picks[3].visibility == ""
    with pytest.raises(Refused, match="3 groups"):
        boxes.set_box(edition.id, title="", text="Hello", visibility="segment:two", now=now, seen=None, by=SYSTEM)
    assert edition_lookup.get_edition(edition.id).boxes == ()


def test_a_segment_that_is_dropped_is_said(edition: Edition, locals_: str, now: datetime) -> None:
    edition = show(edition, 1, locals_, now)
    drop_segment("locals", seen=None, by=SYSTEM, now=now)
    with pytest.raises(NotFound, match="locals"):
        visibility.select_group_members(locals_, [1], now=now)
