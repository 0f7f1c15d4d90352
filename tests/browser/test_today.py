"""Today in a browser: what takes long to find out about a draft comes after the page, and moves nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from newsletter.curator.editions import editions
from newsletter.kernel import clock
from tests.actors import SYSTEM
from tests.browser.people import IN_A_BROWSER, list_complaints, sign_in
from tests.conftest import reported

pytestmark = IN_A_BROWSER


def test_the_audience_of_each_draft_and_what_blocks_it_come_after_the_page(
    open_page: Callable[..., Any], live_server: Any, people: Any, newsroom: Any, readers: Callable[..., list[int]]
) -> None:
    now = clock.now()
    reported(readers(4)[0], newsroom.list.id, "hard", now=now)
    drafts = [
        editions.create_edition(newsroom.briefing.id, now.date(), number=number, now=now, by=SYSTEM).id
        for number in (1, 2, 3)
    ]
    page = open_page()
    sign_in(page, live_server)
    asked = list[str]()
    page.on("request", lambda sent: asked.append(sent.url) if "/outlook/" in sent.url else None)
    page.goto(live_server.url)
    for each in drafts:
        page.wait_for_selector(f"#needs-{each}:has-text('Blocks approval.')")
    assert page.locator(".due:has-text('3 subscribers')").count() == 3
    assert page.locator(".due:has-text('on the list')").count() == 0
    assert len(asked) == 3, "each is asked for once"
    assert list_complaints(page) == []
