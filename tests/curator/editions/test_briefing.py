"""From an edition to the briefing the templater gets. Pure: values in, a value out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from newsletter.catalog.states import NewsletterState
from newsletter.catalog.values import Newsletter, Picture, Section
from newsletter.curator.editions import briefing
from newsletter.curator.editions.values import Edition, Pick
from newsletter.templater.briefing import Briefing

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
LOGO = Picture(1, "logo.png", "http://testserver/pictures/logo.png", 640, 104, 900, "image/png")
PHOTO = Picture(2, "photo.jpg", "http://testserver/pictures/photo.jpg", 1280, 800, 90_000, "image/jpeg")


def newsletter(**fields: Any) -> Newsletter:
    made = Newsletter(
        id=1,
        slug="hill-post",
        name="Hill Post",
        strap="News from above",
        description="",
        state=NewsletterState.LIVE,
        publication="Hill Press",
        publication_url="https://press.example.com",
        from_email="news@example.com",
        from_name="Hill Post",
        reply_to="",
        postal_address="4 Tarn Street",
        signed="The desk",
        list_id=1,
        language="en",
        zone="Europe/London",
        template="briefing",
        theme={"light": {"accent": "#0b4f6c"}},
        logo_light=None,
        logo_dark=None,
        stories_wanted=5,
        stories_least=1,
        late_after_minutes=30,
        click_tracking=False,
        open_tracking=False,
        recall_minutes=0,
        per_minute=0,
        repair_after_minutes=0,
        bounce_limit=5,
        warm_up_from=None,
        warm_up_first=0,
        created_at=NOW,
        sections=(Section("top", "Top stories", 0, 2), Section("more", "More news", 1, 2)),
    )
    return replace(made, **fields)


def pick(key: str, **fields: Any) -> Pick:
    made = Pick(
        key=key,
        number=0,
        article_id=1,
        section="top",
        position=1,
        size="m",
        headline=f"Story {key}",
        blurb="",
        label="",
        url=f"https://paper.example.org/{key}",
        publisher="Valley News",
        byline="",
        minutes=3,
        picture_id=None,
        picture_url="",
        image_alt="",
        image_caption="",
        image_credit="",
    )
    return replace(made, **fields)


def edition(*picks: Pick, **fields: Any) -> Edition:
    made = Edition(
        id=7,
        newsletter_id=1,
        date=date(2026, 11, 24),
        state="open",
        reason="",
        subject="Good morning",
        preheader="",
        intro="",
        signed="",
        version=1,
        created_at=NOW,
        changed_at=NOW,
        picks=picks,
        snapshot_id=None,
        approved_by="",
        approved_at=None,
    )
    return replace(made, **fields)


def composed(made: Edition, of: Newsletter | None = None) -> Briefing:
    return briefing.build_briefing(
        made,
        of or newsletter(),
        {PHOTO.id: PHOTO},
        base_url="http://testserver",
        list_slug="hill-readers",
        list_name="Hill readers",
        date_long="Tuesday 24 November 2026",
    )


def test_stories_stand_in_their_sections_in_order() -> None:
    made = composed(edition(pick("a"), pick("b"), pick("c", section="more")))
    assert made.lead is None
    assert [(section.title, [story.key for story in section.stories]) for section in made.sections] == [
        ("Top stories", ["a", "b"]),
        ("More news", ["c"]),
    ]


def test_the_lead_stands_above_the_sections_and_only_there() -> None:
    made = composed(edition(pick("a"), pick("b", section="more", size="l")))
    assert made.lead is not None
    assert made.lead.key == "b"
    assert [story.key for section in made.sections for story in section.stories] == ["a"]


def test_addresses_are_ours_and_named_by_slug_and_date() -> None:
    made = composed(edition())
    assert made.web_url == "http://testserver/archive/hill-post/2026-11-24/"
    assert made.signup_url == "http://testserver/join/hill-readers/"


def test_a_story_brings_its_words_and_its_picture_with_credit() -> None:
    pictured = pick(
        "a", picture_id=PHOTO.id, image_alt="A mast", image_caption="On Monday", image_credit="Una Crag", label="Now"
    )
    (story,) = composed(edition(pictured)).sections[0].stories
    assert (story.headline, story.source, story.label, story.minutes, story.url) == (
        "Story a",
        "Valley News",
        "Now",
        3,
        "https://paper.example.org/a",
    )
    assert story.picture is not None
    assert (story.picture.src, story.picture.width, story.picture.height) == (PHOTO.url, 1280, 800)
    assert (story.picture.alt, story.picture.caption, story.picture.credit) == ("A mast", "On Monday", "Una Crag")


def test_a_picture_that_is_gone_costs_the_picture_only() -> None:
    (story,) = composed(edition(pick("a", picture_id=99))).sections[0].stories
    assert (story.headline, story.picture) == ("Story a", None)


@pytest.mark.parametrize(("own", "expected"), [("", "The desk"), ("Ada", "Ada")])
def test_the_signature_is_the_edition_s_or_else_the_newsletter_s(own: str, expected: str) -> None:
    assert composed(edition(signed=own)).signed == expected


@pytest.mark.parametrize(("reply_to", "expected"), [("", "news@example.com"), ("desk@example.com", "desk@example.com")])
def test_answers_go_where_the_newsletter_wants_them(reply_to: str, expected: str) -> None:
    assert composed(edition(), newsletter(reply_to=reply_to)).publication.email == expected


def test_logos_travel_with_their_size() -> None:
    publication = composed(edition(), newsletter(logo_light=LOGO)).publication
    assert publication.logo_light is not None
    assert (publication.logo_light.src, publication.logo_light.width) == (LOGO.url, 640)
    assert publication.logo_dark is None


@pytest.mark.parametrize(
    ("language", "why"), [("en", "You asked for"), ("de-AT", "Sie haben"), ("fr", "You asked for")]
)
def test_subscribers_are_told_why_in_their_language(language: str, why: str) -> None:
    made = composed(edition(), newsletter(language=language))
    assert made.why.startswith(why)
    assert "Hill Post" in made.why
    assert made.language == language
