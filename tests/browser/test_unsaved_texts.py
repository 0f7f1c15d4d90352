"""What a field did not take is never lost, whoever does what next; and what somebody decides is what they saw."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from newsletter.checks import preflight
from newsletter.curator.editions import edition_lookup, picks, presence, unsaved_texts
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, open_board, sign_in, wait_until
from tests.browser.test_fields import SAVED, open_story
from tests.browser.test_refusals import end_session
from tests.conftest import PASSWORD

pytestmark = IN_A_BROWSER

TOO_LONG = "A" * 501


def read(edition: Any) -> Any:
    return edition_lookup.get_edition(edition.id)


def open_two_boards(open_page: Callable[..., Any], live_server: Any, edition: Any, key: str = "") -> tuple[Any, Any]:
    """The boards of Ines and Theo, perhaps with the form of one story open on both."""
    ines, theo = open_page(), open_page()
    for each, who in ((ines, "editor"), (theo, "admin")):
        open_board(each, live_server, edition, who)
        if key:
            open_story(each, key)
    return ines, theo


def make_conflict(
    ines: Any,
    theo: Any,
    name: str = "subject",
    control: str = "#w-subject",
    mine: str = "Mine of the railway",
    theirs: str = "Theirs of the railway",
) -> None:
    """Both change a field at once; Theo's is saved."""
    ines.context.set_offline(True)
    ines.fill(control, mine)
    theo.fill(control, theirs)
    theo.wait_for_selector(SAVED.format(name))
    ines.context.set_offline(False)
    ines.wait_for_selector("[data-clash]")


