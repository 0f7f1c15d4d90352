"""What somebody types on the board is saved, or said not to be and kept; and nobody's words overwrite another's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from newsletter.checks import preflight
from newsletter.curator.editions import edition_lookup, editions, picks, unsaved_texts
from newsletter.kernel import clock
from newsletter.scheduling import occurrences, schedules
from newsletter.web.sessions import USED_KEY
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, open_board, wait_until
from tests.conftest import PASSWORD

pytestmark = IN_A_BROWSER

SAVED = "[data-field={}] [data-state=saved]:has-text('Saved')"


def open_story(page: Any, key: str) -> None:
    page.click(f"[id='edit-{key}']")
    page.wait_for_selector(f"[data-editing='{key}'] #p-headline")


def read(edition: Any) -> Any:
    return edition_lookup.get_edition(edition.id)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("mine", "Mine of the railway"), ("theirs", "Theirs of the railway"), ("merge", "Both of the railway")],
)
def test_one_field_changed_by_two_keeps_both_texts_until_somebody_chooses(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any, choice: str, expected: str
) -> None:
    ines, theo = open_page(), open_page()
    open_board(ines, live_server, edition)
    open_board(theo, live_server, edition, "admin")
    ines.context.set_offline(True)  # so that neither sees the other's text while writing
    ines.fill("#w-subject", "Mine of the railway")
    theo.fill("#w-subject", "Theirs of the railway")
    theo.wait_for_selector(SAVED.format("subject"))
    ines.context.set_offline(False)
    ines.wait_for_selector("[data-clash] >> text=Admin both changed it")
    assert ines.locator("[data-clash] mark").all_inner_texts() == ["Mine", "Theirs"]
    assert ines.locator("#unsaved").inner_text() == "Fields not saved: 1"
    assert read(edition).subject == "Theirs of the railway"

    theo.wait_for_selector("#notice:has-text('Editor wrote “Mine of the railway”')")
    theo.goto(f"{live_server.url}/editions/{edition.id}/review/")
    theo.wait_for_selector("aside .finding:has-text('Subject: Editor wrote another text. Choose one on the board.')")
    assert theo.is_disabled("button:has-text('Approve')")
    assert theo.locator("button:has-text('Schedule for'), button:has-text('Send now')").count() == 0
    assert read(edition).snapshot_id is None

    ines.reload()  # both are kept
    ines.wait_for_selector("[data-clash]")
    if choice == "merge":
        ines.fill("[data-merge]", expected)
    ines.click("[data-theirs]" if choice == "theirs" else f"[data-choose={choice}]")
    ines.wait_for_selector("[data-clash]", state="detached")
    wait_until(ines, lambda: unsaved_texts.list_unsaved_texts(read(edition)) == ())
    assert read(edition).subject == expected
    assert ines.input_value("#w-subject") == expected
    theo.goto(f"{live_server.url}/editions/{edition.id}/review/")
    theo.click("button:has-text('Approve')")
    theo.wait_for_selector("text=Approved, frozen as")
    assert list_complaints(ines) == list_complaints(theo) == []


def test_two_fields_and_two_stories_never_conflict(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    ines, theo = open_page(), open_page()
    open_board(ines, live_server, edition)
    open_board(theo, live_server, edition, "admin")
    first, second = edition.picks[0].key, edition.picks[1].key
    open_story(ines, first)
    open_story(theo, first)
    ines.fill("#p-headline", "A headline of Ines")
    theo.fill("#p-blurb", "A blurb of Theo.")
    theo.wait_for_selector(SAVED.format("blurb"))
    ines.wait_for_selector(SAVED.format("headline"))
    open_story(theo, second)
    theo.fill("#p-headline", "Another story of Theo")
    ines.fill("#p-label", "Analysis")
    theo.wait_for_selector(SAVED.format("headline"))
    ines.wait_for_selector(SAVED.format("label"))
    one, two = read(edition).picks[:2]
    assert (one.headline, one.blurb, one.label) == ("A headline of Ines", "A blurb of Theo.", "Analysis")
    assert two.headline == "Another story of Theo"
    wait_until(ines, lambda: ines.input_value("#p-blurb") == "A blurb of Theo.")
    ines.wait_for_selector("h3:has-text('Another story of Theo')")
    assert ines.complaints == theo.complaints == []


def test_what_is_typed_while_the_network_is_gone_is_saved_when_it_is_back(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    page.context.set_offline(True)
    page.fill("#w-subject", "Typed without a network")
    page.wait_for_selector("[data-field=subject] :text('Not saved, retrying')")
    assert page.locator("#unsaved").inner_text() == "Fields not saved: 1"
    page.context.set_offline(False)
    page.wait_for_selector(SAVED.format("subject"))
    assert not page.locator("#unsaved").is_visible()
    assert read(edition).subject == "Typed without a network"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_failing_desk_is_tried_again(page: Any, live_server: Any, people: Any, edition: Any, status: int) -> None:
    open_board(page, live_server, edition)
    page.route("**/words/", lambda route: route.fulfill(status=status, body="<!doctype html>busy"))
    page.fill("#w-subject", "Typed into a busy desk")
    page.wait_for_selector("[data-field=subject] :text('Not saved, retrying')")
    page.unroute("**/words/")
    page.click("text=Retry now")
    page.wait_for_selector(SAVED.format("subject"))
    assert read(edition).subject == "Typed into a busy desk"


def test_a_session_that_ends_in_mid_sentence_loses_nothing(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    (kept,) = Session.objects.all()
    session = SessionStore(kept.session_key)
    session[USED_KEY] -= 121 * 60
    session.save()
    page.fill("#w-preheader", "Typed when nobody was signed in")
    page.wait_for_selector("#sign-in[open] >> text=Not saved yet: 1. It is kept in this browser")
    page.fill("#again-password", PASSWORD)
    page.click("#sign-in button.btn--go")
    page.wait_for_selector(SAVED.format("preheader"))
    assert page.input_value("#w-preheader") == "Typed when nobody was signed in"
    assert read(edition).preheader == "Typed when nobody was signed in"
    assert list_complaints(page) == []


@pytest.mark.parametrize("how", ["another story", "pick", "Escape", "Done", "link", "reload", "close", "move"])
def test_what_is_typed_outlasts_whatever_comes_next(
    page: Any, live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]], how: str
) -> None:
    articles(6, at=clock.now())
    open_board(page, live_server, edition)
    key, other = edition.picks[0].key, edition.picks[1].key
    open_story(page, key)
    page.fill("#p-blurb", "Typed just before.")
    match how:
        case "another story":
            open_story(page, other)
        case "pick":
            page.click(".pool [data-pick-it] >> nth=0")
            page.wait_for_selector(".pick >> nth=3")
        case "Escape":
            page.press("#p-blurb", "Escape")
            page.wait_for_selector("[data-editing]", state="detached")
        case "Done":
            page.click("[data-done]")
            page.wait_for_selector("[data-editing]", state="detached")
        case "link":
            page.click("nav >> text=Editions")
        case "reload":
            page.reload()
        case "close":
            page.close()
        case "move":
            page.click("[data-editing] [data-down]")
    wait_until(page.context.pages[0] if page.context.pages else page.context.new_page(), lambda: is_saved(edition, key))
    if how in ("pick", "move"):
        assert page.input_value("#p-blurb") == "Typed just before."
        assert page.locator("[data-editing]").count() == 1


def is_saved(edition: Any, key: str) -> bool:
    return any(each.key == key and each.blurb == "Typed just before." for each in read(edition).picks)


def test_what_could_not_be_sent_is_sent_by_the_next_page(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    open_story(page, edition.picks[0].key)
    # Not by a route of the browser's: what is sent while the page is left goes past it.
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no network')) }")
    page.fill("#p-headline", "Typed and never sent")
    page.wait_for_selector("[data-field=headline] :text('Not saved, retrying')")
    page.goto(f"{live_server.url}/editions/")
    assert read(edition).picks[0].headline != "Typed and never sent"
    page.goto(f"{live_server.url}/editions/{edition.id}/")
    page.wait_for_selector("h3:has-text('Typed and never sent')")
    assert page.evaluate("Object.keys(localStorage).filter(each => each.startsWith('desk:'))") == []


def test_what_is_refused_stays_in_the_field_with_the_reason(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    open_story(page, edition.picks[0].key)
    page.fill("#p-url", "not an address")
    page.wait_for_selector("[data-field=url] .refusal:has-text('is not a web address')")
    page.wait_for_timeout(2_500)  # a poll comes, and must not take it away
    assert page.input_value("#p-url") == "not an address"
    page.fill("#p-url", "https://example.com/right")
    page.wait_for_selector(SAVED.format("url"))
    assert page.locator("[data-field=url] .refusal").count() == 0
    assert read(edition).picks[0].url == "https://example.com/right"


def test_a_text_typed_while_a_colleague_approved_is_kept_and_saved_once_the_approval_is_withdrawn(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    page.context.set_offline(True)
    page.fill("#w-subject", "Too late for the approval")
    preflight.approve_edition(edition.id, by=SYSTEM, now=clock.now(), content_hash=None)
    page.context.set_offline(False)
    page.wait_for_selector("[data-field=subject] .refusal:has-text('approved this edition')")
    assert read(edition).snapshot_id is not None
    page.click("#withdraw")
    page.wait_for_selector(SAVED.format("subject"))
    assert (read(edition).subject, read(edition).state) == ("Too late for the approval", "open")


def test_an_edit_after_approval_is_asked_for_and_the_board_says_what_follows(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    now = clock.now()
    schedules.create_schedule(edition.newsletter_id, weekdays="daily", time="07:00", zone="UTC", by=SYSTEM, now=now)
    occurrences.materialise(now)
    planned = occurrences.find_next(edition.newsletter_id, now)
    assert planned is not None
    occurrences.record_draft(planned.id, edition.id, now)
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    open_board(page, live_server, edition)
    assert page.locator("#w-subject, [data-edit], [data-up], [data-pick-it]").count() == 0
    assert page.locator("#edition-state").inner_text().startswith("Approved")
    page.click("#withdraw")
    page.wait_for_selector("#edition-state:has-text('07:00 GMT unless approved again')")
    page.fill("#w-subject", "Changed after approval")
    page.wait_for_selector(SAVED.format("subject"))
    page.goto(f"{live_server.url}/editions/{edition.id}/review/")
    page.wait_for_selector("header :text('unless approved again')")
    assert page.complaints == []


def test_one_request_is_in_flight_and_what_is_typed_meanwhile_goes_in_the_next(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    sent: list[str] = []
    waiting: list[Any] = []

    def hold(route: Any) -> None:
        sent.append(re.search(r"subject=([^&]*)", route.request.post_data).group(1))  # type: ignore[union-attr]
        waiting.append(route)

    page.route("**/words/", hold)
    page.fill("#w-subject", "One")
    page.wait_for_timeout(900)
    for text in ("One two", "One two three"):
        page.fill("#w-subject", text)
        page.wait_for_timeout(900)
    assert sent == ["One"]
    waiting.pop().continue_()
    wait_until(page, lambda: len(sent) == 2)
    waiting.pop().continue_()
    page.wait_for_selector(SAVED.format("subject"))
    assert sent == ["One", "One+two+three"]
    assert read(edition).subject == "One two three"


def test_a_word_that_is_being_composed_is_not_saved_in_parts(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/words/") else None)
    page.fill("#w-subject", "")
    page.wait_for_selector(SAVED.format("subject"))
    sent.clear()
    client = page.context.new_cdp_session(page)
    client.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    page.wait_for_timeout(1_500)
    assert sent == []
    client.send("Input.insertText", {"text": "日本"})
    wait_until(page, lambda: read(edition).subject == "日本")


def test_a_form_of_a_colleagues_story_closes_for_nobody_and_moves_keep_the_focus(
    page: Any, live_server: Any, people: Any, edition: Any, now: Any
) -> None:
    open_board(page, live_server, edition)
    open_story(page, edition.picks[2].key)
    page.focus("#p-blurb")
    picks.move_pick(edition.id, edition.picks[2].key, after=None, by=SYSTEM, now=now)
    editions.edit_edition(edition.id, subject="From elsewhere", seen=None, by=SYSTEM, now=now)
    page.wait_for_selector(".inbox:has-text('From elsewhere')")
    assert page.evaluate("document.activeElement.id") == "p-blurb"
    assert page.evaluate("document.querySelector('.pick').hasAttribute('data-editing')")
    assert page.input_value("#w-subject") == "From elsewhere"
    page.click("[data-editing] [data-down]")
    page.wait_for_selector(".pick >> nth=1 >> [data-down]")
    wait_until(page, lambda: page.evaluate("document.querySelectorAll('.pick')[1].hasAttribute('data-editing')"))
    assert page.evaluate("document.activeElement.hasAttribute('data-down')")
    page.wait_for_selector("#toast:has-text('is now 2 of 3 in Top stories')")
    assert page.complaints == []
