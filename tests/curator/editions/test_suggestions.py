"""What is suggested for the free places of an edition."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import models
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import edition_history, editions, picks, rules, suggestions
from newsletter.curator.editions.values import Edition
from tests.actors import SYSTEM
from tests.interleaving import just_before

AddArticle = Callable[..., Article]


PICTURE = "https://pictures.example.org/funicular.png"


ADA = SystemActor("ada@example.com")


def test_suggestions_fill_the_free_places_and_write_the_first_words(
    newsletter: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    for title in ("Funicular reopens", "Otters in the mill race", "Night bus is kept", "Choir wins", "Cairn planned"):
        add_article(title)
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA, wanted=4)
    assert len(made.picks) == 4
    first, second, third, _ = sorted(made.picks, key=lambda pick: pick.number)
    assert made.subject == first.headline
    assert made.preheader == f"Plus: {second.headline}; {third.headline}"


def test_suggestions_leave_what_editors_wrote_and_placed(
    filled: Edition, add_article: AddArticle, now: datetime
) -> None:
    add_article("Choir wins")
    suggested = suggestions.suggest_picks(filled.id, now=now, by=SYSTEM)
    assert (suggested.subject, suggested.preheader) == (filled.subject, filled.preheader)
    assert {pick.key for pick in filled.picks} < {pick.key for pick in suggested.picks}
    assert len(suggested.picks) == 4
    assert suggestions.suggest_picks(filled.id, now=now, by=SYSTEM).picks == suggested.picks


def test_nothing_is_suggested_twice_or_after_it_ran(
    newsletter: Newsletter, filled: Edition, add_article: AddArticle, now: datetime
) -> None:
    add_article("Choir wins")
    tomorrow = suggestions.create_suggested_edition(newsletter.id, filled.date + timedelta(days=1), now=now, by=ADA)
    assert [pick.headline for pick in tomorrow.picks] == ["Choir wins"]


def test_only_what_the_desk_saw_lately_is_suggested(
    newsletter: Newsletter, add_article: AddArticle, now: datetime
) -> None:
    add_article("Found last week", added=now - timedelta(days=5))
    add_article("Old but found today", hours_ago=24 * 30)
    models.Source.objects.update(added_at=now - timedelta(days=60))
    add_article("From the archive of a new feed", hours_ago=24 * 30)
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA)
    assert [pick.headline for pick in made.picks] == ["Old but found today"]


def test_a_suggestion_brings_its_picture_only_with_a_credit(
    newsletter: Newsletter, add_article: AddArticle, web: Any, now: datetime
) -> None:
    add_article("Credited picture", image=PICTURE, credit="Una Crag")
    add_article("Nobody named", image=PICTURE)
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA, fetch=web)
    assert {pick.headline: bool(pick.picture_id) for pick in made.picks} == {
        "Credited picture": True,
        "Nobody named": False,
    }


def test_no_picture_is_asked_for_that_a_suggestion_would_not_bring(
    newsletter: Newsletter, add_article: AddArticle, web: Any, now: datetime
) -> None:
    add_article("Nobody named", image=PICTURE)
    suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA, fetch=web)
    assert PICTURE not in web.asked


def test_a_picture_we_hold_already_comes_with_a_pick_and_with_no_suggestion_that_cannot_credit_it(
    newsletter: Newsletter, add_article: AddArticle, web: Any, now: datetime
) -> None:
    article = add_article("Nobody named", image=PICTURE)
    by_hand = editions.create_edition(newsletter.id, None, now=now, by=ADA)
    (pick,) = picks.add_pick(by_hand.id, article.id, now=now, fetch=web, by=SYSTEM).picks
    assert pick.picture_id
    picks.drop_pick(by_hand.id, pick.key, now=now, content_hash=None, by=SYSTEM)
    (suggested,) = suggestions.suggest_picks(by_hand.id, now=now, fetch=web, by=SYSTEM).picks
    assert (suggested.article_id, suggested.picture_id) == (article.id, None)


def test_an_edition_without_anything_to_suggest_is_made_empty(newsletter: Newsletter, now: datetime) -> None:
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA)
    assert (made.picks, made.subject, made.preheader) == ((), "", "")


def test_suggesting_is_one_change_in_the_log(edition: Edition, add_article: AddArticle, now: datetime) -> None:
    for title in ("Funicular reopens after repairs", "Night bus to be kept"):
        add_article(title, dek=f"{title}, the council said on Monday.")
    filled = suggestions.suggest_picks(edition.id, by=ADA, now=now)
    (entry,) = edition_history.list_changes(edition.id)
    assert (entry.actor, entry.action) == (ADA.name, "suggested stories")
    assert {entry.after[f"story:{each.key}"] for each in filled.picks} == {each.headline for each in filled.picks}
    assert entry.after["subject"] == filled.subject
    assert filled.version == edition.version + 1


@pytest.mark.parametrize("where", ["here", "in another newsletter"])
def test_what_is_picked_while_stories_are_suggested_is_not_picked_again(
    edition: Edition, add_article: AddArticle, now: datetime, where: str
) -> None:
    add_article("Night bus to be kept", dek="The council said on Monday.")
    article = add_article("Funicular reopens after repairs", dek="The council said on Monday, too.")
    elsewhere = edition.id
    if where != "here":
        elsewhere = editions.create_edition(edition.newsletter_id, edition.date + timedelta(days=1), by=ADA, now=now).id
    pick = lambda: picks.add_pick(elsewhere, article.id, by=SYSTEM, now=now)  # noqa: E731
    with just_before("UPDATE curator_edition", pick):
        filled = suggestions.suggest_picks(edition.id, by=ADA, now=now)
    titles = sorted(each.headline for each in filled.picks)
    assert titles == (["Funicular reopens after repairs"] if where == "here" else []) + ["Night bus to be kept"]


def test_nothing_to_suggest_is_explained_by_what_was_looked_at(
    newsletter: Newsletter, edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    assert suggestions.explain_suggestions(edition.id, now=now) == (
        "Nothing is suggested: no article has come in that may run on this day."
    )
    here, ran, muted = (add_article(title) for title in ("Funicular reopens", "Choir wins", "Cairn planned"))
    picks.add_pick(edition.id, here.id, by=SYSTEM, now=now)
    yesterday = editions.create_edition(newsletter.id, edition.date - timedelta(days=1), by=SYSTEM, now=now)
    picks.add_pick(yesterday.id, ran.id, by=SYSTEM, now=now)
    rules.set_rule(newsletter.id, "mute", phrase=muted.title, seen=None, by=SYSTEM, now=now)
    assert len(suggestions.suggest_picks(edition.id, now=now, by=SYSTEM).picks) == 1
    assert suggestions.explain_suggestions(edition.id, now=now) == (
        "Nothing is suggested. Articles looked at: 3, of which 1 in this edition already, 1 run before, or reserved, "
        "1 muted, too old, or for a section that is full."
    )


def test_a_full_edition_is_no_reason_to_look(
    newsletter: Newsletter, edition: Edition, add_article: AddArticle, now: datetime
) -> None:
    wanted = newsletter.stories_wanted
    for number in range(wanted):
        picks.add_pick(edition.id, add_article(f"Choir wins prize {number}").id, reason="again", by=SYSTEM, now=now)
    assert suggestions.explain_suggestions(edition.id, now=now) == (
        f"Nothing is suggested: all {wanted} places are taken."
    )
