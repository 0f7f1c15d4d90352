"""What is suggested for the free places of an edition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import models
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import editions, picks, suggestions
from newsletter.curator.editions.values import Edition

Told = Callable[..., Article]


PICTURE = "https://pictures.example.org/funicular.png"


ADA = "ada@example.com"


def test_suggestions_fill_the_free_places_and_write_the_first_words(
    newsletter: Newsletter, told: Told, now: datetime
) -> None:
    for title in ("Funicular reopens", "Otters in the mill race", "Night bus is kept", "Choir wins", "Cairn planned"):
        told(title)
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA, wanted=4)
    assert len(made.picks) == 4
    first, second, third, _ = sorted(made.picks, key=lambda pick: pick.number)
    assert made.subject == first.headline
    assert made.preheader == f"Plus: {second.headline}; {third.headline}"


def test_suggestions_leave_what_editors_wrote_and_placed(filled: Edition, told: Told, now: datetime) -> None:
    told("Choir wins")
    suggested = suggestions.suggest_picks(filled.id, now=now)
    assert (suggested.subject, suggested.preheader) == (filled.subject, filled.preheader)
    assert {pick.key for pick in filled.picks} < {pick.key for pick in suggested.picks}
    assert len(suggested.picks) == 4
    assert suggestions.suggest_picks(filled.id, now=now).picks == suggested.picks


def test_nothing_is_suggested_twice_or_after_it_ran(
    newsletter: Newsletter, filled: Edition, told: Told, now: datetime
) -> None:
    told("Choir wins")
    tomorrow = suggestions.create_suggested_edition(newsletter.id, filled.date + timedelta(days=1), now=now, by=ADA)
    assert [pick.headline for pick in tomorrow.picks] == ["Choir wins"]


def test_only_what_the_desk_saw_lately_is_suggested(newsletter: Newsletter, told: Told, now: datetime) -> None:
    told("Found last week", added=now - timedelta(days=5))
    told("Old but found today", hours_ago=24 * 30)
    models.Source.objects.update(added_at=now - timedelta(days=60))
    told("From the archive of a new feed", hours_ago=24 * 30)
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA)
    assert [pick.headline for pick in made.picks] == ["Old but found today"]


def test_a_suggestion_brings_its_picture_only_with_a_credit(
    newsletter: Newsletter, told: Told, web: Any, now: datetime
) -> None:
    told("Credited picture", image=PICTURE, credit="Una Crag")
    told("Nobody named", image=PICTURE)
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA, fetch=web)
    assert {pick.headline: bool(pick.picture_id) for pick in made.picks} == {
        "Credited picture": True,
        "Nobody named": False,
    }


def test_no_picture_is_asked_for_that_a_suggestion_would_not_bring(
    newsletter: Newsletter, told: Told, web: Any, now: datetime
) -> None:
    told("Nobody named", image=PICTURE)
    suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA, fetch=web)
    assert PICTURE not in web.asked


def test_a_picture_we_hold_already_comes_with_a_pick_and_with_no_suggestion_that_cannot_credit_it(
    newsletter: Newsletter, told: Told, web: Any, now: datetime
) -> None:
    article = told("Nobody named", image=PICTURE)
    by_hand = editions.create_edition(newsletter.id, None, now=now, by=ADA)
    (pick,) = picks.add_pick(by_hand.id, article.id, now=now, fetch=web).picks
    assert pick.picture_id
    picks.drop_pick(by_hand.id, pick.key, now=now)
    (suggested,) = suggestions.suggest_picks(by_hand.id, now=now, fetch=web).picks
    assert (suggested.article_id, suggested.picture_id) == (article.id, None)


def test_an_edition_without_anything_to_suggest_is_made_empty(newsletter: Newsletter, now: datetime) -> None:
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA)
    assert (made.picks, made.subject, made.preheader) == ((), "", "")
