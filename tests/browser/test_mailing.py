"""The page of a mailing: it follows the sending without a reload, and finds everybody who did not get it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import F

from newsletter.checks import preflight
from newsletter.delivery.ledger.format import FORMAT, pack_members
from newsletter.delivery.ledger.states import Outcome
from newsletter.delivery.models import Batch, Mailing
from newsletter.delivery.providers.sendgrid import SendGrid
from newsletter.delivery.sending import freeze, hand_over, mailings, recall_window
from newsletter.jobs import tasks, wiring
from newsletter.kernel import clock
from subscribers.models import Subscriber, Subscription
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, sign_in, wait_until
from tests.delivery.chaos import serving
from tests.fakes.sendgrid import KEY

pytestmark = IN_A_BROWSER


def plan(edition: Any, now: datetime) -> int:
    preflight.approve_edition(edition.id, by=SYSTEM, now=now, content_hash=None)
    planned = tasks.send_edition(edition.id, at=None, by=SYSTEM, now=now, content_hash=None, on_other_day=True)
    return int(planned.id)


def test_the_hand_over_is_followed_to_its_end_without_a_reload(
    page: Any, live_server: Any, people: Any, edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(3)
    now = clock.now()
    mailing_id = plan(edition, now)
    sign_in(page, live_server, "admin")
    page.goto(f"{live_server.url}/deliveries/{mailing_id}/")
    page.evaluate("window.loadedOnce = true")
    freeze.freeze_next(now)
    page.wait_for_selector("#batches :text('Planned')")
    page.wait_for_selector("#decisions button:has-text('Pause')")
    page.focus("#decisions button:has-text('Pause')")
    while hand_over.hand_over_next(now, owner="test", provider=wiring.get_provider(), clock=lambda: now):
        pass
    page.wait_for_selector("#progress .due__t:has-text('3')")
    page.wait_for_selector("#sums :text('3 + 0 = 3')")
    assert page.evaluate("document.activeElement.value") == "pause", "polling leaves the focus where it is"
    mailings.finish_settled(now)
    page.wait_for_selector("#progress .st:has-text('Sent')")
    page.wait_for_selector("#decisions button:has-text('Pause')", state="detached")
    assert page.evaluate("window.loadedOnce")
    assert not list_complaints(page)


def test_whoever_did_not_get_it_appears_on_a_page_that_was_opened_before(
    page: Any, live_server: Any, people: Any, edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(3)
    now = clock.now()
    mailing_id = plan(edition, now)
    sign_in(page, live_server, "admin")
    page.goto(f"{live_server.url}/deliveries/{mailing_id}/")
    page.wait_for_selector("#who :text('The audience is not counted yet.')")
    freeze.freeze_next(now)
    page.wait_for_selector("#who :text('still to come: 3')")
    page.fill("#who-text", "half a wo")
    Batch.objects.filter(mailing_id=mailing_id).update(
        state="accepted",
        outcomes=bytes([Outcome.BOUNCED, 0, Outcome.ACCEPTED, 0, Outcome.ACCEPTED, 0]),
        version=F("version") + 1,
    )
    page.wait_for_selector("#who nav a:has-text('Not delivered 1')")
    page.wait_for_selector("#rows .st:has-text('Bounced')")
    page.wait_for_selector("#who a:has-text('Export 1 (CSV)')")
    page.focus("#rows a")
    Batch.objects.filter(mailing_id=mailing_id).update(
        outcomes=bytes([Outcome.BOUNCED, 0, Outcome.BLOCKED, 0, Outcome.ACCEPTED, 0]), version=F("version") + 1
    )
    page.wait_for_selector("#who nav a:has-text('Not delivered 2')")
    assert page.evaluate("document.activeElement.closest('#rows') !== null"), "the focus stays where it was"
    assert page.input_value("#who-text") == "half a wo"
    assert not list_complaints(page)


def test_a_page_of_a_paused_mailing_sees_it_go_on(
    page: Any, live_server: Any, people: Any, edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(1)
    now = clock.now()
    mailing_id = plan(edition, now)
    freeze.freeze_next(now)
    mailings.pause(mailing_id, by=SYSTEM, now=now)
    sign_in(page, live_server, "admin")
    page.goto(f"{live_server.url}/deliveries/{mailing_id}/")
    page.wait_for_selector("#progress .st:has-text('Paused')")
    mailings.resume(mailing_id, by=SYSTEM, now=now)
    page.wait_for_selector("#decisions button:has-text('Pause')", timeout=20_000)
    assert not list_complaints(page)


def test_a_recall_is_counted_down_and_a_repair_reaches_as_many_as_it_said(
    page: Any, live_server: Any, people: Any, edition: Any, readers: Callable[..., list[int]], settings: Any
) -> None:
    readers(3)
    now = clock.now()
    with serving(delay=0) as server:
        settings.CONFIG = replace(settings.CONFIG, provider="sendgrid", sendgrid_host=server.url, sendgrid_api_key=KEY)
        mailing_id = plan(edition, now)
        freeze.freeze_next(now)
        due = now + recall_window.LAST_CALL + timedelta(minutes=9)
        Mailing.objects.filter(id=mailing_id).update(
            recall="open", cancel_id=SendGrid(KEY, server.url).new_cancel_id(), due_at=due
        )
        sign_in(page, live_server, "admin")
        page.goto(f"{live_server.url}/deliveries/{mailing_id}/")
        left = page.locator("#progress b:has-text('recalled')")
        first = left.inner_text()
        assert re.search(r"Can be recalled until .*, \d\d:\d\d \w+: \d:\d\d left\.", first)
        wait_until(page, lambda: left.inner_text() != first)
        page.click("#decisions summary:text-is('Recall')")
        page.wait_for_timeout(2_500)
        assert page.is_visible("button:has-text('Recall mailing')"), "a poll does not fold it up again"
        page.click("button:has-text('Recall mailing')")
        page.wait_for_selector(":text('Recalled. Subscribers who do not get it: 3.')")

    Mailing.objects.filter(id=mailing_id).update(state="finished", recall="")
    Batch.objects.filter(mailing_id=mailing_id).update(
        state="refused",
        outcomes=bytes([Outcome.REFUSED, 0, Outcome.REFUSED, 0, Outcome.ACCEPTED, 0]),
        version=F("version") + 1,
    )
    page.goto(f"{live_server.url}/deliveries/{mailing_id}/")
    page.wait_for_selector(":text('2 can still get it.')")
    page.click("#decisions summary:text-is('Repair')")
    page.click("button:has-text('Send to those who did not get it')")
    page.wait_for_selector(":text('Subscribers planned again: 2.')")


def test_ten_thousand_who_did_not_get_it_are_searched_filtered_and_paged_through(
    page: Any, live_server: Any, people: Any, newsroom: Any, edition: Any, readers: Callable[..., list[int]]
) -> None:
    readers(1)
    now = clock.now()
    mailing_id = plan(edition, now)
    freeze.freeze_next(now)
    bounce_all(mailing_id, newsroom.list.id, now, count=10_000)
    sign_in(page, live_server, "admin")
    page.goto(f"{live_server.url}/deliveries/{mailing_id}/")
    page.wait_for_selector("#who :text('10,000 of 10,001')")
    for shown in (100, 150, 200):
        page.click("#who :text-is('Show 50 more')")
        wait_until(page, partial(has_rows, page, shown))
    assert page.locator("#rows > tr >> nth=199").inner_text().startswith("many199@example.com")
    assert page.locator("#more a").count() == 1
    assert "after=" not in page.url, "the address is that of the whole list"
    page.fill("#who-text", "many9999@")
    page.press("#who-text", "Enter")
    wait_until(page, partial(has_rows, page, 1))
    assert page.input_value("#who-text") == "many9999@"
    page.fill("#who-text", "")
    page.press("#who-text", "Enter")
    wait_until(page, partial(has_rows, page, 50))
    page.wait_for_selector("#who nav a:has-text('Everybody 10,001')")
    page.click("#who nav a:has-text('Everybody')")
    page.wait_for_selector("#rows :text('reader0@example.com')")
    assert "state=everybody" in page.url
    assert not list_complaints(page)


@pytest.mark.parametrize("late", ["the search", "the filter"])
def test_a_filter_pressed_while_a_search_is_under_way_is_what_the_page_shows(
    page: Any, live_server: Any, people: Any, edition: Any, readers: Callable[..., list[int]], late: str
) -> None:
    readers(3)
    mailing_id = plan(edition, clock.now())
    freeze.freeze_next(clock.now())
    sign_in(page, live_server, "admin")
    page.goto(f"{live_server.url}/deliveries/{mailing_id}/")
    held: list[Any] = []
    page.route(lambda url: "who=reader1" in url, lambda route: held.append(route))  # it takes no built-in
    page.fill("#who-text", "reader1")
    page.press("#who-text", "Enter")
    wait_until(page, lambda: len(held) == 1)
    page.click("#who nav a:has-text('Everybody')")
    wait_until(page, lambda: len(held) == 2)
    for route in held if late == "the filter" else reversed(held):
        route.continue_()
        page.wait_for_timeout(500)
    assert page.locator("#who nav [aria-current]").inner_text().startswith("Everybody")
    assert page.locator("#rows :text('reader1@example.com')").count() == 1
    assert page.input_value("#who-text") == "reader1", "the filter took along what was typed"
    assert "state=everybody" in page.url
    assert not list_complaints(page)


def has_rows(page: Any, count: int) -> bool:
    return bool(page.locator("#rows > tr").count() == count)


def bounce_all(mailing_id: int, list_id: int, now: datetime, *, count: int) -> None:
    """So many more members of a mailing, all of whom bounced."""
    made = Subscriber.objects.bulk_create(
        Subscriber(address=f"many{n}@example.com", address_key=f"many{n}@example.com", created_at=now)
        for n in range(count)
    )
    Subscription.objects.bulk_create(
        Subscription(subscriber=each, list_id=list_id, state="active", since=now) for each in made
    )
    Batch.objects.filter(mailing_id=mailing_id).update(state="accepted", outcomes=bytes([Outcome.ACCEPTED, 0]))
    (first,) = Batch.objects.filter(mailing_id=mailing_id)
    for number, start in enumerate(range(0, count, 1000), 2):
        ids = [each.pk for each in made[start : start + 1000]]
        first.pk = None
        first.number, first.key, first.state, first.size = number, f"many{number}", "accepted", len(ids)
        first.members, first.format = pack_members(ids), FORMAT
        first.outcomes = bytes([Outcome.BOUNCED, 0]) * len(ids)
        first.first_id, first.last_id = ids[0], ids[-1]
        first.save(force_insert=True)
    Mailing.objects.filter(id=mailing_id).update(candidates=count + 1, planned=count + 1, state="finished")
