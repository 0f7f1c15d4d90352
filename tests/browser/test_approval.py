"""Approval by a second person: asked by name, sent back with a note, asked again, and approved; each at a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from newsletter.curator.editions import decisions, edition_lookup
from newsletter.curator.editions.states import EditionState
from tests.browser.people import IN_A_BROWSER, list_complaints, open_board, sign_in, wait_until

pytestmark = IN_A_BROWSER


def ask(page: Any, note: str) -> None:
    """Opens the request on the review, chooses Admin by name, and sends it."""
    page.click("summary:has-text('Ask for approval')")
    page.select_option("#request-of", label="Admin")
    page.fill("#request-note", note)
    page.click("button:has-text('Ask for approval')")
    page.wait_for_selector("text=The edition is in review.")


def test_a_named_colleague_sends_an_edition_back_and_approves_it_once_it_is_right(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    ines, theo = open_page(), open_page()
    review = f"{live_server.url}/editions/{edition.id}/review/"
    sign_in(ines, live_server, "editor")
    sign_in(theo, live_server, "admin")
    ines.goto(review)
    ask(ines, "Is the lead right?")

    theo.goto(review)
    header = theo.locator("#main header")
    assert "In review" in header.inner_text()
    assert "Is the lead right?" in header.inner_text()
    theo.click("summary:has-text('Send back')")
    theo.click("button:has-text('Send back')")
    theo.wait_for_selector("#back-note:invalid, .error:has-text('Say what has to change.')")
    theo.fill("#back-note", "The subject is old.")
    theo.click("button:has-text('Send back')")
    theo.wait_for_url(f"**/editions/{edition.id}/")
    assert edition_lookup.get_edition(edition.id).state == EditionState.DRAFT

    # Ines is told on the page that she left open, reads why, puts it right, and asks again.
    ines.click("#show-changed")
    ines.wait_for_selector("#main header:has-text('The subject is old.')")
    open_board(ines, live_server, edition)
    assert "The subject is old." in ines.locator("#edition-state").inner_text()
    ines.fill("#w-subject", "The ferry is back")
    ines.wait_for_selector("[data-field=subject]:has-text('Saved')")
    ines.goto(review)
    ask(ines, "It is now.")

    theo.goto(review)
    seen = theo.locator("[action$='/approval/'] [name=content_hash]").input_value()
    assert seen == decisions.get_content_hash(edition.id)
    theo.click("button:has-text('Approve')")
    theo.wait_for_selector("text=Approved, frozen as")
    wait_until(ines, lambda: edition_lookup.get_edition(edition.id).approved_by == "admin@example.com")
    ines.click("#show-changed")
    ines.wait_for_selector("#main header:has-text('Approved by Admin')")
    ines.click("summary:has-text('States so far')")
    said = ines.locator("details:has-text('States so far') li").all_inner_texts()
    for words in ("Is the lead right?", "The subject is old.", "It is now."):
        assert any(words in each for each in said)
    assert list_complaints(ines) == list_complaints(theo) == []
