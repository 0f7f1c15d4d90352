"""The board: pool, running order, texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from newsletter.accounts.models import AuditEntry
from newsletter.curator.articles import article_lookup, triage
from newsletter.curator.editions import boxes, edition_lookup, editions, picks
from newsletter.curator.editions.picks import add_pick
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.conftest import NOW

HTMX = {"HX-Request": "true"}


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


def test_htmx_gets_the_running_order_and_refreshes_the_preview(editor: Client, edition: Any) -> None:
    story = edition.picks[0]
    answer = editor.post(
        f"/editions/{edition.id}/picks/{story.key}/place/", {"after": edition.picks[1].key}, headers=HTMX
    )
    assert answer.status_code == 200
    assert answer.content.startswith(b'<div id="order" ')
    assert "preview" in answer.headers["HX-Trigger-After-Swap"]


def test_texts_are_saved_and_a_lost_race_keeps_both(editor: Client, edition: Any, now: datetime) -> None:
    url = f"/editions/{edition.id}/words/"
    editor.post(url, {"name": "subject", "was": edition.subject, "value": "A better subject"})
    assert edition_lookup.get_edition(edition.id).subject == "A better subject"
    editions.edit_edition(edition.id, now=now, subject="Their subject", seen=None, by=SYSTEM)
    late = editor.post(
        url, {"name": "subject", "was": "A better subject", "value": "My subject"}, headers={"HX-Request": "true"}
    )
    assert late.status_code == 409
    assert b"Their subject" in late.content
    assert b"My subject" in late.content
    assert edition_lookup.get_edition(edition.id).subject == "Their subject"


def test_an_outdated_form_gives_back_what_was_typed(editor: Client, edition: Any) -> None:
    story = edition.picks[0]
    form = {"headline": "Typed for an hour", "blurb": "", "seen_headline": "Old", "seen_blurb": story.blurb}
    answer = editor.post(f"/editions/{edition.id}/picks/{story.key}/", form)
    assert answer.status_code == 409
    assert b"Typed for an hour" in answer.content
    assert b'rows="3"></textarea>' in answer.content, "a field that was emptied stays empty"
    assert b'name="seen_headline" value="Typed' not in answer.content


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("words/", {"name": "subject", "value": "Mine"}),
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
    assert b"It ran" in editor.get(f"/editions/{later.id}/pool/").content
    taken = editor.post(picks, {"article": article_id, "reason": "New figures."}, headers=HTMX)
    assert b"New figures. (editor@example.com)" in taken.content


def test_changes_of_others_appear(editor: Client, edition: Any, articles: Any) -> None:
    address = f"/editions/{edition.id}/changes/"
    seen = edition_lookup.get_edition(edition.id).version
    assert editor.get(f"{address}?version={seen}").status_code == 204
    editor.post(f"/editions/{edition.id}/words/", {"name": "subject", "was": edition.subject, "value": "Theirs"})
    changed = editor.get(f"{address}?version={seen}").content.decode()
    assert 'id="f-subject"' in changed
    assert "Theirs" in changed
    assert "editor@example.com edited at" in changed
    while_writing = editor.get(f"{address}?version={seen}&editing=1")
    assert while_writing.headers["HX-Retarget"] == "#others"
    assert b"editor@example.com edited at" in while_writing.content
    assert b"f-subject" not in while_writing.content


def test_what_a_page_check_found_is_resolved(editor: Client, edition: Any) -> None:
    from newsletter.curator.editions import models, page_checks

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
