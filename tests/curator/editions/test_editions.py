"""Making an edition, filling it, and writing its words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from newsletter.catalog.values import Newsletter
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import approval, edition_lookup, editions, picks
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import BadInput, Conflict, Refused
from tests.interleaving import just_before

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


def test_words_may_be_as_long_as_their_limits(filled: Edition, now: datetime) -> None:
    limits = {"subject": 300, "second_subject": 300, "preheader": 300, "intro": 20_000, "signed": 120}
    edition = editions.edit_edition(filled.id, now=now, **{name: "x" * most for name, most in limits.items()})
    assert {name: len(getattr(edition, name)) for name in limits} == limits


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
