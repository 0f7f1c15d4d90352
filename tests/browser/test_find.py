"""Find from any page by keys alone, and a list that is filtered and goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from newsletter.curator.editions import editions
from newsletter.kernel import clock
from newsletter.web.forms.filters import PAGE
from subscribers.people import change_address
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, open_board, sign_in
from tests.browser.test_accessibility import find_faults

pytestmark = IN_A_BROWSER


def get_focus(page: Any) -> str:
    """The id of what has the focus, or the name of a field."""
    return str(page.evaluate("document.activeElement.id || document.activeElement.name"))


def test_find_is_opened_moved_through_and_left_by_keys(
    page: Any, live_server: Any, people: Any, edition: Any, readers: Callable[..., list[int]]
) -> None:
    first, second, third = readers(3)
    change_address(third, "elsewhere@example.com", seen=None, by=SYSTEM, now=clock.now())
    open_board(page, live_server, edition)
    page.focus("#w-subject")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#find[open]")
    assert get_focus(page) == "q"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/"
    page.keyboard.press("Escape")
    page.wait_for_selector("#find", state="hidden")
    assert get_focus(page) == "w-subject"

    page.keyboard.press("Control+k")
    page.keyboard.type("reader")
    page.wait_for_selector(f"#subscriber-{third}:has-text('was reader2@example.com')")
    assert find_faults(page) == []
    assert page.inner_text("#found-count[role=status]").strip() == "Subscribers: 3"
    moves = [("ArrowDown", first), ("ArrowDown", second), ("ArrowDown", third), ("ArrowUp", second)]
    for key, reached in moves:
        page.keyboard.press(key)
        assert get_focus(page) == f"subscriber-{reached}"
    page.keyboard.type("1@")  # what is typed at a result goes on in the field
    page.wait_for_selector(f"#subscriber-{third}", state="detached")
    assert get_focus(page) == "q"
    assert page.input_value("#find [name=q]") == "reader1@"
    page.keyboard.press("ArrowDown")
    assert get_focus(page) == f"subscriber-{second}"
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_server.url}/readers/{second}/")

    page.click("[data-find]")
    page.keyboard.type("zqzq")
    page.wait_for_selector("#found:has-text('No matches for “zqzq”')")
    page.wait_for_selector("#found-count:has-text('No matches for “zqzq”')")
    page.keyboard.press("ArrowDown")
    assert get_focus(page) == "q"
    page.keyboard.press("Enter")
    page.wait_for_url("**/find/?q=zqzq")
    page.keyboard.press("Control+k")
    page.keyboard.type("reader")
    page.click("#find >> text=Esc")
    page.wait_for_selector("#find", state="hidden")
    page.keyboard.press("Control+k")
    assert page.input_value("#find [name=q]") == "", "it begins anew"
    assert list_complaints(page) == []


def test_a_list_is_filtered_and_goes_on_in_place_and_without_scripts(
    page: Any, open_page: Callable[..., Any], live_server: Any, people: Any, newsroom: Any
) -> None:
    now = clock.now()
    for n in range(PAGE + 3):
        editions.create_edition(newsroom.briefing.id, now.date() - timedelta(days=n), by=SYSTEM, now=now)
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/editions/")
    page.select_option("#filter-state", "open")
    page.click(".listing button")
    page.wait_for_url("**/editions/?*state=open*")
    page.focus("#show-more")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#rows tr >> nth={PAGE + 2}")
    page.wait_for_selector("#show-more", state="detached")
    assert "Back to the beginning" not in page.inner_text("#main")
    assert page.input_value("#filter-state") == "open"
    assert list_complaints(page) == []

    plain = open_page(java_script_enabled=False)
    sign_in(plain, live_server)
    plain.goto(f"{live_server.url}/editions/")
    plain.click("[data-find]")
    plain.fill("#find input", "morning")
    plain.press("#find input", "Enter")
    plain.wait_for_url("**/find/?q=morning")
    plain.click("#main a.pal__r >> nth=0")
    plain.wait_for_url("**/newsletters/morning/")
    plain.goto(f"{live_server.url}/editions/?state=open")
    plain.click("#show-more")
    plain.wait_for_selector("#rows tr >> nth=2")
    assert plain.locator("#rows tr").count() == 3
    plain.click("text=Back to the beginning")
    plain.wait_for_selector(f"#rows tr >> nth={PAGE - 1}")
