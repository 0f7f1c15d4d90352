"""Making an edition, filling it, and writing its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from newsletter.accounts.actors import SystemActor
from newsletter.catalog.values import Newsletter
from newsletter.curator.articles.values import Article
from newsletter.curator.editions import (
    approval,
    boxes,
    edition_history,
    edition_lookup,
    editions,
    models,
    page_checks,
    picks,
    revisions,
    suggestions,
)
from newsletter.curator.editions.content_hash import compute_content_part
from newsletter.curator.editions.editions import EditionTexts
from newsletter.curator.editions.values import Edition
from newsletter.kernel.errors import BadInput, Conflict, Refused
from tests.actors import SYSTEM
from tests.approving import approve
from tests.interleaving import just_before

AddArticle = Callable[..., Article]
PICTURE = "https://pictures.example.org/funicular.png"
ADA, BEN = SystemActor("ada@example.com"), SystemActor("ben@example.com")


def test_today_is_today_where_the_newsletter_is(newsletter: Newsletter) -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # half past midnight in London's summer
    made = editions.create_edition(newsletter.id, None, now=late, by=ADA)
    assert made.date == date(2026, 7, 1)
    assert (made.state, made.version, made.signed, made.picks) == ("open", 1, "The desk", ())


def test_a_day_has_one_edition(newsletter: Newsletter, edition: Edition, now: datetime) -> None:
    with pytest.raises(Refused, match=f"has an edition on 2026-11-24 already: {edition.id}"):
        editions.create_edition(newsletter.id, edition.date, now=now, by=ADA)
    assert [each.id for each in edition_lookup.list_editions(newsletter.id)] == [edition.id]


def test_of_two_who_make_the_edition_of_a_day_at_the_same_moment_one_does(
    newsletter: Newsletter, now: datetime
) -> None:
    def make() -> Edition:
        return editions.create_edition(newsletter.id, None, now=now, by=ADA)

    with just_before('INSERT INTO "curator_edition"', make), pytest.raises(Conflict, match="at the same moment"):
        make()
    assert len(edition_lookup.list_editions(newsletter.id)) == 1


def test_words_of_the_edition_are_edited_one_by_one(edition: Edition, now: datetime) -> None:
    editions.edit_edition(
        edition.id, now=now, subject="  Good\nmorning ", intro="First.\n\nSecond.", seen=None, by=SYSTEM
    )
    edited = editions.edit_edition(edition.id, now=now, preheader="And otters", seen=None, by=SYSTEM)
    assert (edited.subject, edited.preheader) == ("Good morning", "And otters")
    assert edited.intro == "First.\n\nSecond."
    assert editions.edit_edition(edition.id, now=now, subject="", seen=None, by=SYSTEM).subject == ""


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"subject": "s" * 301}, "subject", "300 are the most"),
        ({"intro": "i" * 20_001}, "intro", "20,000 are the most"),
        ({"state": "sent"}, "state", "no field"),
        ({"date": "2026-11-25"}, "date", "no field"),
    ],
)
def test_an_edit_that_cannot_be_is_refused_naming_its_field(
    edition: Edition, now: datetime, fields: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(BadInput, match=message) as refused:
        editions.edit_edition(edition.id, now=now, **fields, seen=None, by=SYSTEM)
    assert refused.value.field == field
    assert edition_lookup.get_edition(edition.id) == edition


def test_two_editors_cannot_overwrite_a_text_unseen(filled: Edition, now: datetime) -> None:
    editions.edit_edition(filled.id, seen={"subject": filled.subject}, by=ADA, now=now, subject="Ada's")
    first = edition_lookup.get_edition(filled.id)
    with pytest.raises(Conflict, match="Subject") as refused:
        editions.edit_edition(filled.id, seen={"subject": filled.subject}, by=BEN, now=now, subject="Ben's")
    (difference,) = refused.value.differences
    assert (difference.name, difference.seen, difference.present) == ("subject", filled.subject, "Ada's")
    assert (difference.yours, difference.by, difference.label) == ("Ben's", ADA.name, "Subject")
    assert edition_lookup.get_edition(filled.id) == first


def test_a_text_that_one_editor_left_alone_keeps_what_another_wrote(filled: Edition, now: datetime) -> None:
    seen: EditionTexts = {"subject": filled.subject, "preheader": filled.preheader}
    editions.edit_edition(filled.id, seen=seen, by=ADA, now=now, subject="Ada's", preheader=filled.preheader)
    saved = editions.edit_edition(filled.id, seen=seen, by=BEN, now=now, subject=filled.subject, preheader="Ben's")
    assert (saved.subject, saved.preheader) == ("Ada's", "Ben's")


def test_what_was_seen_of_a_text_must_be_said(filled: Edition, now: datetime) -> None:
    with pytest.raises(BadInput, match="Load the page again"):
        editions.edit_edition(filled.id, seen={}, by=ADA, now=now, subject="Ada's")


@pytest.mark.parametrize("same", [True, False])
def test_of_edits_at_the_same_moment_those_of_other_parts_go_through(
    filled: Edition, now: datetime, same: bool
) -> None:
    key = filled.picks[0].key

    def act() -> None:
        if same:
            editions.edit_edition(filled.id, seen=None, by=BEN, now=now, subject="Ben's")
        else:
            picks.edit_pick(filled.id, key, seen=None, by=BEN, now=now, headline="Ben's")

    edit = lambda: editions.edit_edition(  # noqa: E731
        filled.id, seen={"subject": filled.subject}, by=ADA, now=now, subject="Ada's"
    )
    with just_before("UPDATE curator_edition", act):
        if same:
            with pytest.raises(Conflict):
                edit()
        else:
            edit()
    present = edition_lookup.get_edition(filled.id)
    assert present.subject == ("Ben's" if same else "Ada's")
    assert present.picks[0].headline == (filled.picks[0].headline if same else "Ben's")


def test_an_edit_that_changes_nothing_leaves_approval_version_and_log_alone(filled: Edition, now: datetime) -> None:
    approve(filled.id, now=now)
    before, entries = edition_lookup.get_edition(filled.id), len(edition_history.list_changes(filled.id))
    editions.edit_edition(filled.id, seen=None, by=ADA, now=now, subject=filled.subject)
    picks.move_pick(filled.id, filled.picks[0].key, after=None, by=ADA, now=now)
    assert edition_lookup.get_edition(filled.id) == before
    assert len(edition_history.list_changes(filled.id)) == entries


def test_an_edit_is_in_the_log_with_who_and_what_changed(filled: Edition, now: datetime) -> None:
    approve(filled.id, now=now)
    editions.edit_edition(filled.id, seen=None, by=ADA, now=now, subject="Ada's", preheader=filled.preheader)
    entry = edition_history.list_changes(filled.id)[0]
    assert (entry.actor, entry.action, entry.newsletter_id) == (ADA.name, "edited", filled.newsletter_id)
    assert entry.before == {"subject": filled.subject, "state": "approved"}
    content = compute_content_part(edition_lookup.get_edition(filled.id))
    (number,) = entry.after.pop("revisions")
    assert models.Revision.objects.get(edition_id=filled.id, sequence=number).after == "Ada's"
    assert entry.after == {"subject": "Ada's", "state": "open", "content": content}


def test_words_may_be_as_long_as_their_limits(filled: Edition, now: datetime) -> None:
    limits = {"subject": 300, "second_subject": 300, "preheader": 300, "intro": 20_000, "signed": 120}
    edition = editions.edit_edition(
        filled.id, now=now, **{name: "x" * most for name, most in limits.items()}, seen=None, by=SYSTEM
    )
    assert {name: len(getattr(edition, name)) for name in limits} == limits


def test_a_picture_that_vanishes_at_its_source_stays_in_the_mail(
    edition: Edition, add_article: AddArticle, web: Any, now: datetime
) -> None:
    from newsletter.catalog import pictures

    article = add_article("Funicular reopens", image=PICTURE, credit="Una Crag")
    picks.add_pick(edition.id, article.id, now=now, fetch=web, by=SYSTEM)
    web.fail(PICTURE)
    shown = re.findall(r'<img[^>]* src="http://testserver/pictures/([^"]+)"', approval.preview(edition.id).html)
    assert len(shown) == 1
    file, content_type = pictures.get_picture_file(shown[0])
    assert file.exists()
    assert content_type == "image/jpeg" or content_type == "image/png"


@pytest.mark.parametrize("what", ["texts", "story", "pick", "move", "drop", "box", "suggest", "undo", "headline"])
def test_an_approval_that_came_before_the_save_is_not_voided_by_whoever_did_not_see_it(
    filled: Edition, add_article: AddArticle, now: datetime, what: str
) -> None:
    edited = editions.edit_edition(filled.id, subject="Before", seen=None, by=ADA, now=now)
    story, spare = edited.picks[0], add_article("A late story")
    row = models.Pick.objects.get(key=story.key)
    models.PageCheck.objects.create(pick=row, state="changed", detail="Its new headline", next_at=now)
    act = models.Revision.objects.get(field="subject", after="Before").act
    saves: dict[str, Callable[..., Edition]] = {
        "texts": lambda **more: editions.edit_edition(filled.id, subject="Late", seen=None, **more),
        "story": lambda **more: picks.edit_pick(filled.id, story.key, headline="Late", seen=None, **more),
        "pick": lambda **more: picks.add_pick(filled.id, spare.id, **more),
        "move": lambda **more: picks.move_pick(filled.id, story.key, after=edited.picks[1].key, **more),
        "drop": lambda **more: picks.drop_pick(filled.id, story.key, content_hash=None, **more),
        "box": lambda **more: boxes.set_box(filled.id, text="Late", seen=None, **more),
        "suggest": lambda **more: suggestions.suggest_picks(filled.id, wanted=9, **more),
        "undo": lambda **more: revisions.undo(filled.id, act, **more),
        "headline": lambda **more: page_checks.adopt_headline(
            filled.id, story.key, content_hash=None, seen=None, **more
        ),
    }

    def approve_now() -> None:
        approve(filled.id, now=now, by=BEN)

    with just_before("UPDATE curator_edition", approve_now), pytest.raises(Conflict, match="ben@example.com approved"):
        saves[what](by=ADA, now=now, keep_approval=True)
    standing = edition_lookup.get_edition(filled.id)
    assert (standing.state, standing.approved_by) == ("approved", BEN.name)
    assert standing.subject == "Before"
    saves[what](by=ADA, now=now)
    assert edition_lookup.get_edition(filled.id).snapshot_id is None