def test_a_text_that_is_refused_stops_the_approval_and_is_seen_by_all_until_it_is_decided(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    ines, theo = open_two_boards(open_page, live_server, edition)
    key, stored = edition.picks[0].key, edition.picks[0].headline
    open_story(ines, key)
    ines.fill("#p-headline", TOO_LONG)
    ines.wait_for_selector("[data-field=headline] .refusal")
    assert unsaved_texts.list_unsaved_texts(read(edition)) == ()  # somebody is still writing
    ines.click("[data-done]")
    theo.wait_for_selector("#notice:has-text('not saved') >> text=Editor wrote “AAAA")
    ines.goto(f"{live_server.url}/editions/{edition.id}/review/")
    ines.wait_for_selector("aside .finding:has-text('a text of Editor was not saved')")
    assert ines.is_disabled("button:has-text('Approve')")
    ines.click("text=Back to the board")
    open_story(ines, key)
    ines.wait_for_selector("[data-field=headline] .refusal")
    assert ines.input_value("#p-headline") == TOO_LONG

    theo.click("text=Discard text")
    ines.wait_for_selector("[data-field=headline] .refusal:has-text('This text was discarded: “AAAA')")
    assert ines.input_value("#p-headline") == stored
    ines.reload()
    ines.wait_for_selector("#unsaved", state="hidden")
    assert unsaved_texts.list_unsaved_texts(read(edition)) == ()
    ines.goto(f"{live_server.url}/editions/{edition.id}/review/")
    ines.click("button:has-text('Approve')")
    ines.wait_for_selector("text=Approved, frozen as")
    assert list_complaints(ines) == list_complaints(theo) == []


def test_a_text_that_is_corrected_is_kept_no_longer(page: Any, live_server: Any, people: Any, edition: Any) -> None:
    open_board(page, live_server, edition)
    open_story(page, edition.picks[0].key)
    page.fill("#p-headline", TOO_LONG)
    page.press("#p-headline", "Tab")
    wait_until(page, lambda: len(unsaved_texts.list_unsaved_texts(read(edition))) == 1)
    page.fill("#p-headline", "Short enough")
    page.wait_for_selector(SAVED.format("headline"))
    assert unsaved_texts.list_unsaved_texts(read(edition)) == ()
    page.wait_for_selector("#notice:has-text('not saved')", state="detached")


def test_what_is_typed_for_a_story_that_a_colleague_removes_is_shown_on_the_board(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    open_story(page, edition.picks[0].key)
    page.context.set_offline(True)
    page.fill("#p-blurb", "Words for a story that is gone.")
    picks.drop_pick(edition.id, edition.picks[0].key, content_hash=None, by=SYSTEM, now=clock.now())
    page.context.set_offline(False)
    notice = "#notice:has-text('no longer in the edition') >> text=Words for a story that is gone."
    page.wait_for_selector(notice)
    page.wait_for_selector("#unsaved", state="hidden")
    page.reload()
    page.wait_for_selector(notice)
    page.click("text=Discard text")
    page.wait_for_selector(notice, state="detached")


def test_what_is_made_of_two_texts_outlasts_escape_and_a_reload(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    key = edition.picks[0].key
    ines, theo = open_two_boards(open_page, live_server, edition, key)
    make_conflict(ines, theo, "headline", "#p-headline", "Mine", "Theirs")
    ines.fill("[data-merge]", "Made of both")
    ines.press("[data-merge]", "Escape")
    ines.wait_for_selector("[data-editing]", state="detached")
    open_story(ines, key)
    assert ines.input_value("[data-merge]") == "Made of both"
    ines.reload()
    open_story(ines, key)
    ines.wait_for_selector("[data-merge]")
    assert ines.input_value("[data-merge]") == "Made of both"
    ines.click("[data-choose=merge]")
    ines.wait_for_selector(SAVED.format("headline"))
    assert read(edition).picks[0].headline == "Made of both"


def test_a_conflict_that_a_colleague_decides_is_closed_for_its_author_who_sees_what_was_discarded(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    ines, theo = open_two_boards(open_page, live_server, edition)
    make_conflict(ines, theo)
    theo.click("text=Keep what is in the edition")
    ines.wait_for_selector("[data-clash]", state="detached")
    ines.wait_for_selector("[data-field=subject] .refusal:has-text('discarded: “Mine of the railway”')")
    assert ines.input_value("#w-subject") == "Theirs of the railway"
    assert not ines.locator("#unsaved").is_visible()
    ines.reload()
    ines.wait_for_load_state("networkidle")
    assert ines.locator("[data-clash]").count() == 0
    assert unsaved_texts.list_unsaved_texts(read(edition)) == ()


def test_a_field_of_whom_it_is_for_is_given_up_like_any_other(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    """Its name in the form is another than in the service."""
    key = edition.picks[0].key
    ines, theo = open_two_boards(open_page, live_server, edition, key)
    ines.context.set_offline(True)
    ines.select_option("#p-shown_to", "members")
    theo.select_option("#p-shown_to", "free")
    theo.wait_for_selector(SAVED.format("shown_to"))
    ines.context.set_offline(False)
    clash = ines.wait_for_selector("[data-clash]").inner_text().lower()
    assert "members only" in clash
    assert "subscribers who do not pay" in clash
    assert ines.locator("[data-merge]").count() == 0
    ines.click("[data-theirs]")
    ines.wait_for_selector("[data-clash]", state="detached")
    assert unsaved_texts.list_unsaved_texts(read(edition)) == ()
    assert ines.input_value("#p-shown_to") == "free"


def test_what_one_tab_saves_leaves_what_another_could_not(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_load_state("networkidle")
    page.fill("#w-subject", "First, of this tab")
    page.wait_for_selector(SAVED.format("subject"))
    other.route("**/words/", lambda route: route.abort())
    other.fill("#w-subject", "Second, of the other")
    other.wait_for_selector("[data-field=subject] :text('Not saved, retrying')")
    page.fill("#w-subject", "Third, of this tab")
    wait_until(page, lambda: read(edition).subject == "Third, of this tab")
    other.close()
    page.reload()
    page.wait_for_selector("[data-clash]:has-text('Second, of the other')")


def test_a_new_box_is_not_left_by_a_link_before_the_browser_asks(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.click("#box-new summary")
    page.fill("#b-text-new", "A box that nobody has added yet")
    page.click("nav >> text=Editions")
    wait_until(page, lambda: asked == ["beforeunload"])
    assert page.input_value("#b-text-new") == "A box that nobody has added yet"
    page.click("#box-new >> text=Add >> nth=-1")
    page.wait_for_selector("#boxes details summary:has-text('A box that nobody')")
    page.click("nav >> text=Editions")
    page.wait_for_url(re.compile("/editions/$"))
    assert asked == ["beforeunload"]


def test_a_note_for_the_review_stays_when_the_edition_is_shown_as_it_is_now(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/review/")
    page.click("aside summary:has-text('Ask for approval')")
    note = page.locator("aside [name=note]").first
    note.fill("Please look at story 2 first.")
    picks.edit_pick(
        edition.id, edition.picks[1].key, seen=None, by=SYSTEM, now=clock.now(), headline="Changed meanwhile"
    )
    page.click("text=Show it as it is now")
    page.wait_for_selector("#show-changed", state="detached")
    wait_until(page, lambda: note.input_value() == "Please look at story 2 first." and note.is_visible())


def test_a_story_is_removed_only_as_it_was_seen_and_own_words_do_not_stop_it(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    first, second = edition.picks[0].key, edition.picks[1].key
    open_story(page, first)
    page.route("**/changes/**", lambda route: route.abort())  # what a colleague does now is not seen
    picks.edit_pick(edition.id, first, seen=None, by=SYSTEM, now=clock.now(), blurb="Words of a colleague.")
    page.click("text=Remove story")
    page.wait_for_selector(f"#drop-{first} .refusal:has-text('so it stays')")
    assert first in {each.key for each in read(edition).picks}
    page.unroute("**/changes/**")
    wait_until(page, lambda: page.input_value("#p-blurb") == "Words of a colleague.")
    open_story(page, second)
    page.fill("#p-headline", "Changed by myself just before")
    page.click("text=Remove story")
    page.wait_for_selector("#toast:has-text('Story removed.')")
    assert second not in {each.key for each in read(edition).picks}


def test_a_story_that_a_colleague_edits_is_not_removed_before_somebody_says_so(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    key = edition.picks[0].key
    open_board(page, live_server, edition)
    open_story(page, key)
    presence.note_presence(edition.id, f"story:{key}", who="theo@example.com", name="Theo", now=clock.now())
    page.wait_for_selector("text=Theo is editing it, too")
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", answer)
    page.click("text=Remove story")
    wait_until(page, lambda: asked == ["Theo is editing this story. Remove it all the same?"])
    assert key in {each.key for each in read(edition).picks}
    page.click("text=Remove story")
    page.wait_for_selector("#toast:has-text('Story removed.')")


def test_the_second_of_two_who_pick_an_article_at_once_is_told(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any, articles: Callable[..., list[int]]
) -> None:
    articles(6, at=clock.now())
    ines, theo = open_two_boards(open_page, live_server, edition)
    for each in (ines, theo):
        each.wait_for_selector(".pool [data-pick-it]")
    ines.route("**/changes/**", lambda route: route.abort())
    theo.click(".pool [data-pick-it] >> nth=0")
    theo.wait_for_selector("#toast:has-text('Picked as story')")
    ines.click(".pool [data-pick-it] >> nth=0")
    ines.wait_for_selector(".refusal")
    said = ines.locator(".refusal").first.inner_text()
    ines.unroute("**/changes/**")
    ines.wait_for_selector(".pick >> nth=3")
    ines.wait_for_load_state("networkidle")
    ines.wait_for_timeout(500)
    assert any(said in each for each in ines.locator(".refusal, #error").all_inner_texts())


def test_without_scripts_a_colleague_is_overwritten_only_by_whoever_says_so(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    page = open_page(java_script_enabled=False)
    key = edition.picks[0].key
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/picks/{key}/")
    picks.edit_pick(edition.id, key, seen=None, by=SYSTEM, now=clock.now(), headline="Theirs", blurb="Theirs, too")
    page.fill("#p-headline", "Mine")
    for _ in range(2):
        page.press("#p-headline", "Enter")
        page.wait_for_selector("text=/Replace what .* saved: “Theirs”/")
        assert read(edition).picks[0].headline == "Theirs"
        assert page.input_value("#p-headline") == "Mine"
    page.check("text=/Replace what .* saved: “Theirs”/")
    page.press("#p-headline", "Enter")
    wait_until(page, lambda: read(edition).picks[0].headline == "Mine")
    assert read(edition).picks[0].blurb == "Theirs, too"


def test_without_scripts_what_is_sent_after_the_session_has_ended_is_sent_again(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    page = open_page(java_script_enabled=False)
    key = edition.picks[0].key
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/picks/{key}/")
    page.fill("#p-blurb", "Typed for a long time.")
    end_session()
    page.click(".pick--edit button:has-text('Save')")
    page.wait_for_selector("text=Your session had ended, so nothing was saved.")
    page.fill("#email", "editor@example.com")
    page.fill("#password", PASSWORD)
    page.click("text=Sign in >> nth=-1")
    page.click("button:has-text('Send it again')")
    wait_until(page, lambda: read(edition).picks[0].blurb == "Typed for a long time.")


def test_quick_presses_move_a_story_as_far_as_they_say(page: Any, live_server: Any, people: Any, edition: Any) -> None:
    open_board(page, live_server, edition)
    key = edition.picks[0].key
    places = len(edition.picks) - 1
    page.focus(f"[id='edit-{key}']")
    for _ in range(places):
        page.keyboard.press("Alt+ArrowDown")
    wait_until(page, lambda: read(edition).picks[-1].key == key)


def test_what_is_not_ours_to_refuse_says_what_to_do(page: Any, live_server: Any, people: Any, edition: Any) -> None:
    open_board(page, live_server, edition)
    page.route("**/words/", lambda route: route.fulfill(status=413, body="<html>Request Entity Too Large</html>"))
    page.fill("#w-subject", "Too large for a proxy")
    page.wait_for_selector("[data-field=subject] .refusal:has-text('then try again. (413)')")
    page.unroute("**/words/")
    page.click("[data-field=subject] >> text=Retry now")
    page.wait_for_selector(SAVED.format("subject"))


def test_the_focus_stays_near_what_was_pressed(page: Any, live_server: Any, people: Any, edition: Any) -> None:
    preflight.approve_edition(edition.id, content_hash=None, by=SYSTEM, now=clock.now())
    open_board(page, live_server, edition)
    page.focus("#withdraw")
    page.keyboard.press("Enter")
    page.wait_for_selector("#w-subject")
    assert page.evaluate("document.activeElement.id") == "w-subject"


def test_escape_in_a_dialog_that_was_typed_in_asks_first_and_what_was_sent_is_no_typed_text(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    open_story(page, edition.picks[0].key)
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", answer)
    page.click("text=Choose picture")
    page.fill("#image_alt", "A ferry in the harbour")
    page.keyboard.press("Escape")
    wait_until(page, lambda: asked == ["confirm"])
    assert page.input_value("#image_alt") == "A ferry in the harbour"
    page.keyboard.press("Escape")
    page.wait_for_selector("#picture", state="hidden")
    page.click("nav >> text=Editions")
    page.wait_for_url(re.compile("/editions/$"))
    assert asked == ["confirm", "confirm"]


@pytest.mark.parametrize("goes_on", ["a blank", "a letter and back"])
def test_who_goes_on_writing_over_a_colleague_s_words_is_shown_both(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any, goes_on: str
) -> None:
    """The caret stays in the field, so that what the colleague saved did not come into it."""
    ines, theo = open_two_boards(open_page, live_server, edition)
    ines.fill("#w-subject", "The railway came back.")
    ines.wait_for_selector(SAVED.format("subject"))
    wait_until(theo, lambda: theo.input_value("#w-subject") == "The railway came back.")
    theo.fill("#w-subject", "Theo checked with the clerk.")
    theo.wait_for_selector(SAVED.format("subject"))
    ines.focus("#w-subject")
    ines.keyboard.press("End")
    if goes_on == "a blank":
        ines.keyboard.type(" ")
    else:
        ines.keyboard.type("x")
        ines.keyboard.press("Backspace")
    ines.wait_for_timeout(700)
    if not ines.locator("[data-clash]").count() and ines.input_value("#w-subject") != "Theo checked with the clerk.":
        ines.keyboard.type("Nobody knows when.")
        ines.wait_for_selector("[data-clash]")
    assert read(edition).subject == "Theo checked with the clerk."


def test_a_former_text_written_again_over_a_colleague_s_is_a_conflict(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    ines, theo = open_two_boards(open_page, live_server, edition)
    ines.fill("#w-subject", "Ines A")
    ines.wait_for_selector(SAVED.format("subject"))
    ines.press("#w-subject", "Tab")
    wait_until(theo, lambda: theo.input_value("#w-subject") == "Ines A")
    theo.fill("#w-subject", "Theo B")
    wait_until(ines, lambda: ines.input_value("#w-subject") == "Theo B")
    ines.context.set_offline(True)
    ines.fill("#w-subject", "Ines A")
    theo.fill("#w-subject", "Theo C")
    wait_until(theo, lambda: read(edition).subject == "Theo C")
    ines.context.set_offline(False)
    ines.wait_for_selector("[data-clash]")
    assert read(edition).subject == "Theo C"


@pytest.mark.parametrize("is_open", [True, False])
def test_what_was_made_of_both_texts_is_shown_when_a_colleague_decides(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any, is_open: bool
) -> None:
    key, other = edition.picks[0].key, edition.picks[1].key
    ines, theo = open_two_boards(open_page, live_server, edition, key)
    make_conflict(ines, theo, "headline", "#p-headline", "Mine", "Theirs")
    ines.fill("[data-merge]", "Made of both, for $$5 and $&")
    if not is_open:
        open_story(ines, other)
    theo.click("text=Keep what is in the edition")
    ines.wait_for_selector(".refusal, #error", state="visible")
    shown = ines.locator(".refusal, #error").all_inner_texts()
    wait_until(ines, lambda: any("“Mine” “Made of both, for $$5 and $&”" in each for each in list_refusals(ines)))
    assert shown
    ines.reload()
    ines.wait_for_load_state("networkidle")
    open_story(ines, key)
    assert ines.locator("[data-clash]").count() == 0
    assert unsaved_texts.list_unsaved_texts(read(edition)) == ()


def list_refusals(page: Any) -> list[str]:
    return page.locator(".refusal, #error").all_inner_texts()


def test_a_refused_text_whose_author_stays_in_the_field_stops_the_approval_too(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    open_story(page, edition.picks[0].key)
    page.fill("#p-headline", TOO_LONG)
    wait_until(page, lambda: len(unsaved_texts.list_unsaved_texts(read(edition))) == 1)
    assert page.evaluate("document.activeElement.id") == "p-headline"


def test_a_text_that_is_refused_as_its_page_is_left_is_kept(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    open_story(page, edition.picks[0].key)
    page.fill("#p-headline", TOO_LONG)
    page.goto(f"{live_server.url}/account/")  # before it was sent
    wait_until(page, lambda: [each.yours for each in unsaved_texts.list_unsaved_texts(read(edition))] == [TOO_LONG])


def test_a_press_below_a_refused_field_is_not_swallowed(page: Any, live_server: Any, people: Any, edition: Any) -> None:
    open_board(page, live_server, edition)
    first, second = edition.picks[0].key, edition.picks[1].key
    open_story(page, first)
    page.fill("#p-url", "not an address")
    page.wait_for_selector("[data-field=url] .refusal")
    page.click(f"[id='edit-{second}']")
    page.wait_for_selector(f"[data-editing='{second}']")


def test_a_board_whose_text_could_not_be_sent_is_not_left_before_the_browser_asks(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.route("**/words/", lambda route: route.abort())
    page.fill("#w-subject", "Never sent")
    page.wait_for_selector("[data-field=subject] :text('Not saved, retrying')")
    page.click(".edbar >> text=Review")
    wait_until(page, lambda: asked == ["beforeunload"])
    assert page.input_value("#w-subject") == "Never sent"


@pytest.mark.parametrize("what", ["removed", "approved"])
def test_without_scripts_what_was_typed_for_what_is_closed_is_shown(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any, what: str
) -> None:
    page = open_page(java_script_enabled=False)
    key = edition.picks[0].key
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/{edition.id}/picks/{key}/")
    page.fill("#p-blurb", "Twenty minutes of work on this blurb.")
    if what == "removed":
        picks.drop_pick(edition.id, key, content_hash=None, by=SYSTEM, now=clock.now())
    else:
        preflight.approve_edition(edition.id, content_hash=None, by=SYSTEM, now=clock.now())
    page.click(".pick--edit button:has-text('Save')")
    page.wait_for_selector("text=Twenty minutes of work on this blurb.")


def test_keeping_theirs_shows_what_the_edition_has_now(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    ines, theo = open_two_boards(open_page, live_server, edition)
    make_conflict(ines, theo)
    theo.fill("#w-subject", "Theirs, second version")
    wait_until(theo, lambda: read(edition).subject == "Theirs, second version")
    ines.focus("[data-theirs]")
    ines.keyboard.press("Alt+2")
    wait_until(ines, lambda: ines.input_value("#w-subject") == "Theirs, second version")
    assert ines.evaluate("document.activeElement.id") == "w-subject"


def test_two_tabs_keep_their_texts_each_for_itself(page: Any, live_server: Any, people: Any, edition: Any) -> None:
    open_board(page, live_server, edition)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_load_state("networkidle")
    for tab, text in ((page, "Words of tab one"), (other, "Words of tab two")):
        tab.on("dialog", lambda dialog: dialog.accept())  # the browser asks before it reloads
        tab.route("**/words/", lambda route: route.abort())
        tab.fill("#w-subject", text)
        tab.wait_for_selector("[data-field=subject] :text('Not saved, retrying')")
    for tab, text in ((other, "Words of tab two"), (page, "Words of tab one")):
        tab.reload()
        tab.wait_for_selector("[data-field=subject] :text('Not saved, retrying')")
        assert tab.input_value("#w-subject") == text
