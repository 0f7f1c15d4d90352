"""Editions on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from newsletter.curator.editions import edition_lookup
from tests.cli.conftest import REFUSED, SURROUNDINGS, USAGE, Newsletter


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("edit 1 KEY --visibility nobody", "members, free"),
        ("edit 1 KEY --size x", "l, m, s or a"),
        ("box 1 Words --place middle", "top or end"),
        ("edit 1 KEY --picture lost.jpg", "no file lost.jpg, and no picture of that name"),
        ("edit 1 KEY --picture OUT/a.jpg --no-picture", "without --picture and --focal"),
        ("edit 1 KEY --focal 60x44", "two numbers from 0 to 100"),
        ("edit 1 KEY --focal 60,44 --no-picture", "without --picture and --focal"),
        ("edit 1 --picture OUT/a.jpg", "Name the story"),
        ("preview 1 --out OUT --for members", "nobody in particular"),
        ("send 1 --test-to a@example.com --second-subject", "no second subject"),
        ("send 1 --for members", "--test-to"),
    ],
)
def test_an_unknown_group_is_named(
    newsletter: Newsletter, edition: Any, tmp_path: Path, words: str, message: str
) -> None:
    given = words.replace(" 1", f" {edition.id}", 1).replace("KEY", edition.picks[0].key).replace("OUT", str(tmp_path))
    status, _, err = newsletter("editions", *given.split())
    assert status == USAGE, err
    assert message in err


def test_parts_for_some_are_set_shown_written_and_tested(
    newsletter: Newsletter, edition: Any, tmp_path: Path, settings: Any
) -> None:
    number, key = str(edition.id), edition.picks[1].key
    assert newsletter("editions", "edit", number, key, "--visibility", "members")[0] == 0
    assert newsletter("editions", "edit", number, "--second-subject", "Trains come back")[0] == 0
    assert newsletter("editions", "box", number, "Of *ours*", "--title", "A word", "--visibility", "free")[0] == 0
    shown = json.loads(newsletter("editions", "show", number, "--json")[1])
    assert [pick["shown_to"] for pick in shown["picks"]] == ["", "members", ""]
    (box,) = shown["boxes"]
    assert "members" in newsletter("editions", "show", number)[1]
    for options, inside in (([], False), (["--for", "members"], True), (["--web"], False)):
        assert newsletter("editions", "preview", number, "--out", str(tmp_path), *options)[0] == 0
        assert (f"nl={key}" in next(tmp_path.glob("*.html")).read_text()) == inside, options
    sent = ("send", number, "--test-to", "desk@example.com", "--for", "members", "--second-subject")
    assert newsletter("editions", *sent)[0] == 0
    (letter,) = settings.CONFIG.outbox_dir.rglob("*.eml")
    assert "Subject: [TEST] Trains come back" in letter.read_text()
    assert newsletter("editions", "drop-box", number, str(box["id"]))[0] == 0
    assert json.loads(newsletter("editions", "show", number, "--json")[1])["boxes"] == []


def test_a_picture_of_a_story_is_stored_from_a_file_then_named(
    newsletter: Newsletter, edition: Any, tmp_path: Path
) -> None:
    file = tmp_path / "ferry.png"
    Image.new("RGB", (1280, 720), "teal").save(file)
    number, (first, second, _third) = str(edition.id), edition.picks
    words = ("--focal", "60 44", "--alt", "Two boats", "--caption", "In May", "--credit", "Ann Example")
    assert newsletter("editions", "edit", number, first.key, "--picture", str(file), *words)[0] == 0
    story = edition_lookup.get_edition(edition.id).picks[0]
    assert (story.focus, story.image_alt, story.image_caption) == ("60 44", "Two boats", "In May")
    assert (story.image_credit, story.picture_name[-4:]) == ("Ann Example", ".jpg")
    assert newsletter("editions", "edit", number, second.key, "--picture", story.picture_name)[0] == 0
    assert newsletter("editions", "edit", number, first.key, "--no-picture")[0] == 0
    changed = edition_lookup.get_edition(edition.id).picks
    assert [each.picture_name for each in changed[:2]] == ["", story.picture_name]


def test_what_is_no_picture_or_cannot_be_read_changes_nothing(
    newsletter: Newsletter, edition: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = ("editions", "edit", str(edition.id), edition.picks[0].key, "--picture")
    text = tmp_path / "text.jpg"
    text.write_text("text")
    status, _, err = newsletter(*edit, str(text))
    assert (status, "is not a picture" in err) == (REFUSED, True)
    status, _, err = newsletter(*edit, str(tmp_path))
    assert (status, "cannot be read" in err) == (SURROUNDINGS, True)
    monkeypatch.setattr("newsletter.cli.editions.MOST_BYTES", 3)
    status, _, err = newsletter(*edit, str(text))
    assert (status, "larger than" in err) == (USAGE, True)
    assert edition_lookup.get_edition(edition.id) == edition


def test_a_story_and_a_box_are_dropped_only_as_they_were_seen(newsletter: Newsletter, edition: Any) -> None:
    number = str(edition.id)
    assert newsletter("editions", "box", number, "Of ours")[0] == 0
    seen = json.loads(newsletter("editions", "show", number, "--json")[1])
    (box, story) = seen["boxes"][0], seen["picks"][0]
    assert newsletter("editions", "edit", number, story["key"], "--headline", "Another")[0] == 0
    assert newsletter("editions", "box", number, "Of theirs", "--box", str(box["id"]))[0] == 0
    for verb, part in (("drop", story["key"]), ("drop-box", str(box["id"]))):
        stale = (story if verb == "drop" else box)["content_hash"]
        status, _, err = newsletter("editions", verb, number, part, "--hash", stale)
        assert (status, "Somebody else changed" in err) == (REFUSED, True), err
    now = json.loads(newsletter("editions", "show", number, "--json")[1])
    assert newsletter("editions", "drop", number, story["key"], "--hash", now["picks"][0]["content_hash"])[0] == 0
    assert newsletter("editions", "drop-box", number, str(box["id"]), "--hash", now["boxes"][0]["content_hash"])[0] == 0


def test_a_time_that_is_past_sends_nothing(newsletter: Newsletter, edition: Any) -> None:
    assert newsletter("editions", "approve", str(edition.id))[0] == 0
    status, _, err = newsletter("editions", "send", str(edition.id), "--at", "2020-01-01T07:00")
    assert status == USAGE
    assert "is past" in err
    assert json.loads(newsletter("mailings", "list", "--json")[1]) == []


def test_sending_on_a_day_other_than_the_editions_is_asked_about(newsletter: Newsletter, edition: Any) -> None:
    words = ("editions", "send", str(edition.id), "--at", "2040-01-31T07:00", "--json")
    assert newsletter("editions", "approve", str(edition.id))[0] == 0
    status, out, err = newsletter(*words)
    assert (status, out) == (REFUSED, "")
    assert "it would go out on Tue 31 Jan 2040" in err
    assert "give --other-day to do it" in err
    status, out, _ = newsletter(*words, "--other-day")
    assert (status, json.loads(out)["due_at"]) == (0, "2040-01-31T07:00:00+00:00")


@pytest.mark.parametrize("words", ["editions list", "editions show 1", "editions check 1"])
def test_what_is_read_is_json_and_nothing_else(newsletter: Newsletter, edition: Any, words: str) -> None:
    json.loads(newsletter(*words.replace(" 1", f" {edition.id}").split(), "--json")[1])


def test_a_decision_with_a_hash_is_refused_when_the_edition_changed_since(
    newsletter: Newsletter, edition: Any, tmp_path: Path
) -> None:
    number = str(edition.id)
    seen = json.loads(newsletter("editions", "check", number, "--json")[1])["content_hash"]
    assert f"Hash: {seen}" in newsletter("editions", "check", number)[1]
    preview = ("editions", "preview", number, "--out", str(tmp_path))
    assert f"Hash: {seen}" in newsletter(*preview)[1]
    assert json.loads(newsletter(*preview, "--json")[1])["content_hash"] == seen
    assert newsletter("editions", "edit", number, "--subject", "Other words")[0] == 0
    for words in (
        ("approve", number),
        ("skip", number, "--reason", "A holiday", "--yes"),
        ("override", number, "placeholder", "intro", "--reason", "TK is a poet."),
        ("send", number, "--test-to", "desk@example.com"),
    ):
        status, _, err = newsletter("editions", *words, "--hash", seen)
        assert status == REFUSED, words
        assert f"Subject: “{edition.subject}” is now “Other words” (command line" in err
    present = json.loads(newsletter("editions", "check", number, "--json")[1])["content_hash"]
    assert newsletter("editions", "approve", number, "--hash", present)[0] == 0
    for words in (("withdraw", number), ("send", number)):
        status, _, err = newsletter("editions", *words, "--hash", seen)
        assert status == REFUSED, words
        assert "changed since you looked" in err
    assert newsletter("editions", "withdraw", number, "--hash", present)[0] == 0


def test_a_story_is_moved_to_a_place_counted_from_one(newsletter: Newsletter, edition: Any) -> None:
    first, second, third = (pick.key for pick in edition.picks)
    for key, position, expected in ((third, 1, [third, first, second]), (third, 2, [first, third, second])):
        words = ("move", str(edition.id), key, "--position", str(position), "--json")
        shown = json.loads(newsletter("editions", *words)[1])
        assert [pick["key"] for pick in shown["picks"]] == expected
