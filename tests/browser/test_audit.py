"""The audit log and the pages that lead there, as people use them."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

from newsletter.kernel import clock
from newsletter.kernel.actors import ActionRecord
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, sign_in

pytestmark = IN_A_BROWSER


def test_an_entry_opens_and_nothing_scrolls_sideways(
    page: Any, live_server: Any, people: Any, edition: Any, readers: Any
) -> None:
    (reader,) = readers(1)
    sign_in(page, live_server, "admin")
    page.goto(f"{live_server.url}/audit/?edition={edition.id}")
    page.click("details.entry >> nth=0 >> summary")
    assert page.is_visible("details.entry[open] .facts")
    page.goto(f"{live_server.url}/readers/{reader}/")
    for width in (320, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for path in ("/audit/", f"/readers/{reader}/", "/people/", "/newsletters/", "/sources/"):
            page.goto(f"{live_server.url}{path}")
            for closed in page.query_selector_all("main details:not([open]) > summary")[:5]:
                closed.click()
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            assert not [each["id"] for each in found if each["impact"] in ("serious", "critical")], (path, width)


def test_more_entries_are_added_below_those_shown(page: Any, live_server: Any, people: Any) -> None:
    for number in range(52):
        SYSTEM.record(ActionRecord("edited", f"thing {number}", clock.now()))
    sign_in(page, live_server, "admin")
    page.goto(f"{live_server.url}/audit/?action=edited")
    page.click("#show-more")
    page.wait_for_selector("summary:has-text('thing 0')")
    assert page.locator("details.entry").count() == 52
    assert page.locator("#show-more").count() == 0
    assert not list_complaints(page)
