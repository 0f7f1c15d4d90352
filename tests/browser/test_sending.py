"""Sending an edition from its review: the number to type, and what a slip costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from newsletter.checks import preflight
from newsletter.delivery.models import Mailing
from newsletter.kernel import clock
from newsletter.web.views import editions
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, sign_in, wait_until

pytestmark = IN_A_BROWSER


@pytest.mark.parametrize("counted_at_once", [editions.COUNTED_AT_ONCE, -1])
def test_a_wrong_number_keeps_the_time_and_the_right_one_schedules(
    page: Any,
    live_server: Any,
    people: Any,
    edition: Any,
    readers: Callable[..., list[int]],
    counted_at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(editions, "COUNTED_AT_ONCE", counted_at_once)
    readers(3)
    preflight.approve_edition(edition.id, by=SYSTEM, now=clock.now(), content_hash=None)
    sign_in(page, live_server, "editor")
    page.goto(f"{live_server.url}/editions/{edition.id}/review/")
    page.wait_for_selector("#audience :text('3 subscribers')")
    page.fill("[name=readers]", "33")
    page.fill("[name=at]", "2035-11-24T07:00")
    scheduled = "button:text('Schedule for Sat 24 Nov 2035, 07:00 GMT')"
    page.click(scheduled)
    page.wait_for_selector(":text('Type the number of subscribers: 3. Nothing was sent or scheduled.')")
    assert page.input_value("[name=at]") == "2035-11-24T07:00"
    assert page.input_value("[name=readers]") == "33"
    assert page.url.endswith("/review/"), "a reload shows the page, not what answers the form"
    page.wait_for_selector("#audience :text('3 subscribers')")
    page.fill("[name=readers]", "3")
    page.click(scheduled)
    page.wait_for_selector(":text('Send it on that day anyway')")
    page.check("[name=on_other_day]")
    assert page.input_value("[name=at]") == "2035-11-24T07:00"
    page.click(scheduled)
    wait_until(page, Mailing.objects.exists)
    assert Mailing.objects.get().due_at.year == 2035
    assert not list_complaints(page)


def test_without_scripts_another_time_than_the_button_says_is_asked_about(
    open_page: Callable[..., Any], live_server: Any, people: Any, edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(3)
    preflight.approve_edition(edition.id, by=SYSTEM, now=clock.now(), content_hash=None)
    page = open_page(java_script_enabled=False)
    sign_in(page, live_server, "editor")
    page.goto(f"{live_server.url}/editions/{edition.id}/review/")
    page.fill("[name=readers]", "3")
    page.fill("[name=at]", "2035-11-24T07:00")
    page.click("button:text('Schedule for the time given')")
    page.check("[name=on_other_day]")
    page.fill("[name=at]", "2035-11-25T07:00")
    page.click("button:text('Schedule for Sat 24 Nov 2035, 07:00 GMT')")
    page.wait_for_selector("#at_error:has-text('You changed the time.')")
    assert not Mailing.objects.exists()
    page.click("button:text('Schedule for Sun 25 Nov 2035, 07:00 GMT')")
    page.check("[name=on_other_day]")  # of that day
    page.click("button:text('Schedule for Sun 25 Nov 2035, 07:00 GMT')")
    page.wait_for_url("**/deliveries/*/")
    assert Mailing.objects.get().due_at.day == 25
