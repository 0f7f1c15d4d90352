"""The board: pool, running order, texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from newsletter.accounts.models import AuditEntry
from newsletter.checks import preflight
from newsletter.curator.articles import article_lookup, triage
from newsletter.curator.editions import (
    boxes,
    edition_lookup,
    editions,
    models,
    page_checks,
    picks,
    presence,
    unsaved_texts,
)
from newsletter.curator.editions.picks import add_pick
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.conftest import NOW
from tests.web.seen import flatten

HTMX = {"HX-Request": "true"}
VALUE = {"Accept": "application/json"}
PARTS = ("mark", "edition-state", "notice", "words", "found-subject", "order", "order-head", "boxes", "inbox")


def test_the_page_with_the_pool_asks_no_more_often_for_more_articles_tags_and_notes(
    editor: Client, edition: Any, articles: Any, now: datetime
) -> None:
    address = f"/editions/{edition.id}/pool/"
    editor.get(address)  # what is looked up once in a process
    queries = []
    for count in (8, 14):
        for article_id in articles(count, clock.now()):
            triage.set_tags(article_id, ["mills"], seen=None, by=SYSTEM, now=now)
            triage.add_note(article_id, "Seen.", by=SYSTEM, now=now)
        with CaptureQueriesContext(connection) as asked:
            page = editor.get(address).content.decode()
        queries.append((page.count('class="note"'), len(asked)))
    assert 0 < queries[0][0] < queries[1][0]
    assert queries[0][1] == queries[1][1] <= 30


def test_the_board_picks_edits_moves_and_drops(
    editor: Client, edition: Any, articles: Callable[..., list[int]]
) -> None:
    base = f"/editions/{edition.id}"
    article = articles(4)[3]
    editor.post(f"{base}/picks/", {"article": article})
    story = edition_lookup.get_edition(edition.id).picks[-1]
    editor.post(
        f"{base}/picks/{story.key}/",
        {"headline": "A new headline", "size": "s", "seen_headline": story.headline, "seen_size": story.size},
    )
    editor.post(f"{base}/picks/{story.key}/place/", {"after": ""})
    first = edition_lookup.get_edition(edition.id).picks[0]
    assert (first.key, first.headline) == (story.key, "A new headline")
    editor.post(f"{base}/picks/{story.key}/removal/", {"content_hash": first.content_hash})
    assert story.key not in {each.key for each in edition_lookup.get_edition(edition.id).picks}
    assert {"picked", "edited", "moved", "dropped"} <= set(AuditEntry.objects.values_list("verb", flat=True))


def test_an_open_page_gets_the_parts_of_the_board(editor: Client, edition: Any) -> None:
    story = edition.picks[0]
    answer = editor.post(
        f"/editions/{edition.id}/picks/{story.key}/place/", {"after": edition.picks[1].key}, headers=HTMX
    )
    assert (answer.status_code, answer.headers["X-Parts"]) == (200, "1")
    text = answer.content.decode()
    assert [part for part in PARTS if f'id="{part}"' not in text] == []
    assert "Story 1 is now 2 of 3 in Top stories." in text


def test_a_move_to_where_a_story_is_already_offers_no_undo(editor: Client, edition: Any) -> None:
    first, second = edition.picks[:2]
    place = f"/editions/{edition.id}/picks/{second.key}/place/"
    assert "Undo" not in editor.post(place, {"after": first.key}, headers=HTMX).content.decode()
    assert "Undo" in editor.post(place, {"after": ""}, headers=HTMX).content.decode()


def test_a_text_is_saved_and_a_lost_race_keeps_both(editor: Client, edition: Any, now: datetime) -> None:
    url = f"/editions/{edition.id}/words/"
    saved = editor.post(url, {"subject": " A better subject ", "seen_subject": edition.subject}, headers=VALUE)
    assert saved.json()["value"] == "A better subject"
    assert edition_lookup.get_edition(edition.id).subject == "A better subject"
    editions.edit_edition(edition.id, now=now, subject="Their subject", seen=None, by=SYSTEM)
    late = editor.post(url, {"subject": "My subject", "seen_subject": "A better subject"}, headers=VALUE)
    assert late.status_code == 409
    assert late.json()["present"] == "Their subject"
    assert "<mark>Their</mark> subject" in late.json()["html"]
    assert "<mark>My</mark> subject" in late.json()["html"]
    assert edition_lookup.get_edition(edition.id).subject == "Their subject"
    (kept,) = unsaved_texts.list_unsaved_texts(edition_lookup.get_edition(edition.id))
    assert (kept.by, kept.yours) == ("editor@example.com", "My subject")
    editor.post(url, {"subject": "Both subjects", "seen_subject": "Their subject"}, headers=VALUE)
    assert unsaved_texts.list_unsaved_texts(edition_lookup.get_edition(edition.id)) == ()


def test_an_undecided_text_is_given_up_or_discarded_by_a_colleague(
    editor: Client, admin: Client, edition: Any, now: datetime
) -> None:
    url, decide = f"/editions/{edition.id}/words/", f"/editions/{edition.id}/unsaved-texts/"

    def find_unsaved() -> tuple[Any, ...]:
        return unsaved_texts.list_unsaved_texts(edition_lookup.get_edition(edition.id))

    editions.edit_edition(edition.id, now=now, subject="Their subject", seen=None, by=SYSTEM)
    mine = {"subject": "My subject", "seen_subject": edition.subject}
    editor.post(url, mine, headers=VALUE)
    assert editor.post(decide, {"part": "", "field": "subject"}, headers=HTMX).status_code == 200
    assert find_unsaved() == ()
    editor.post(url, mine, headers=VALUE)
    (kept,) = find_unsaved()
    assert "Editor wrote “My subject”" in admin.get(f"/editions/{edition.id}/").content.decode()
    assert b"My subject" not in admin.post(decide, {"text": kept.id}, headers=HTMX).content
    assert find_unsaved() == ()
    assert admin.post(decide, {"text": kept.id}, headers=HTMX).status_code == 404


def test_a_text_whose_answer_was_lost_is_no_conflict_when_it_is_sent_again(
    editor: Client, edition: Any, now: datetime
) -> None:
    url, mine = f"/editions/{edition.id}/words/", {"subject": "Mine ", "seen_subject": edition.subject}
    editor.post(url, mine, headers=VALUE)
    editions.edit_edition(edition.id, now=now, subject="Theirs, after mine", seen=None, by=SYSTEM)
    again = editor.post(url, mine, headers=VALUE)
    assert (again.status_code, again.json()["value"]) == (200, "Theirs, after mine")
    assert unsaved_texts.list_unsaved_texts(edition_lookup.get_edition(edition.id)) == ()
    assert edition_lookup.get_edition(edition.id).subject == "Theirs, after mine"


def test_colleagues_see_who_edits_which_story(editor: Client, admin: Client, edition: Any) -> None:
    base, key = f"/editions/{edition.id}/", edition.picks[1].key
    assert admin.post(f"{base}presence/", {"part": f"story:{key}"}).status_code == 204
    page = " ".join(editor.get(base).content.decode().split())
    assert f"Admin is editing story {edition.picks[1].number}" in page
    assert "is editing" not in admin.get(base).content.decode()
    admin.post(f"{base}presence/", {"gone": "1"})
    assert "is editing" not in editor.get(base).content.decode()


def test_an_approved_edition_is_changed_only_after_its_approval_was_withdrawn_on_purpose(
    editor: Client, edition: Any, now: datetime
) -> None:
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    base, key = f"/editions/{edition.id}/", edition.picks[0].key
    board = editor.get(base)
    assert b"Edit (withdraws approval)" in board.content
    assert b"data-fields" not in board.content
    for address, form in (
        ("words/", {"subject": "Mine", "seen_subject": edition.subject}),
        (f"picks/{key}/", {"headline": "Mine", "seen_headline": edition.picks[0].headline}),
        (f"picks/{key}/place/", {"after": edition.picks[1].key}),
        (f"picks/{key}/removal/", {"content_hash": edition.picks[0].content_hash}),
        ("picks/", {"article": "1"}),
        ("suggestions/", {}),
        ("boxes/", {"text": "Mine"}),
    ):
        answer = editor.post(base + address, form, headers=VALUE)
        assert answer.status_code == 409, address
        assert "approved this edition" in answer.json()["error"]
    models.PageCheck.objects.create(
        pick=models.Pick.objects.get(key=key), state="changed", detail="Its new headline", next_at=now
    )
    content_hash = page_checks.list_page_checks(edition.id)[key].content_hash
    form = {"do": "headline", "content_hash": content_hash, "seen_headline": edition.picks[0].headline}
    assert editor.post(f"{base}picks/{key}/look/", form, headers=VALUE).status_code == 409
    assert edition_lookup.get_edition(edition.id).snapshot_id is not None
    stale = editor.post(f"{base}editing/", {"content_hash": "0-0"}, headers=HTMX)
    assert stale.status_code == 409
    found = editor.post(f"{base}editing/", {"content_hash": board.context["content_hash"]}, headers=HTMX)
    assert b"data-fields" in found.content
    assert edition_lookup.get_edition(edition.id).state == "open"


def test_who_may_only_look_gets_no_fields(signed_in: Callable[[str], Client], edition: Any) -> None:
    board = signed_in("viewer").get(f"/editions/{edition.id}/").content.decode()
    assert "You can read this edition." in board
    assert edition.subject in board
    for gone in ("data-fields", "data-edit=", "data-up", "Suggest stories", "Add a box"):
        assert gone not in board, gone


def test_an_outdated_form_gives_back_what_was_typed(editor: Client, edition: Any) -> None:
    story = edition.picks[0]
    form = {"headline": "Typed for an hour", "blurb": "", "seen_headline": "Old", "seen_blurb": story.blurb}
    answer = editor.post(f"/editions/{edition.id}/picks/{story.key}/", form)
    text = " ".join(answer.content.decode().split())
    assert answer.status_code == 409
    assert "Typed for an hour" in text
    assert f'name="seen_headline" value="{story.headline}"' in text
    assert re.search(
        r'<textarea[^>]* name="blurb"[^>]*> ?</textarea>|<textarea name="blurb"[^>]*> ?</textarea>', text
    ), "a field that was emptied stays empty"


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("words/", {"subject": "Mine"}),
        ("picks/{key}/", {"headline": "Mine"}),
        ("picks/{key}/place/", {}),
        ("picks/{key}/removal/", {}),
        ("picks/{key}/look/", {"do": "stand"}),
        ("picks/{key}/look/", {"do": "headline"}),
        ("boxes/", {"box": "1", "text": "Mine"}),
        ("boxes/", {"box": "1", "do": "drop"}),
    ],
)
def test_a_form_that_does_not_say_what_was_seen_changes_nothing(
    editor: Client, edition: Any, now: datetime, address: str, form: dict[str, str]
) -> None:
    boxes.set_box(edition.id, title="", text="Of ours", seen=None, by=SYSTEM, now=now)
    before = edition_lookup.get_edition(edition.id)
    answer = editor.post(f"/editions/{edition.id}/{address.format(key=edition.picks[0].key)}", form)
    assert answer.status_code == 422
    assert edition_lookup.get_edition(edition.id) == before


def test_without_scripts_a_refusal_stands_at_its_field_and_every_text_is_kept(editor: Client, edition: Any) -> None:
    story = edition.picks[0]
    form = {"headline": "Typed for an hour", "url": "nowhere"}
    form |= {"seen_headline": "As it was then", "seen_url": story.url}
    answer = editor.post(f"/editions/{edition.id}/picks/{story.key}/", form)
    page = flatten(answer.content.decode())
    assert answer.status_code == 422
    assert 'id="p-url_error"' in page
    assert "Typed for an hour" in page
    assert 'name="seen_headline" value="As it was then"' in page


@pytest.mark.parametrize("number", ["new", "1"])
def test_without_scripts_a_refused_box_keeps_its_text_and_the_words_of_the_edition_stay(
    editor: Client, edition: Any, now: datetime, number: str
) -> None:
    (box,) = boxes.set_box(edition.id, title="", text="Of ours", seen=None, by=SYSTEM, now=now).boxes
    form = {"title": "Typed for an hour", "text": "", "seen_text": "Of ours"}
    address = f"/editions/{edition.id}/boxes/" + ("" if number == "new" else f"?box={box.id}")
    answer = editor.post(address, form)
    page = flatten(answer.content.decode())
    assert answer.status_code == 422
    assert f'id="b-text-{box.id if number == "1" else number}_error"' in page
    assert 'value="Typed for an hour"' in page
    assert f'value="{edition.subject}"' in page
    assert edition_lookup.get_edition(edition.id).boxes == (box,)


def test_a_story_whose_form_shows_no_plain_link_keeps_its_own(editor: Client, edition: Any, now: datetime) -> None:
    story = edition.picks[0]
    picks.edit_pick(edition.id, story.key, seen=None, by=SYSTEM, now=now, plain_link=True)
    form = {"headline": "New", "seen_headline": story.headline}
    editor.post(f"/editions/{edition.id}/picks/{story.key}/", form)
    saved = edition_lookup.get_edition(edition.id).picks[0]
    assert (saved.headline, saved.plain_link) == ("New", True)


def test_the_pool_is_filtered(editor: Client, edition: Any, articles: Any) -> None:
    first, second = articles(5, at=clock.now())[3:]  # the pool offers what is new by the clock
    triage.set_standing(first, "ignored", by=SYSTEM, seen=None, now=NOW)
    titles = {each: article_lookup.get_article(each).title for each in (first, second)}
    offered = editor.get(f"/editions/{edition.id}/pool/").content.decode()
    assert titles[first] not in offered
    assert titles[second] in offered
    assert titles[first] in editor.get(f"/editions/{edition.id}/pool/?state=ignored").content.decode()
    assert editor.get(f"/editions/{edition.id}/pool/?state=lost", headers=HTMX).status_code == 422
    assert "Nothing matches these filters" in editor.get(f"/editions/{edition.id}/pool/?tag=none").content.decode()


def test_a_story_that_ran_needs_a_reason(editor: Client, edition: Any, articles: Any, now: Any) -> None:

    article_id = articles(6, at=clock.now())[5]
    add_pick(edition.id, article_id, now=now, by=SYSTEM)
    later = editions.create_edition(edition.newsletter_id, edition.date + timedelta(days=1), now=now, by=SYSTEM)
    picks = f"/editions/{later.id}/picks/"
    refused = editor.post(picks, {"article": article_id}, headers=HTMX)
    assert refused.status_code == 409
    assert b"give a reason" in refused.content
    assert b"Ran" in editor.get(f"/editions/{later.id}/pool/").content
    taken = editor.post(picks, {"article": article_id, "reason": "New figures."}, headers=HTMX)
    assert b"New figures. (editor@example.com)" in taken.content


def test_changes_of_others_appear(editor: Client, edition: Any, articles: Any) -> None:
    address = f"/editions/{edition.id}/changes/"
    mark = editor.get(f"/editions/{edition.id}/").context["mark"]
    assert editor.get(f"{address}?mark={mark}", headers=HTMX).status_code == 204
    editor.post(f"/editions/{edition.id}/words/", {"subject": "Theirs", "seen_subject": edition.subject})
    changed = editor.get(f"{address}?mark={mark}", headers=HTMX).content.decode()
    assert 'id="found-subject"' in changed
    assert "Theirs" in changed
    key = edition.picks[0].key
    while_writing = editor.get(f"{address}?mark={mark}", headers=HTMX | {"X-Editing": key}).content.decode()
    assert f'data-editing="{key}"' in while_writing


def test_what_a_page_check_found_is_resolved(editor: Client, edition: Any) -> None:
    key = edition.picks[0].key
    pick = models.Pick.objects.get(key=key)
    now = edition.created_at
    models.PageCheck.objects.create(
        pick=pick, state="changed", detail="What it is called now", looked_at=now, next_at=now
    )
    board = f"/editions/{edition.id}/"
    shown = editor.get(board).content.decode()
    assert "“What it is called now”" in shown
    assert "Use that headline" in shown
    address = f"{board}picks/{key}/look/"

    def seen() -> dict[str, str]:
        found = page_checks.list_page_checks(edition.id)[key].content_hash
        return {"content_hash": found, "seen_headline": edition.picks[0].headline}

    assert b"Use that headline" not in editor.post(address, {"do": "stand"} | seen(), headers=HTMX).content
    assert page_checks.list_page_checks(edition.id)[key].overridden_by == "editor@example.com"
    outdated = {"do": "headline", "content_hash": "0" * 16, "seen_headline": edition.picks[0].headline}
    assert "checked again since you looked" in editor.post(address, outdated, headers=HTMX).content.decode()
    edited = {"do": "headline"} | seen() | {"seen_headline": "Other words"}
    assert "Somebody else changed this" in editor.post(address, edited, headers=HTMX).content.decode()
    assert edition_lookup.get_edition(edition.id).picks[0].headline == edition.picks[0].headline
    taken = editor.post(address, {"do": "headline"} | seen(), headers=HTMX)
    assert "What it is called now" in taken.content.decode()
    assert edition_lookup.get_edition(edition.id).picks[0].headline == "What it is called now"
    assert editor.post(address, {"do": "shout"}, headers=HTMX).status_code == 422


def test_an_open_review_is_told_that_the_edition_changed_and_of_nobody_who_comes(
    editor: Client, edition: Any, now: datetime
) -> None:
    def ask() -> Any:
        return editor.get(asked.replace("&amp;", "&"), headers={"HX-Request": "true"})

    page = editor.get(f"/editions/{edition.id}/review/").content.decode()
    (asked,) = re.findall(r'hx-get="([^"]*/changes/[^"]*)"', page)
    presence.note_presence(edition.id, "", who="admin@example.com", name="Admin", now=clock.now())
    assert ask().status_code == 204
    editions.edit_edition(edition.id, now=now, subject="Another subject", seen=None, by=SYSTEM)
    told = ask()
    assert told.status_code == 200
    assert "This edition has changed" in told.content.decode()
