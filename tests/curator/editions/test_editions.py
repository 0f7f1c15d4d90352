"""Making an edition, filling it, and writing its words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from newsletter.catalog.values import Newsletter
from newsletter.curator.articles import article_lookup, intake, models
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import approval, edition_lookup, editions, picks, suggestions
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import BadInput, Conflict, NotFound, Refused
from tests.conftest import just_before

Told = Callable[..., Article]
PICTURE = "https://pictures.example.org/funicular.png"
ADA = "ada@example.com"


def test_today_is_today_where_the_newsletter_is(newsletter: Newsletter) -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight in London's summer
    made = editions.create_edition(newsletter.id, None, now=late, by=ADA)
    assert made.date == date(2026, 7, 1)
    assert (made.state, made.version, made.signed, made.picks) == ("open", 1, "The desk", ())


def test_a_day_has_one_edition(newsletter: Newsletter, edition: Edition, now: datetime) -> None:
    with pytest.raises(Refused, match=f"editions show {edition.id}"):
        editions.create_edition(newsletter.id, edition.date, now=now, by=ADA)
    assert [each.id for each in edition_lookup.list_editions(newsletter.id)] == [edition.id]


def test_of_two_who_make_the_edition_of_a_day_at_the_same_moment_one_does(
    newsletter: Newsletter, now: datetime
) -> None:
    def make() -> Edition:
        return editions.create_edition(newsletter.id, None, now=now, by=ADA)

    with just_before('INSERT INTO "curator_edition"', make), pytest.raises(Conflict, match="editions list hill-post"):
        make()
    assert len(edition_lookup.list_editions(newsletter.id)) == 1


def test_editions_are_found_by_newsletter_day_and_state(
    newsletter: Newsletter, edition: Edition, now: datetime
) -> None:
    later = editions.create_edition(newsletter.id, edition.date + timedelta(days=1), now=now, by=ADA)
    approval.skip(later.id, reason="A holiday", by=ADA, now=now)
    assert [each.id for each in edition_lookup.list_editions(newsletter.id)] == [later.id, edition.id]
    assert [each.id for each in edition_lookup.list_editions(newsletter_ids=[newsletter.id], states=["open"])] == [
        edition.id
    ]
    assert edition_lookup.list_editions(newsletter_ids=[]) == ()
    assert edition_lookup.find_edition(newsletter.id, edition.date) == edition_lookup.get_edition(edition.id)
    assert edition_lookup.find_edition(newsletter.id, date(2020, 1, 1)) is None
    with pytest.raises(NotFound, match="editions list"):
        edition_lookup.get_edition(999)


def test_a_list_of_editions_costs_the_same_however_long(
    newsletter: Newsletter, told: Told, now: datetime, django_assert_max_num_queries: Any
) -> None:
    article = told("Funicular reopens")
    for days in range(8):
        made = editions.create_edition(newsletter.id, date(2026, 12, 1) + timedelta(days=days), now=now, by=ADA)
        picks.add_pick(made.id, article.id, reason="It ran, and runs.", now=now)
    with django_assert_max_num_queries(6):
        assert len(edition_lookup.list_editions(newsletter.id)) == 8


def test_words_are_copied_when_a_story_is_picked(edition: Edition, told: Told, web: Any, now: datetime) -> None:
    article = told("Funicular reopens", dek="After repairs.", image=PICTURE, credit="Una Crag", publisher="Valley News")
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web).picks
    assert (pick.headline, pick.blurb, pick.publisher, pick.url) == (
        "Funicular reopens", "After repairs.", "Valley News", article.url,
    )  # fmt: skip
    assert pick.picture_url.startswith("http://testserver/pictures/")
    assert pick.image_credit == "Una Crag"


def test_a_story_without_its_picture_is_still_picked(edition: Edition, told: Told, web: Any, now: datetime) -> None:
    web.fail(PICTURE)
    article = told("Funicular reopens", image=PICTURE)
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web).picks
    assert (pick.headline, pick.picture_id) == ("Funicular reopens", None)


def test_a_change_of_the_article_leaves_the_pick_alone(edition: Edition, now: datetime, web: Any, told: Told) -> None:
    article = told("Funicular reopens", dek="After repairs.")
    picks.add_pick(edition.id, article.id, now=now)
    body = "".join(
        f"<p>The funicular stays shut for another {n} weeks, the operator told the council.</p>" for n in range(9)
    )
    web.serve(
        article.url, f"<html><head><title>Funicular stays shut</title></head><body><article>{body}</article></body>"
    )
    assert intake.add_article_from_page(article.url, now=now, fetch=web).article.title == "Funicular stays shut"
    assert edition_lookup.get_edition(edition.id).picks[0].headline == "Funicular reopens"


def test_a_long_standfirst_is_cut_between_words(edition: Edition, told: Told, now: datetime) -> None:
    (pick,) = picks.add_pick(edition.id, told("Long", dek="several words " * 60).id, now=now).picks
    assert len(pick.blurb) <= 480
    assert pick.blurb.removesuffix("…").split()[-1] in ("several", "words")


def test_words_of_the_edition_are_edited_one_by_one(edition: Edition, now: datetime) -> None:
    editions.edit_edition(edition.id, now=now, subject="  Good\nmorning ", intro="First.\n\nSecond.")
    edited = editions.edit_edition(edition.id, now=now, preheader="And otters")
    assert (edited.subject, edited.preheader) == ("Good morning", "And otters")
    assert edited.intro == "First.\n\nSecond."
    assert editions.edit_edition(edition.id, now=now, subject="").subject == ""


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"subject": "s" * 301}, "subject", "300 are the most"),
        ({"intro": "i" * 20_001}, "intro", "20000 are the most"),
        ({"state": "sent"}, "state", "no field"),
        ({"date": "2026-11-25"}, "date", "no field"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_naming_its_field(
    edition: Edition, now: datetime, fields: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        editions.edit_edition(edition.id, now=now, **fields)
    assert refused.value.field == field
    assert edition_lookup.get_edition(edition.id) == edition


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
        picks.edit_pick(filled.id, filled.picks[0].key, now=now, **fields)
    assert refused.value.field == field
    assert edition_lookup.get_edition(filled.id) == filled


def test_words_of_a_story_are_edited_and_its_picture_taken_out(
    edition: Edition, told: Told, web: Any, now: datetime
) -> None:
    article = told("Funicular reopens", image=PICTURE, credit="Una Crag")
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web).picks
    edited = picks.edit_pick(edition.id, pick.key, now=now, headline="Up we go", label="Transport", no_picture=True)
    (after,) = edited.picks
    assert (after.headline, after.label, after.picture_id, after.picture_url) == ("Up we go", "Transport", None, "")
    assert (after.key, after.blurb) == (pick.key, pick.blurb)
    assert article_lookup.get_article(article.id).title == "Funicular reopens"


def test_two_editors_cannot_overwrite_each_other_unseen(filled: Edition, now: datetime) -> None:
    seen = filled.version
    first = editions.edit_edition(filled.id, now=now, version=seen, subject="From the first editor")
    assert first.version == seen + 1
    key = filled.picks[0].key
    for late in (
        lambda: editions.edit_edition(filled.id, now=now, version=seen, subject="From the second"),
        lambda: picks.edit_pick(filled.id, key, now=now, version=seen, headline="From the second"),
        lambda: picks.move_pick(filled.id, key, now=now, version=seen, position=2),
        lambda: picks.drop_pick(filled.id, key, now=now, version=seen),
    ):
        with pytest.raises(Conflict, match="yours were not saved"):
            late()
    assert edition_lookup.get_edition(filled.id) == first


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
        "Credited picture": True, "Nobody named": False,
    }  # fmt: skip


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


def test_words_may_be_as_long_as_their_limits(filled: Edition, now: datetime) -> None:
    limits = {"subject": 300, "second_subject": 300, "preheader": 300, "intro": 20_000, "signed": 120}
    edition = editions.edit_edition(filled.id, now=now, **{name: "x" * most for name, most in limits.items()})
    assert {name: len(getattr(edition, name)) for name in limits} == limits


def test_an_edition_without_anything_to_suggest_is_made_empty(newsletter: Newsletter, now: datetime) -> None:
    made = suggestions.create_suggested_edition(newsletter.id, None, now=now, by=ADA)
    assert (made.picks, made.subject, made.preheader) == ((), "", "")


def test_a_picture_that_vanishes_at_its_source_stays_in_the_mail(
    edition: Edition, told: Told, web: Any, now: datetime
) -> None:
    from newsletter.catalog import pictures

    article = told("Funicular reopens", image=PICTURE, credit="Una Crag")
    (pick,) = picks.add_pick(edition.id, article.id, now=now, fetch=web).picks
    web.fail(PICTURE)
    assert pick.picture_url in approval.preview(edition.id, now=now).html
    file, content_type = pictures.get_picture_file(pick.picture_url.rsplit("/", 1)[-1])
    assert file.exists()
    assert content_type == "image/jpeg" or content_type == "image/png"
