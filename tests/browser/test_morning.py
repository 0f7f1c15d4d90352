"""The morning of an editor, press by press: what it costs in clicks and page loads until the edition is scheduled."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from PIL import Image

from newsletter.catalog import pictures
from newsletter.curator.editions import edition_lookup, editions, picks
from newsletter.delivery.reports import summary
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, sign_in, wait_until
from tests.conftest import PASSWORD

pytestmark = IN_A_BROWSER

MOST_CLICKS, MOST_LOADS = 25, 3
SUBSCRIBERS = 3


class Count:
    """Counts what a person presses on a page, with the mouse alone, and the documents that it loads."""

    def __init__(self, page: Any) -> None:
        self.clicks = self.loads = 0
        self.page = page
        page.expose_function("countClick", self._click)
        # A click that the page makes by itself, or one on a label that it passes on to its control, is none.
        page.add_init_script("addEventListener('pointerdown', (e) => e.isTrusted && window.countClick(), true)")
        page.on("domcontentloaded", lambda: self._load())

    def _click(self) -> None:
        self.clicks += 1

    def _load(self) -> None:
        self.loads += 1


def draw() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1280, 720), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_morning_takes_25_clicks_and_3_page_loads(
    open_page: Callable[..., Any],
    live_server: Any,
    people: Any,
    newsroom: Any,
    readers: Callable[..., list[int]],
    articles: Callable[..., list[int]],
) -> None:
    now = clock.now()
    readers(SUBSCRIBERS)
    ids = articles(12, at=now)
    used = pictures.store_picture(draw(), source_url="", now=now)
    earlier = editions.create_edition(newsroom.briefing.id, now.date() - timedelta(days=1), by=SYSTEM, now=now)
    last = picks.add_pick(earlier.id, ids[0], by=SYSTEM, now=now).picks[0]
    words: Any = {"image_alt": "Two boats", "image_credit": "A. Example"}
    picks.edit_pick(earlier.id, last.key, picture=used.name, seen=None, by=SYSTEM, now=now, **words)
    edition = editions.create_edition(newsroom.briefing.id, now.date(), by=SYSTEM, now=now)

    ines, theo = open_page(), open_page()
    sign_in(theo, live_server, "admin")  # Theo is at work already
    count, count_of_theo = Count(ines), Count(theo)
    ines.set_default_timeout(30_000)
    began = time.monotonic()

    # Sign in, by the link of the notification, with the keyboard.
    board = f"/editions/{edition.id}/"
    ines.goto(live_server.url + board)
    ines.wait_for_selector("#email:focus")
    ines.keyboard.type("editor@example.com")
    ines.keyboard.press("Tab")
    ines.keyboard.type(PASSWORD)
    ines.keyboard.press("Enter")
    ines.wait_for_selector(".pool [data-pick-it]")

    for number, article in enumerate(ids[2:10]):
        ines.click(f"[id='article-{article}'] [data-pick-it]")
        ines.wait_for_selector(f".pick >> nth={number}")
    for _ in range(2):
        ines.click("[data-down] >> nth=0")
        ines.wait_for_selector("#toast:has-text('Story 1 is now 2 of')")
        ines.wait_for_load_state("networkidle")

    # Edit one story, and choose its picture.
    key = edition_lookup.get_edition(edition.id).picks[0].key
    ines.click(f"[id='edit-{key}']")
    ines.wait_for_selector("#p-headline:focus")
    ines.keyboard.press("Control+a")
    ines.keyboard.type("The ferry is back")
    ines.click(f"#choose-{key}")
    ines.wait_for_selector("#picture[open] #picture-form")
    ines.click(f"#candidates label:has([value='{used.name}'])")
    ines.click("text=Use picture >> nth=-1")
    ines.wait_for_selector("#picture", state="hidden")
    ines.click("#w-subject")
    ines.keyboard.type("The ferry is back")
    ines.keyboard.press("Tab")
    ines.wait_for_selector("[data-field=subject]:has-text('Saved')")

    # Review, test, and ask Theo.
    ines.click(".edbar__act a.btn--go")
    ines.click("button:has-text('Send test')")
    ines.wait_for_selector("text=Test to editor@example.com: accepted")
    ines.click("summary:has-text('Ask for approval')")
    ines.focus("#request-of")
    ines.keyboard.type("Admin")
    ines.click("button:has-text('Ask for approval')")
    ines.wait_for_selector("text=The edition is in review.")

    theo.goto(f"{live_server.url}{board}approve/")
    theo.click("button:has-text('Approve')")
    theo.wait_for_selector("text=Approved. It is frozen")

    # Schedule.
    ines.click("#show-changed")
    ines.click("#readers")
    ines.keyboard.type(str(SUBSCRIBERS))
    at = (now + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M")
    ines.fill("#at", at)  # typed; a browser's own field of dates takes no plain keys
    ines.click(f"button:has-text('Schedule for'):has-text('{at[-5:]}')")
    ines.wait_for_url("**/deliveries/*/")
    took = time.monotonic() - began

    wait_until(ines, lambda: summary.find_outline_of_edition(edition.id) is not None)
    done = edition_lookup.get_edition(edition.id)
    assert done.approved_by == "admin@example.com"
    assert (len(done.picks), done.subject) == (8, "The ferry is back")
    assert next(each for each in done.picks if each.key == key).image_alt == "Two boats"
    print(f"\nThe morning: {count.clicks} clicks, {count.loads} page loads, {took:.0f} s.")
    print(f"The second person: {count_of_theo.clicks} clicks, {count_of_theo.loads} page loads.")
    assert count.clicks <= MOST_CLICKS
    assert count.loads <= MOST_LOADS
    assert [each for each in list_complaints(ines) if "http://testserver/pictures" not in each] == []
