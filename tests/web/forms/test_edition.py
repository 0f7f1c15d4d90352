"""What the forms of an edition read from what a browser sends."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from newsletter.kernel.errors import BadInput, Conflict, Difference, NewsletterError
from newsletter.web.forms.edition import BoxForm, DropStoryForm, EditionTextsForm, StoryForm


def test_only_fields_that_were_sent_are_read(db: None) -> None:
    sent = "headline=New&seen_headline=Old&shown_to=&seen_shown_to=members"
    values, seen = StoryForm(QueryDict(sent)).read_fields()
    assert values == {"headline": "New", "visibility": ""}
    assert seen == {"headline": "Old", "visibility": "members"}


def test_a_box_to_tick_counts_where_the_form_showed_it(db: None) -> None:
    def read(sent: str) -> dict[str, Any]:
        return StoryForm(QueryDict(sent)).read_fields()[0]

    assert read("plain_link=&seen_plain_link=1") == {"plain_link": False}
    assert read("seen_no_picture=&no_picture=1") == {"no_picture": True}
    with pytest.raises(BadInput, match="no field to save"):
        read("plain_link=1&unknown=2")


@pytest.mark.parametrize(
    ("problem", "errors"),
    [
        (BadInput("This is no address.", "url"), {"url": ["This is no address."]}),
        (Conflict("Somebody else changed this."), {"__all__": ["Somebody else changed this."]}),
    ],
)
def test_a_refused_form_keeps_what_was_typed_and_what_was_seen(
    db: None, problem: NewsletterError, errors: dict[str, list[str]]
) -> None:
    shown = StoryForm(initial={"headline": "Theirs", "url": "https://a.example/"})
    shown.show_refused(StoryForm(QueryDict("headline=Mine&seen_headline=Old&url=nowhere")), problem)
    assert (shown["headline"].value(), shown["url"].value()) == ("Mine", "nowhere")
    assert (shown["headline"].initial, shown.errors) == ("Old", errors)


def test_a_field_that_a_colleague_changed_says_what_would_be_replaced(db: None) -> None:
    shown = StoryForm(initial={"shown_to": "members"})
    theirs = Difference("visibility", "", "members", "free")
    shown.show_refused(StoryForm(QueryDict("shown_to=free&seen_shown_to=")), Conflict("Changed.", [theirs]))
    assert shown["shown_to"].field.replaceable == theirs
    ticked = StoryForm(QueryDict("shown_to=free&seen_shown_to=&seen_shown_to=members"))
    assert ticked.read_fields() == ({"visibility": "free"}, {"visibility": "members"})


def test_a_story_is_removed_by_its_hash_or_by_its_fields_as_they_were_seen(db: None) -> None:
    assert DropStoryForm(QueryDict("content_hash=abc")).read_story_as_seen() == ("abc", {})
    opened = DropStoryForm(QueryDict("content_hash=abc&seen_headline=Old&seen_plain_link=1&seen_picture=p"))
    assert opened.read_story_as_seen()[1] == {"headline": "Old", "plain_link": True, "picture": "p"}
    with pytest.raises(BadInput, match="does not say what you saw"):
        DropStoryForm(QueryDict("")).read_story_as_seen()


def test_a_form_shows_what_the_story_has(edition: Any) -> None:
    story = edition.picks[0]
    plain = StoryForm.of(story.content, link_parameters="", has_picture=False, audiences=())
    full = StoryForm.of(
        story.content,
        link_parameters="utm_source=mail",
        has_picture=True,
        audiences=[("", "everybody"), ("members", "members")],
    )
    assert set(full.fields) - set(plain.fields) == {
        "plain_link",
        "image_credit",
        "image_alt",
        "image_caption",
        "no_picture",
    }
    assert plain["headline"].initial == story.headline
    assert str(plain["headline"]).count('id="p-headline"') == 1


def test_ids_of_boxes_differ(db: None) -> None:
    assert BoxForm(number=3)["text"].id_for_label == "b-text-3"
    assert BoxForm()["text"].id_for_label == "b-text-new"
    assert EditionTextsForm()["subject"].id_for_label == "w-subject"
