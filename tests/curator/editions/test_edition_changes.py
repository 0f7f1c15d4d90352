"""What changed between two readings of an edition, in names and in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from newsletter.curator.editions.content_hash import compute_content_part
from newsletter.curator.editions.edition_changes import (
    build_record,
    describe_changes,
    describe_content,
    label_change,
    merge_differences,
    to_text,
)
from newsletter.curator.editions.states import BoxPlace, EditionState
from newsletter.curator.editions.values import Box, Edition


def test_an_edition_that_did_not_change_has_no_changes(filled: Edition, now: datetime) -> None:
    assert describe_changes(filled, replace(filled, version=9, changed_at=now)) == ({}, {})


def test_texts_fields_of_stories_and_the_state_are_named(filled: Edition) -> None:
    first, *others = filled.picks
    after = replace(
        filled,
        subject="New",
        state=EditionState.LOCKED,
        picks=(replace(first, headline="New headline", picture_id=7), *others),
    )
    assert describe_changes(filled, after) == (
        {
            "subject": filled.subject,
            "state": "open",
            f"story:{first.key} headline": first.headline,
            f"story:{first.key} picture_id": None,
        },
        {
            "subject": "New",
            "state": "locked",
            f"story:{first.key} headline": "New headline",
            f"story:{first.key} picture_id": 7,
        },
    )


def test_stories_and_boxes_that_come_and_go_are_named_by_what_they_are_called(filled: Edition) -> None:
    first, *others = filled.picks
    box = Box(4, "A word", "Of ours", "", BoxPlace.END)
    without = replace(filled, picks=tuple(others))
    assert describe_changes(filled, without) == ({f"story:{first.key}": first.headline}, {f"story:{first.key}": ""})
    assert describe_changes(without, filled) == ({f"story:{first.key}": ""}, {f"story:{first.key}": first.headline})
    assert describe_changes(filled, replace(filled, boxes=(box,))) == ({"box:4": ""}, {"box:4": "A word"})
    before, after = replace(filled, boxes=(box,)), replace(filled, boxes=(replace(box, text="Theirs"),))
    assert describe_changes(before, after) == ({"box:4 text": "Of ours"}, {"box:4 text": "Theirs"})


def test_a_story_that_moved_is_seen_in_the_order_and_in_its_section(filled: Edition) -> None:
    one, two, three = filled.picks
    before, after = describe_changes(filled, replace(filled, picks=(two, one, three)))
    assert before["order"] == f"1 {one.headline} · 2 {two.headline} · 3 {three.headline}"
    assert str(after["order"]).startswith(f"1 {two.headline} · 2 {one.headline}")
    moved = replace(filled, picks=(one, two, replace(three, section="good")))
    assert describe_changes(filled, moved)[1] == {f"story:{three.key} section": "good"}


def test_an_entry_keeps_the_content_as_the_change_left_it(filled: Edition, now: datetime) -> None:
    after = replace(filled, subject="New")
    record = build_record("edited", filled, after, at=now, detail="subject")
    assert (record.action, record.target, record.newsletter_id) == (
        "edited",
        f"edition {filled.id}",
        filled.newsletter_id,
    )
    assert record.before == {"subject": filled.subject}
    assert record.after == {"subject": "New"} | describe_content(after)
    assert describe_content(after) == {"content": compute_content_part(after)}


def test_several_changes_come_to_first_and_last_and_what_was_changed_back_is_none(filled: Edition) -> None:
    changes = [
        ({"subject": "A", "intro": "I"}, {"subject": "B", "intro": "J", "content": "1"}, "ada"),
        ({"subject": "B", "intro": "J"}, {"subject": "C", "intro": "I", "content": "2"}, "ben"),
    ]
    (difference,) = merge_differences(changes, filled)
    assert (difference.name, difference.seen, difference.present) == ("subject", "A", "C")
    assert (difference.label, difference.by) == ("Subject", "ben")


def test_changes_are_labelled_as_people_read_them(filled: Edition) -> None:
    first = filled.picks[0]
    names = [f"story:{first.key} image_credit", "story:gone blurb", f"story:{first.key}", "box:4 text", "correction:1"]
    assert [label_change(name, filled) for name in (*names, "second_subject", "override:placeholder intro")] == [
        f"Picture credit of “{first.headline}”",
        "Blurb of a story",
        "Story",
        "Text of a box",
        "Correction",
        "Second subject",
        "Override",
    ]
    assert [to_text(value) for value in (None, True, False, 7, "x")] == ["", "yes", "no", "7", "x"]
