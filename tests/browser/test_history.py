"""Undoing on the board, and restoring from the history, with two people at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from newsletter.curator.editions import edition_lookup
from tests.browser.people import IN_A_BROWSER, open_board

pytestmark = IN_A_BROWSER


def read(edition: Any) -> Any:
    return edition_lookup.get_edition(edition.id)


def test_a_move_and_a_removal_are_undone_by_button_and_by_key(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    keys = [each.key for each in edition.picks]
    open_board(page, live_server, edition)
    page.click("[data-down] >> nth=0")
    page.wait_for_selector(f"[id='story-{keys[1]}'] [data-up][disabled]")
    page.wait_for_selector("#undo-last[title='Running order']")
    page.click("#undo-last")
    page.wait_for_selector(f"[id='story-{keys[0]}'] [data-up][disabled]")
    page.click(f"[id='edit-{keys[2]}']")
    page.click("text=Remove story")
    page.wait_for_selector(f"[id='story-{keys[2]}']", state="detached")
    page.keyboard.press("Control+z")
    page.wait_for_selector(f"[id='story-{keys[2]}']")
    assert [each.key for each in read(edition).picks] == keys
    assert page.complaints == []


def test_my_change_is_not_undone_after_somebody_else_changed_the_same(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    ines, theo = open_page(), open_page()
    open_board(ines, live_server, edition)
    open_board(theo, live_server, edition, "admin")
    ines.fill("#w-subject", "Of Ines")
    ines.press("#w-subject", "Tab")
    ines.wait_for_selector("#undo-last[title='Subject']")
    theo.wait_for_selector(".inbox:has-text('Of Ines')")
    theo.fill("#w-subject", "Of Theo")
    theo.press("#w-subject", "Tab")
    ines.wait_for_selector(".inbox:has-text('Of Theo')")
    ines.click("#undo-last")
    ines.wait_for_selector("#undo .refusal:has-text('This changed again since: Subject')")
    ines.wait_for_selector("#undo .refusal ins:has-text('Of Theo')")
    assert read(edition).subject == "Of Theo"
    theo.click("#undo-last")
    theo.wait_for_selector(".inbox:has-text('Of Ines')")
    assert theo.input_value("#w-subject") == "Of Ines"

    ines.click("#to-history")
    ines.click("text=Compare the state before with now >> nth=-1")
    ines.click("[aria-labelledby=h-changed] button:has-text('Restore') >> nth=0")
    ines.wait_for_selector("text=Restored:")


def test_two_at_one_board_see_where_the_other_is(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any
) -> None:
    ines, theo = open_page(), open_page()
    open_board(ines, live_server, edition)
    open_board(theo, live_server, edition, "admin")
    ines.wait_for_selector("#present:has-text('Admin is here')")
    key = edition.picks[1].key
    theo.click(f"[id='edit-{key}']")
    ines.wait_for_selector(f"#present:has-text('Admin is editing story {edition.picks[1].number}')")
    ines.wait_for_selector(f"[id='story-{key}'] :text('Admin is editing')")
    theo.keyboard.press("Escape")
    ines.wait_for_selector("#present:has-text('Admin is here')")
    theo.goto(f"{live_server.url}/editions/")
    ines.wait_for_selector("#present:has-text('Admin')", state="detached")
    assert ines.complaints == []
