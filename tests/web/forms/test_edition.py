"""What the forms of an edition read from what a browser sends."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict

from newsletter.kernel.errors import BadInput
from newsletter.web.forms.edition import BoxForm, EditionTextsForm, StoryForm


def test_only_fields_that_were_sent_are_read(db: None) -> None:
    values, seen = StoryForm().read_fields(QueryDict("headline=New&seen_headline=Old&shown_to=&seen_shown_to=members"))
    assert values == {"headline": "New", "visibility": ""}
    assert seen == {"headline": "Old", "visibility": "members"}


def test_a_box_to_tick_counts_where_the_form_showed_it(db: None) -> None:
    form = StoryForm()
    assert form.read_fields(QueryDict("plain_link=&seen_plain_link=1"))[0] == {"plain_link": False}
    assert form.read_fields(QueryDict("seen_no_picture=&no_picture=1"))[0] == {"no_picture": True}
    with pytest.raises(BadInput, match="no field to save"):
        form.read_fields(QueryDict("plain_link=1&unknown=2"))


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
