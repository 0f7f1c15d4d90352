"""Placing stories: whatever editors do, the order is the one they see."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from newsletter.accounts.actors import SystemActor
from newsletter.catalog import pictures
from newsletter.catalog.values import Newsletter, Picture
from newsletter.curator.articles import article_lookup, intake
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import edition_lookup, editions, picks, revisions
from newsletter.curator.editions.picks import PickFields
from newsletter.curator.editions.values import Edition, compute_pick_hash
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from tests.actors import SYSTEM
from tests.curator.editions.conftest import key

AddArticle = Callable[..., Article]
TITLES = tuple(f"{what} {verb}" for what in ("Bridge", "Weir", "Mill", "Chapel") for verb in ("opens", "closes"))


def test_the_first_story_leads_and_is_number_one(place: Callable[..., Edition]) -> None:
    place(0, section="good")
    edition = place(1, section="top")
    assert [(pick.headline, pick.size, pick.number) for pick in edition.picks] == [
        (TITLES[1], "m", 2),
        (TITLES[0], "l", 1),
    ]


def test_a_story_is_placed_once(place: Callable[..., Edition]) -> None:
    place(0)
    with pytest.raises(Refused, match=TITLES[0]):
        place(0, section="good")


def test_what_is_not_there_cannot_be_placed_moved_or_dropped(
    place: Callable[..., Edition], edition: Edition, now: datetime
) -> None:
    before = place(0)
    with pytest.raises(BadInput, match="top, more, good") as refused:
        place(1, section="sports")
    assert refused.value.field == "section"
    with pytest.raises(BadInput):
        picks.move_pick(edition.id, before.picks[0].key, after=None, section="sports", now=now, by=SYSTEM)
    with pytest.raises(NotFound, match="nokey"):
        picks.move_pick(edition.id, "nokey", after=None, now=now, by=SYSTEM)
    with pytest.raises(NotFound, match="nokey"):
        picks.drop_pick(edition.id, "nokey", now=now, content_hash=None, by=SYSTEM)
    with pytest.raises(NotFound, match="There is no article 999"):
        picks.add_pick(edition.id, 999, now=now, by=SYSTEM)
    assert edition_lookup.get_edition(edition.id) == before


def test_a_key_of_another_edition_is_not_taken(
    place: Callable[..., Edition], newsletter: Newsletter, now: datetime
) -> None:
    first = place(0)
    other = editions.create_edition(newsletter.id, date(2026, 12, 1), now=now, by=SYSTEM)
    with pytest.raises(NotFound):
        picks.drop_pick(other.id, first.picks[0].key, now=now, content_hash=None, by=SYSTEM)
    assert edition_lookup.get_edition(first.id) == first


def test_there_is_one_lead(place: Callable[..., Edition], edition: Edition, now: datetime) -> None:
    place(0)
    full = place(1)
    led = picks.edit_pick(edition.id, key(full, TITLES[1]), size="l", now=now, seen=None, by=SYSTEM)
    assert {pick.headline: pick.size for pick in led.picks} == {TITLES[0]: "m", TITLES[1]: "l"}


PICTURE = "https://pictures.example.org/funicular.png"


def test_words_are_copied_when_a_story_is_picked(
    edition: Edition, add_article: AddArticle, web: Any, now: datetime
) -> None:
    article = add_article(
        "Funicular reopens", dek="After repairs.", image=PICTURE, credit="Una Crag", publisher="Valley News"
    )
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web, by=SYSTEM).picks
    assert (pick.headline, pick.blurb, pick.publisher, pick.url) == (
        "Funicular reopens",
        "After repairs.",
        "Valley News",
        article.url,
    )
    assert pick.picture_url.startswith("http://testserver/pictures/")
    assert pick.image_credit == "Una Crag"


def test_a_story_without_its_picture_is_still_picked(
    edition: Edition, add_article: AddArticle, web: Any, now: datetime
) -> None:
    web.fail(PICTURE)
    article = add_article("Funicular reopens", image=PICTURE)
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web, by=SYSTEM).picks
    assert (pick.headline, pick.picture_id) == ("Funicular reopens", None)


def test_a_change_of_the_article_leaves_the_pick_alone(
    edition: Edition, now: datetime, web: Any, add_article: AddArticle
) -> None:
    article = add_article("Funicular reopens", dek="After repairs.")
    picks.add_pick(edition.id, article.id, now=now, by=SYSTEM)
    body = "".join(
        f"<p>The funicular stays shut for another {n} weeks, the operator told the council.</p>" for n in range(9)
    )
    web.serve(
        article.url, f"<html><head><title>Funicular stays shut</title></head><body><article>{body}</article></body>"
    )
    assert (
        intake.add_article_from_page(article.url, now=now, fetch=web, by=SYSTEM).article.title == "Funicular stays shut"
    )
    assert edition_lookup.get_edition(edition.id).picks[0].headline == "Funicular reopens"


def test_a_long_standfirst_is_cut_between_words(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    (pick,) = picks.add_pick(edition.id, add_article("Long", dek="several words " * 60).id, now=now, by=SYSTEM).picks
    assert len(pick.blurb) <= 480
    assert pick.blurb.removesuffix("…").split()[-1] in ("several", "words")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"headline": " "}, "headline"),
        ({"headline": "h" * 501}, "headline"),
        ({"size": "xl"}, "size"),
        ({"size": "x"}, "size"),
        ({"size": ""}, "size"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"position": 3}, "position"),
    ],
)
def test_an_edit_of_a_story_that_cannot_be_is_refused_naming_its_field(
    filled: Edition, now: datetime, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        picks.edit_pick(filled.id, filled.picks[0].key, now=now, **fields, seen=None, by=SYSTEM)
    assert refused.value.field == field
    assert edition_lookup.get_edition(filled.id) == filled


def test_words_of_a_story_are_edited_and_its_picture_taken_out(
    edition: Edition, add_article: AddArticle, web: Any, now: datetime
) -> None:
    article = add_article("Funicular reopens", image=PICTURE, credit="Una Crag")
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web, by=SYSTEM).picks
    edited = picks.edit_pick(
        edition.id, pick.key, now=now, headline="Up we go", label="Transport", no_picture=True, seen=None, by=SYSTEM
    )
    (after,) = edited.picks
    assert (after.headline, after.label, after.picture_id, after.picture_url) == ("Up we go", "Transport", None, "")
    assert (after.key, after.blurb) == (pick.key, pick.blurb)
    assert article_lookup.get_article(article.id).title == "Funicular reopens"


ADA, BEN = SystemActor("ada@example.com"), SystemActor("ben@example.com")


def test_a_story_is_dropped_only_as_it_was_seen(filled: Edition, now: datetime) -> None:
    story = filled.picks[0]
    picks.edit_pick(filled.id, story.key, seen=None, by=BEN, now=now, headline="Ben's")
    with pytest.raises(Conflict, match="Ben's") as refused:
        picks.drop_pick(filled.id, story.key, content_hash=story.content_hash, by=ADA, now=now)
    (difference,) = refused.value.differences
    assert (difference.seen, difference.present, difference.by) == (story.headline, "Ben's", BEN.name)
    present = edition_lookup.get_edition(filled.id).picks[0]
    dropped = picks.drop_pick(filled.id, story.key, content_hash=present.content_hash, by=ADA, now=now)
    assert story.key not in {each.key for each in dropped.picks}


def test_edits_of_other_stories_texts_and_the_order_stop_no_drop(filled: Edition, now: datetime) -> None:
    first, second, _ = filled.picks
    picks.edit_pick(filled.id, second.key, seen=None, by=BEN, now=now, headline="Ben's")
    picks.move_pick(filled.id, first.key, after=second.key, by=BEN, now=now)
    editions.edit_edition(filled.id, seen=None, by=BEN, now=now, subject="Ben's")
    picks.drop_pick(filled.id, first.key, content_hash=first.content_hash, by=ADA, now=now)


def test_a_story_goes_behind_the_one_that_was_meant_wherever_that_is(filled: Edition, now: datetime) -> None:
    first, second, third = (each.key for each in filled.picks)
    picks.move_pick(filled.id, second, after=None, section="good", by=BEN, now=now)
    moved = picks.move_pick(filled.id, first, after=second, by=ADA, now=now)
    assert [(each.key, each.section) for each in moved.picks if each.section == "good"] == [
        (second, "good"),
        (first, "good"),
    ]
    assert [each.key for each in moved.picks if each.section != "good"] == [third]
    assert picks.move_pick(filled.id, first, after=first, by=ADA, now=now) == moved


def test_a_story_is_not_moved_behind_one_that_is_gone(filled: Edition, now: datetime) -> None:
    first, second, _ = filled.picks
    picks.drop_pick(filled.id, second.key, content_hash=None, by=BEN, now=now)
    with pytest.raises(Conflict, match="no longer in the edition") as refused:
        picks.move_pick(filled.id, first.key, after=second.key, by=ADA, now=now)
    assert [(each.seen, each.by) for each in refused.value.differences] == [(second.headline, BEN.name)]


def test_an_article_is_not_picked_behind_a_story_that_is_gone(
    filled: Edition, feed_articles: list[Article], now: datetime
) -> None:
    second = filled.picks[1]
    dropped = picks.drop_pick(filled.id, second.key, content_hash=None, by=BEN, now=now)
    with pytest.raises(Conflict, match="no longer in the edition") as refused:
        picks.add_pick(filled.id, feed_articles[7].id, after=second.key, reason="again", by=ADA, now=now)
    assert [(each.seen, each.by) for each in refused.value.differences] == [(second.headline, BEN.name)]
    assert edition_lookup.get_edition(filled.id).picks == dropped.picks


def test_fields_of_a_story_are_saved_one_by_one_against_what_was_seen(filled: Edition, now: datetime) -> None:
    story = filled.picks[0]
    seen: picks.PickFields = {"headline": story.headline, "label": "", "size": story.size}
    picks.edit_pick(filled.id, story.key, seen=seen, by=BEN, now=now, headline=story.headline, label="Exclusive")
    saved = picks.edit_pick(filled.id, story.key, seen=seen, by=ADA, now=now, headline="Ada's", label="").picks[0]
    assert (saved.headline, saved.label) == ("Ada's", "Exclusive")
    with pytest.raises(Conflict) as refused:
        picks.edit_pick(filled.id, story.key, seen=seen, by=BEN, now=now, headline="Ben's")
    (difference,) = refused.value.differences
    assert (difference.label, difference.present, difference.yours) == ("Headline", "Ada's", "Ben's")
    assert difference.by == ADA.name


def test_whoever_picks_what_ran_must_give_a_reason_whatever_they_call(filled: Edition, now: datetime) -> None:
    article_id = filled.picks[0].article_id
    later = editions.create_edition(filled.newsletter_id, filled.date + timedelta(days=1), by=ADA, now=now)
    with pytest.raises(Refused, match="give a reason"):
        picks.add_pick(later.id, article_id, reason=" ", by=SYSTEM, now=now)
    (pick,) = picks.add_pick(later.id, article_id, reason="New figures.", by=ADA, now=now).picks
    assert pick.again_reason.endswith(f"New figures. ({ADA.name})")


def draw_picture(width: int, height: int, now: datetime, colour: str = "teal") -> Picture:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return pictures.store_picture(out.getvalue(), source_url="", now=now)


def test_a_picture_is_chosen_with_its_focal_point_in_one_act_and_undone(filled: Edition, now: datetime) -> None:
    story, made = filled.picks[0], draw_picture(1280, 720, now)
    chosen = picks.edit_pick(
        filled.id,
        story.key,
        picture=made.name,
        focus="60 44",
        image_alt="A harbour",
        image_credit="Kim Example",
        seen={"picture": "", "focus": "", "image_alt": story.image_alt, "image_credit": story.image_credit},
        by=ADA,
        now=now,
    ).picks[0]
    assert (chosen.picture_id, chosen.picture_name, chosen.focal_point) == (made.id, made.name, (60, 44))
    last = revisions.find_last_own_act(filled.id, ADA.name)
    assert last is not None
    assert {each.field for each in last.revisions} == {"picture_id", "focus", "image_alt", "image_credit"}
    assert revisions.undo(filled.id, last.act, by=ADA, now=now).picks[0].content == story.content


def test_another_picture_begins_with_its_centre_and_none_has_no_focal_point(filled: Edition, now: datetime) -> None:
    key = filled.picks[0].key
    first, second = draw_picture(1280, 720, now), draw_picture(1280, 720, now, "red")
    picks.edit_pick(filled.id, key, picture=first.name, focus="0 100", seen=None, by=ADA, now=now)
    assert picks.edit_pick(filled.id, key, picture=second.name, seen=None, by=ADA, now=now).picks[0].focus == ""
    picks.edit_pick(filled.id, key, focus="0 100", seen=None, by=ADA, now=now)
    gone = picks.edit_pick(filled.id, key, no_picture=True, seen=None, by=ADA, now=now).picks[0]
    assert (gone.picture_id, gone.focus) == (None, "")


def test_a_story_without_a_picture_has_no_focal_point(filled: Edition, now: datetime) -> None:
    with pytest.raises(BadInput, match="no picture"):
        picks.edit_pick(filled.id, filled.picks[0].key, focus="60 44", seen=None, by=ADA, now=now)


@pytest.mark.parametrize("focus", ["60", "60 101", "-1 5", "a b", "60  44", "60 44 1"])
def test_what_is_no_focal_point_is_refused(filled: Edition, now: datetime, focus: str) -> None:
    with pytest.raises(BadInput, match="two numbers") as refused:
        picks.edit_pick(filled.id, filled.picks[0].key, focus=focus, seen=None, by=ADA, now=now)
    assert refused.value.field == "focus"


def test_a_picture_that_is_too_small_or_unknown_is_refused(filled: Edition, now: datetime) -> None:
    lead, other = filled.picks[0], filled.picks[1]
    small = draw_picture(240, 180, now)
    with pytest.raises(BadInput, match="240 × 180 pixels, and is never enlarged: the lead needs 640 × 360"):
        picks.edit_pick(filled.id, lead.key, picture=small.name, seen=None, by=ADA, now=now)
    kept = picks.edit_pick(filled.id, other.key, picture=small.name, seen=None, by=ADA, now=now)
    assert next(each for each in kept.picks if each.key == other.key).picture_id == small.id, "as a thumbnail"
    with pytest.raises(BadInput, match="There is no picture"):
        picks.edit_pick(filled.id, lead.key, picture="0123456789abcdef.jpg", seen=None, by=ADA, now=now)


def test_the_same_picture_changed_by_two_is_a_conflict(filled: Edition, now: datetime) -> None:
    story = filled.picks[0]
    one, other = draw_picture(1280, 720, now), draw_picture(1280, 720, now, "red")
    seen: picks.PickFields = {"picture": story.picture_name, "focus": story.focus}
    picks.edit_pick(filled.id, story.key, picture=one.name, focus="", seen=seen, by=BEN, now=now)
    with pytest.raises(Conflict) as refused:
        picks.edit_pick(filled.id, story.key, picture=other.name, focus="", seen=seen, by=ADA, now=now)
    (difference,) = refused.value.differences
    assert (difference.label, difference.present, difference.by) == ("Picture", one.name, BEN.name)


def test_the_hash_of_a_story_without_a_focal_point_is_what_it_was(filled: Edition, now: datetime) -> None:
    """Editions approved, and pages open, before there were focal points stay as they are."""
    story = filled.picks[0]
    older = {name: value for name, value in story.content.items() if name != "focus"}
    assert compute_pick_hash(older) == story.content_hash
    assert compute_pick_hash({**older, "focus": "1 2"}) != story.content_hash


def test_a_story_whose_form_is_open_is_dropped_only_as_its_fields_were_seen(filled: Edition, now: datetime) -> None:
    """The hash is that of when the form was opened: own words, saved since, do not stop it."""
    story = filled.picks[0]
    picks.edit_pick(filled.id, story.key, seen=None, by=ADA, now=now, label="Ada's")
    picks.edit_pick(filled.id, story.key, seen=None, by=BEN, now=now, headline="Ben's")
    seen: PickFields = {"headline": story.headline, "label": "Ada's", "picture": story.picture_name}
    with pytest.raises(Conflict, match="so it stays") as refused:
        picks.drop_pick(filled.id, story.key, content_hash=story.content_hash, seen=seen, by=ADA, now=now)
    (difference,) = refused.value.differences
    assert (difference.label, difference.present, difference.by) == ("Headline", "Ben's", BEN.name)
    seen["headline"] = "Ben's"
    dropped = picks.drop_pick(filled.id, story.key, content_hash=story.content_hash, seen=seen, by=ADA, now=now)
    assert story.key not in {each.key for each in dropped.picks}
