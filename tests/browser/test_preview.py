"""The preview on the board: the true mail after every change, in five views, as any subscriber, without flicker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from newsletter.curator.editions import editions, picks
from subscribers.attributes import change_profile
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, open_board, wait_until

pytestmark = IN_A_BROWSER

MAIL = "#frames iframe:not([aria-hidden])"
UPDATED = "#preview-status:has-text('Updated')"


def read_mail(page: Any) -> str:
    return str(page.frame_locator(MAIL).locator("body").inner_text()).replace("\u00a0", " ")


def choose_view(page: Any, name: str) -> None:
    page.evaluate("document.querySelector('#preview-status').textContent = ''")
    page.check(f"[name=view][value='{name}']", force=True)
    page.wait_for_selector(UPDATED)


def test_a_change_is_shown_as_the_true_mail_and_the_place_stays(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    page.wait_for_selector(UPDATED)
    choose_view(page, "phone")
    frame = page.frame_locator(MAIL)
    page.evaluate(f'document.querySelector("{MAIL}").contentWindow.scrollTo(0, 300)')
    page.evaluate(
        """() => {
            window.gaps = 0;  // moments without a mail to see
            const box = document.querySelector("#frames");
            new MutationObserver(() => {
                const shown = box.querySelector("iframe:not([aria-hidden])");
                if (!shown?.contentDocument?.documentElement.hasAttribute("data-mail")) window.gaps += 1;
            }).observe(box, { childList: true, subtree: true, attributes: true });
        }"""
    )
    page.fill("#w-intro", "An intro that nobody wrote before.")
    frame.locator("text=An intro that nobody wrote before.").wait_for()
    assert page.evaluate(f'document.querySelector("{MAIL}").contentWindow.scrollY') == 300
    assert page.evaluate("window.gaps") == 0
    wait_until(page, lambda: page.locator("#frames iframe").count() == 1)
    assert page.complaints == []


def test_five_views_are_one_press_away_and_remembered(page: Any, live_server: Any, people: Any, edition: Any) -> None:
    open_board(page, live_server, edition)
    page.wait_for_selector(UPDATED)
    assert page.locator("[name=view]").count() == 5
    width = "document.querySelector('#frames iframe').contentWindow.innerWidth"
    assert page.evaluate(width) == 700
    choose_view(page, "phone")
    assert page.evaluate(width) == 375
    dark = "getComputedStyle(document.querySelector('#frames iframe').contentDocument.body).backgroundColor"
    light = page.evaluate(dark)
    choose_view(page, "dark")
    assert page.evaluate(dark) != light
    choose_view(page, "text")
    assert "The railway reaches the mill" not in read_mail(page)  # the subject is no part of the text
    assert page.frame_locator(MAIL).locator("pre").count() == 1
    page.focus("[name=view][value=text]")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("[data-view='pictures off']")
    page.reload()
    page.wait_for_selector("[data-view='pictures off']")
    assert page.is_checked("[name=view][value='pictures off']")
    assert page.complaints == []


def test_the_mail_is_shown_as_a_subscriber_gets_it(
    page: Any, live_server: Any, people: Any, edition: Any, readers: Callable[..., list[int]], now: datetime
) -> None:
    _, member = readers(2)
    change_profile(member, tier="paid", seen=None, by=SYSTEM, now=now)
    picks.edit_pick(edition.id, edition.picks[1].key, visibility="members", seen=None, by=SYSTEM, now=now)
    editions.edit_edition(
        edition.id,
        subject="For {{ first_name | reader }}",
        intro="Dear {{ first_name }}",
        seen=None,
        by=SYSTEM,
        now=now,
    )
    open_board(page, live_server, edition, "admin")
    page.wait_for_selector(UPDATED)
    hidden = edition.picks[1].headline
    assert hidden not in read_mail(page)
    page.wait_for_selector("#inbox-as .inbox:has-text('For reader')")
    page.fill("#view-as", "first1")
    page.click("[data-subscriber]:has-text('reader1@example.com')")
    page.wait_for_selector("#inbox-as .inbox:has-text('For First1')")
    assert "Dear First1" in read_mail(page)
    assert hidden in read_mail(page)
    assert page.locator("#viewed-as").inner_text().startswith("As reader1@example.com")
    page.click("#viewed-as button")
    page.wait_for_selector("#inbox-as .inbox:has-text('For reader')")
    assert hidden not in read_mail(page)
    page.fill("#view-as", "nobody at all")
    page.wait_for_selector("#recipients:has-text('Nobody on this list has')")
    assert page.complaints == []


def test_whoever_may_not_see_subscribers_cannot_look_for_them(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition, "viewer")
    page.wait_for_selector(UPDATED)
    assert page.locator("#view-as").count() == 0


def test_without_the_network_the_old_mail_stays_and_the_new_one_comes_when_it_is_back(
    page: Any, live_server: Any, people: Any, edition: Any, now: datetime
) -> None:
    open_board(page, live_server, edition)
    page.wait_for_selector(UPDATED)
    page.context.set_offline(True)
    page.check("[name=view][value=phone]", force=True)
    page.wait_for_selector("#preview-status:has-text('the desk cannot be reached')")
    assert edition.picks[0].headline in read_mail(page)
    editions.edit_edition(edition.id, intro="Back again.", seen=None, by=SYSTEM, now=now)
    page.context.set_offline(False)
    page.frame_locator(MAIL).locator("text=Back again.").wait_for()
    assert list_complaints(page) == []


def test_a_session_that_ended_asks_to_sign_in_and_never_shows_that_page_in_the_frame(
    page: Any, live_server: Any, people: Any, edition: Any
) -> None:
    open_board(page, live_server, edition)
    page.wait_for_selector(UPDATED)
    page.context.clear_cookies()
    page.check("[name=view][value=dark]", force=True)
    page.wait_for_selector("#sign-in[open]")
    assert edition.picks[0].headline in read_mail(page)
    assert [each for each in list_complaints(page) if "frame is sandboxed" not in each] == []


@pytest.mark.parametrize(("view", "lines"), [("wide", 2), ("phone", 4)])
def test_the_row_of_the_inbox_is_clipped_as_there(
    page: Any, live_server: Any, people: Any, edition: Any, now: datetime, view: str, lines: int
) -> None:
    editions.edit_edition(edition.id, subject="Long " * 40, preheader="Longer " * 40, seen=None, by=SYSTEM, now=now)
    open_board(page, live_server, edition)
    page.wait_for_selector(UPDATED)
    if view != "wide":
        choose_view(page, view)
    wait_until(page, lambda: page.locator(f"[data-view={view}]").count() == 1)
    box = page.locator("#inbox .inbox").bounding_box()
    assert box["height"] < 24 + lines * 24
    subject = "document.querySelector('#inbox .inbox__subject')"
    assert page.evaluate(f"{subject}.scrollWidth > {subject}.clientWidth")
