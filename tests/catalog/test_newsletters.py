"""Looking up newsletters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from newsletter.catalog import models, newsletter_settings, newsletters
from newsletter.catalog.values import Newsletter
from newsletter.kernel.errors import NotFound
from subscribers import lists
from tests.actors import SYSTEM

Create = Callable[..., Newsletter]


def test_what_is_not_there_is_named(create: Create, now: datetime) -> None:
    create()
    with pytest.raises(NotFound, match=r"^There is no newsletter “hillpost”\.$") as refused:
        newsletters.get_newsletter_by_slug("hillpost")
    assert refused.value.command_hint == "There is hill-post."
    for absent in (
        lambda: newsletters.get_newsletter(999),
        lambda: newsletter_settings.change_newsletter(999, now=now, name="x", seen=None, by=SYSTEM),
        lambda: newsletter_settings.set_sections(
            999, newsletter_settings.DEFAULT_SECTIONS, seen=None, by=SYSTEM, now=now
        ),
        lambda: newsletter_settings.set_logos(999, light=None, dark=None, by=SYSTEM, now=now),
    ):
        with pytest.raises(NotFound, match="999"):
            absent()


def test_without_any_newsletter_the_remedy_is_to_make_one(db: None) -> None:
    with pytest.raises(NotFound) as refused:
        newsletters.get_newsletter_by_slug("hill-post")
    assert refused.value.command_hint == "Make it with: newsletter newsletters create SLUG …"


def test_newsletters_of_a_list_come_oldest_first(create: Create) -> None:
    first, second = create(slug="zebra", name="Zebra"), create(slug="aardvark", name="Aardvark")
    assert [n.id for n in newsletters.list_newsletters_of_list(first.list_id)] == [first.id, second.id]
    assert [n.id for n in newsletters.list_newsletters()] == [second.id, first.id]


def test_sections_come_in_their_order_and_are_those_of_the_newsletter_alone(create: Callable[..., Newsletter]) -> None:
    made = create(sections=[("top", "Top stories", 2), ("more", "More news", 3)])
    create(slug="other", name="Other")
    models.Section.objects.filter(key="top").update(position=9)
    assert newsletters.list_sections(made.id) == newsletters.get_newsletter(made.id).sections
    assert [section.key for section in newsletters.list_sections(made.id)] == ["more", "top"]


def test_the_oldest_newsletter_gives_the_zone_of_the_desk(create: Callable[..., Newsletter]) -> None:
    assert newsletters.find_oldest_zone() is None
    create(zone="Europe/Paris")
    create(slug="other", name="Other", zone="Europe/London")
    assert newsletters.find_oldest_zone() == "Europe/Paris"


def test_what_a_tick_asks_of_all_newsletters_it_asks_at_once(create: Create, now: datetime) -> None:
    newsletter = create()
    assert (newsletters.list_cut_offs(), newsletters.find_longest_recall(), newsletters.list_repairing()) == ({}, 0, ())
    changed = newsletter_settings.change_newsletter(
        newsletter.id, cut_off_minutes=45, recall_minutes=30, repair_after_minutes=90, seen=None, by=SYSTEM, now=now
    )
    assert newsletters.list_cut_offs() == {newsletter.id: 45}
    assert newsletters.find_longest_recall() == 30
    assert newsletters.list_repairing() == (changed,)


def test_the_newsroom_is_that_of_the_oldest_newsletter_of_the_lists(
    create: Callable[..., Newsletter], now: datetime
) -> None:
    assert newsletters.find_newsroom() is None
    first = create(publication="Echo", privacy_url="https://echo.example/privacy")
    second = create(slug="second", name="Second", publication="Echo", imprint_url="https://echo.example/imprint")
    other = lists.create_list("post", "Post", by=SYSTEM, now=now)
    create(slug="post", name="Post", publication="Post", list_id=other.id, privacy_url="https://post.example/privacy")
    for list_ids in ((), (first.list_id,), (other.id, first.list_id), (999,)):
        found = newsletters.find_newsroom(list_ids)
        assert found is not None
        assert (found.name, found.privacy_url) == ("Echo", "https://echo.example/privacy")
        assert found.imprint_url == "https://echo.example/imprint", (
            "the others of a publication say what one leaves out"
        )
    mine = newsletters.find_newsroom([other.id])
    assert mine is not None
    assert (mine.name, mine.privacy_url, mine.imprint_url) == ("Post", "https://post.example/privacy", "")
    for each in (first, second):
        newsletter_settings.change_newsletter(each.id, state="cancelled", by=SYSTEM, now=now, seen=None)
    left = newsletters.find_newsroom([first.list_id])
    assert left is not None
    assert left.name == "Post"
