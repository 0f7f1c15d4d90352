"""The calendar, as people use it: a date is skipped with a reason, and taken in again; also without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from newsletter.kernel import clock
from newsletter.scheduling import schedules
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, sign_in
from tests.browser.test_accessibility import find_faults

pytestmark = IN_A_BROWSER


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False, "viewport": {"width": 375, "height": 800}}])
def test_a_date_is_skipped_for_a_reason_and_taken_in_again(
    open_page: Callable[..., Any], live_server: Any, people: Any, newsroom: Any, options: dict[str, Any]
) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="07:00", by=SYSTEM, now=clock.now())
    day = clock.now() + timedelta(days=40)
    page = open_page(**options)
    sign_in(page, live_server)
    page.goto(live_server.url)
    page.click("nav >> text=Calendar")
    page.goto(f"{live_server.url}/calendar/?week={day:%G-W%V}")
    page.locator(".cal a.occ").nth(2).click()
    form = page.locator("#skip-form")
    opened_at = page.url
    for nothing in ("", "  "):
        form.locator("[name=reason]").fill(nothing)
        form.locator("button:has-text('Skip')").click()
        form.locator("[name=reason]:invalid").wait_for()
    assert page.url == opened_at, "without a reason the dialog stays"
    form.locator("[name=reason]").fill("A strike")
    form.locator("button:has-text('Skip')").click()
    page.wait_for_selector("text=is skipped.")
    row = page.locator("[aria-labelledby=h-exceptions] tbody tr")
    assert "A strike (" in row.inner_text()
    row.locator("button:has-text('Unskip')").click()
    page.wait_for_selector("text=Everything is as planned.")
    assert page.url.endswith(f"?week={day:%G-W%V}")
    assert list_complaints(page) == []


def test_one_dialog_shows_the_date_that_was_pressed_and_gives_the_focus_back(
    page: Any, live_server: Any, people: Any, newsroom: Any
) -> None:
    schedules.create_schedule(newsroom.briefing.id, time="07:00", by=SYSTEM, now=clock.now())
    day = clock.now() + timedelta(days=40)
    sign_in(page, live_server)
    page.goto(f"{live_server.url}/calendar/?week={day:%G-W%V}")
    for number in (1, 4):
        line = page.locator(".cal a.occ").nth(number)
        line.click()
        page.wait_for_selector("dialog#skip[open] [name=reason]:focus")
        said = page.locator("#skip-form p").first.inner_text()
        assert find_faults(page) == []
        assert f"{day - timedelta(days=day.weekday() - number):%a} " in said
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog#skip", state="hidden")
        assert line.evaluate("each => each === document.activeElement")
    assert page.url.endswith(f"?week={day:%G-W%V}"), "the address is that of the calendar"
    assert list_complaints(page) == []
