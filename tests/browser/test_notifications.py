"""Approving on a phone where a notification leads, and choosing what one is notified of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from newsletter.curator.editions import edition_lookup, editions
from newsletter.curator.editions.states import EditionState
from newsletter.jobs import tasks
from newsletter.jobs.notifications import choices, sending
from newsletter.kernel import clock
from tests.actors import SYSTEM, act_as
from tests.browser.people import IN_A_BROWSER, sign_in
from tests.conftest import PASSWORD
from tests.fakes.smtp import SmtpServer, listening

pytestmark = IN_A_BROWSER
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def find_link(mail: bytes) -> str:
    """The path that the button of a mail leads to."""
    text = mail.decode().replace("=\r\n", "").replace("=3D", "=")
    found = re.search(r"https?://[^/\s]+(/editions/\S+)", text)
    assert found, text
    return found[1]


@pytest.fixture
def mailed_link(people: Any, edition: Any, settings: Any) -> str:
    """What the editor was mailed, when the administrator asked for approval."""
    with listening(SmtpServer()) as smtp:
        settings.CONFIG = replace(settings.CONFIG, notify_smtp_url=smtp.url)
        now = clock.now()
        tasks.request_approval(edition.id, of="editor@example.com", note="", by=act_as("admin@example.com"), now=now)
        sending.watch(now)
        sending.send_due_messages(now)
        (mail,) = [raw for address, raw in smtp.accepted if address == "editor@example.com"]
    return find_link(mail)


def sign_in_there(page: Any, who: str) -> None:
    """Signs in on the page that asked for it."""
    page.fill("#email", f"{who}@example.com")
    page.fill("#password", PASSWORD)
    page.click("button:has-text('Sign in')")


def press_approve(page: Any) -> None:
    """Presses the button once the mail is there to be read."""
    page.frame_locator("iframe").locator("text=Railway reaches the mill").first.wait_for()
    page.locator("main button:has-text('Approve')").tap()


def test_an_edition_is_read_and_approved_on_a_phone(
    open_page: Callable[..., Any], live_server: Any, mailed_link: str, edition: Any
) -> None:
    page = open_page(**PHONE)
    page.goto(live_server.url + mailed_link)
    sign_in_there(page, "editor")
    page.wait_for_url(live_server.url + mailed_link)
    assert not page.is_visible("text=It has changed since you were told")
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], "nothing is wider than the phone"
    assert page.locator("main button:has-text('Approve')").bounding_box()["height"] >= 44
    assert edition_lookup.get_edition(edition.id).state == EditionState.IN_REVIEW
    press_approve(page)
    page.wait_for_selector("text=It is frozen")
    assert edition_lookup.get_edition(edition.id).approved_by == "editor@example.com"
    assert page.complaints == []


def test_what_was_changed_meanwhile_is_not_approved_on_a_phone(
    open_page: Callable[..., Any], live_server: Any, mailed_link: str, edition: Any
) -> None:
    page = open_page(**PHONE)
    page.goto(live_server.url + mailed_link)
    sign_in_there(page, "editor")
    page.wait_for_selector("main button:has-text('Approve')")
    editions.edit_edition(edition.id, subject="Another subject", seen=None, by=SYSTEM, now=clock.now())
    press_approve(page)
    page.wait_for_selector("text=changed since you looked at it")
    assert edition_lookup.get_edition(edition.id).snapshot_id is None
    press_approve(page)
    page.wait_for_selector("text=It is frozen")


@pytest.mark.parametrize(
    ("who", "reason"),
    [("viewer", "You cannot approve it: you have no right to approve here."), ("stranger", "You have no right to")],
)
def test_whoever_may_not_approve_reads_why_on_a_phone(
    open_page: Callable[..., Any], live_server: Any, mailed_link: str, edition: Any, who: str, reason: str
) -> None:
    page = open_page(**PHONE)
    page.goto(live_server.url + mailed_link)
    sign_in_there(page, who)
    page.wait_for_selector(f"text={reason}")
    assert page.locator("main button:has-text('Approve')").count() == 0
    assert edition_lookup.get_edition(edition.id).snapshot_id is None


@pytest.mark.parametrize("device", [{}, PHONE], ids=["desk", "phone"])
def test_a_user_ticks_what_to_be_notified_of(
    open_page: Callable[..., Any], live_server: Any, people: Any, device: dict[str, Any]
) -> None:
    page = open_page(**device)
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/account/")
    page.click("text=Choose notifications")
    page.get_by_label("Sent, with its numbers an hour later").check()
    page.get_by_label("Held", exact=True).uncheck()
    page.click("main button:has-text('Save')")
    page.wait_for_selector("text=Saved")
    wanted = {each.kind.value: each.wanted for each in choices.list_choices("editor@example.com")}
    assert (wanted["sent"], wanted["held"], wanted["missed"]) == (True, False, True)
    widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    assert page.complaints == []
